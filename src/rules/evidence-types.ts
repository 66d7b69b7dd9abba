// What conditions may read: the declared evidence of all checks, the site, and what the search for patterns left;
// and how the facts of one message become the values that CEL reads.

import type { Facts, Observation, PatternHits } from '../model/evidence.ts';
import { type Field, fieldsOf, type Shape, texts } from '../model/shape.ts';
import type { Site } from '../model/site.ts';

/** A declared kind of evidence; every check is one. */
export interface EvidenceType {
  /** Dotted, as conditions read it: `auth.spf`. */
  readonly name: string;
  readonly evidence: Shape;
  readonly about: string;
}

/** Evidence that no check leaves: what the search for patterns says of itself. */
export const patternsType: EvidenceType = {
  name: 'patterns',
  evidence: {
    overran: texts(
      'Symbols whose patterns were not sought to the end in this message: the search took too long, or a text could not be read.',
    ),
  },
  about: 'How the search for patterns went.',
};

export const siteType: EvidenceType = {
  name: 'site',
  evidence: {
    hostname: { kind: 'text', about: 'Our host name.' },
    domains: texts('Domains of ours, in lower case.'),
  },
  about: 'The place that we guard.',
};

/** A check leaves it: a vocabulary adds the others by itself. */
export const isOfCheck = ({ name }: Pick<EvidenceType, 'name'>): boolean =>
  name !== patternsType.name && name !== siteType.name;

/** A field that a path such as `auth.dmarc.result` names. */
export interface NamedField {
  readonly type: EvidenceType;
  readonly field: string;
  readonly shape: Field;
}

/** All that conditions can name. */
export class Vocabulary {
  readonly types: readonly EvidenceType[];
  readonly #fields: ReadonlyMap<string, NamedField>;

  constructor(types: readonly EvidenceType[]) {
    this.types = [...types, patternsType, siteType];
    this.#fields = new Map(
      this.types.flatMap(type =>
        Object.entries(type.evidence).map(
          ([field, shape]) => [`${type.name}.${field}`, { type, field, shape }] as const,
        ),
      ),
    );
  }

  /** Full paths: `auth.dmarc.result`. */
  get paths(): readonly string[] {
    return [...this.#fields.keys()];
  }

  field(path: string): NamedField | null {
    return this.#fields.get(path) ?? null;
  }

  type(name: string): EvidenceType | null {
    return this.types.find(type => type.name === name) ?? null;
  }

  /** The evidence that `path`, or its beginning, names: `auth.dmarc` for `auth.dmarc.result`. */
  typeOf(path: string): EvidenceType | null {
    const starting = this.types.filter(type => path === type.name || path.startsWith(`${type.name}.`));
    return starting.sort((a, b) => b.name.length - a.name.length)[0] ?? null;
  }
}

/** Facts with those that rules add: a fact `patterns` is there when this rule set's patterns were sought. */
export function judgedFacts(facts: Facts, patternHits: PatternHits, site: Site, digest: string): Facts {
  const patterns: Observation =
    patternHits.digest === digest
      ? { state: 'observed', ms: 0, value: { overran: patternHits.overran } }
      : { state: 'skipped', reason: 'the patterns of this rule set were not sought' };
  const place = { hostname: site.hostname, domains: site.domains };
  return { ...facts, patterns, site: { state: 'observed', ms: 0, value: place } };
}

/** A tree of plain objects as CEL reads it: `{ auth: { spf: { result: 'pass' } } }`. */
export type CelValues = { [name: string]: unknown };

/** The observed facts by their dotted names. What failed, was skipped or is unknown is absent, and reading it an error. */
export function celValues(facts: Facts, vocabulary: Vocabulary): CelValues {
  const values: CelValues = {};
  for (const type of vocabulary.types) {
    const observation = facts[type.name];
    if (observation?.state === 'observed')
      place(values, type.name.split('.'), celRecord(observation.value, type.evidence));
  }
  return values;
}

function place(values: CelValues, path: readonly string[], record: CelValues): void {
  let node = values;
  for (const name of path.slice(0, -1)) {
    node[name] ??= {};
    node = node[name] as CelValues;
  }
  const last = path.at(-1) ?? '';
  node[last] = node[last] === undefined ? record : Object.assign(node[last] as CelValues, record);
}

function celRecord(value: unknown, shape: Shape): CelValues {
  const record: CelValues = {};
  if (typeof value !== 'object' || value === null) return record;
  for (const [name, field] of fieldsOf(shape)) {
    const given = Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
    if (given !== undefined) record[name] = celValue(given, field);
  }
  return record;
}

function celValue(value: unknown, field: Field): unknown {
  // CEL's int is a BigInt in JavaScript, JSON knows only numbers.
  if (field.kind === 'count' && Number.isSafeInteger(value)) return BigInt(Number(value));
  if (field.kind === 'records' && Array.isArray(value)) return value.map(item => celRecord(item, field.of));
  return value;
}

/** Why `type` cannot be read in `facts`; null when it can. */
export function whyMissing(type: EvidenceType, facts: Facts): string | null {
  const observation = facts[type.name];
  if (observation === undefined) return `${type.name} was not observed`;
  return observation.state === 'observed' ? null : `${type.name} ${observation.state}: ${observation.reason}`;
}
