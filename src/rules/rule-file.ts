// Reads the rules of one topic file. What needs all files to be known (conditions, templates) is left for later.

import { type Observation, type TextField, textFields } from '../model/evidence.ts';
import { didYouMean } from '../model/nearest.ts';
import type { Field } from '../model/shape.ts';
import type { Site } from '../model/site.ts';
import type { Points } from '../model/verdict.ts';
import type { EvidenceType, Vocabulary } from './evidence-types.ts';
import { type PatternSpec, patternDefect } from './patterns/patterns.ts';
import { maxScore } from './profile.ts';
import type { Role, RuleCase } from './rule.ts';
import type { Place } from './source.ts';
import { visible } from './visible.ts';
import type { YamlValue } from './yaml-value.ts';

/** A rule whose condition and template are not compiled yet. */
export interface RuleDraft {
  readonly symbol: string;
  readonly summary: string;
  readonly group: string;
  readonly score: Points;
  readonly setBy: Place;
  readonly patterns: readonly PatternSpec[];
  readonly when: YamlValue | null;
  readonly because: YamlValue | null;
  readonly falsePositives: readonly string[];
  readonly isEnabled: boolean;
  readonly role: Role;
  readonly tests: { readonly hit: readonly RuleCase[]; readonly miss: readonly RuleCase[] };
  readonly body: YamlValue;
}

const keys = [
  'symbol',
  'summary',
  'group',
  'score',
  'match',
  'when',
  'because',
  'false_positives',
  'tests',
  'enabled',
  'shadow',
] as const;

/** The place that a test speaks of when it names none. */
const testSite: Site = { hostname: 'gate.example.com', domains: ['example.com'], trustedNetworks: [] };

export function readRules(document: YamlValue, vocabulary: Vocabulary): readonly RuleDraft[] {
  return document.items().flatMap(item => readRule(item, vocabulary) ?? []);
}

function readRule(body: YamlValue, vocabulary: Vocabulary): RuleDraft | null {
  const fields = body.fields(keys);
  const symbol = required(body, 'symbol', fields.symbol)?.text() ?? null;
  const summary = required(body, 'summary', fields.summary)?.text() ?? null;
  const group = required(body, 'group', fields.group)?.text() ?? null;
  const role = roleOf(symbol, fields.shadow?.flag() ?? false);
  const score = role === 'component' ? 0 : (required(body, 'score', fields.score)?.points(maxScore) ?? null);
  const isEnabled = fields.enabled?.flag() ?? true;
  if (symbol === null || summary === null || group === null || score === null) return null;
  if (!/^(?:__)?[A-Z][A-Z0-9_]*$/.test(symbol))
    fields.symbol?.problem('a symbol has capital letters, digits and underscores');
  if (role === 'component' && fields.score !== undefined)
    fields.score.problem(`${symbol} is a component, for other rules to ask for: it has no score`);
  if (!/^[a-z][a-z0-9-]*$/.test(group)) fields.group?.problem('a group has lower-case letters, digits and hyphens');
  if (fields.match === undefined && fields.when === undefined) body.problem(`${symbol} has neither match nor when`);
  const tests = readTests(fields.tests, vocabulary);
  for (const kind of ['hit', 'miss'] as const) {
    if (isEnabled && tests[kind].length === 0) body.problem(`${symbol} has no ${kind} test: it may not be enabled`);
  }
  return {
    symbol,
    summary,
    group,
    score,
    setBy: (fields.score ?? body).at,
    patterns: readMatch(fields.match, symbol),
    when: fields.when ?? null,
    because: fields.because ?? null,
    falsePositives: fields.false_positives?.texts() ?? [],
    isEnabled,
    role,
    tests,
    body,
  };
}

function roleOf(symbol: string | null, isShadow: boolean): Role {
  if (symbol?.startsWith('__') === true) return 'component';
  return isShadow ? 'shadow' : 'scored';
}

function required(body: YamlValue, key: string, value: YamlValue | undefined): YamlValue | null {
  return value ?? body.problem(`a rule states its ${key}`);
}

function readMatch(match: YamlValue | undefined, symbol: string): readonly PatternSpec[] {
  return (match?.entries() ?? []).flatMap(([name, patterns, key]) => {
    const field = textField(name);
    if (field === null) key.problem(`unknown field ${name}${didYouMean(name, [...textFields, 'header:'])}`);
    const items = patterns.isList() ? patterns.items() : [patterns];
    return field === null ? [] : items.flatMap(item => readPattern(item, symbol, field) ?? []);
  });
}

function textField(name: string): TextField | null {
  const header = /^header:([!-9;-~]+)$/.exec(name)?.[1];
  if (header !== undefined) return header === header.toLowerCase() ? `header:${header}` : null;
  return textFields.find(field => field === name) ?? null;
}

function readPattern(value: YamlValue, symbol: string, field: TextField): PatternSpec | null {
  const text = value.text();
  const parts = /^\/(.*)\/([a-z]*)$/s.exec(text ?? '');
  if (text === null) return null;
  if (parts === null)
    return value.problem(`a pattern stands between slashes, as in /\\bword\\b/i, not ${visible(text, 120)}`);
  const [, source = '', flags = ''] = parts;
  const defect = source === '' ? 'it is empty and would match everything' : patternDefect(source, flags);
  return defect === null ? { symbol, field, source, flags } : value.problem(`${visible(text, 120)}: ${defect}`);
}

function readTests(value: YamlValue | undefined, vocabulary: Vocabulary) {
  const fields = value?.fields(['hit', 'miss']) ?? {};
  const cases = (of: YamlValue | undefined) => (of?.items() ?? []).map(item => readCase(item, vocabulary));
  return { hit: cases(fields.hit), miss: cases(fields.miss) };
}

function readCase(value: YamlValue, vocabulary: Vocabulary): RuleCase {
  const texts = new Map<TextField, readonly string[]>();
  let facts: Record<string, Observation> = {};
  let hits: ReadonlySet<string> = new Set();
  let site = testSite;
  for (const [name, entry, key] of value.entries()) {
    const field = textField(name);
    if (field !== null) texts.set(field, entry.texts());
    else if (name === 'facts') facts = readFacts(entry, vocabulary);
    else if (name === 'hits') hits = new Set(entry.texts());
    else if (name === 'site') site = readSite(entry);
    else key.problem(`unknown key ${name}${didYouMean(name, [...textFields, 'facts', 'hits', 'site', 'header:'])}`);
  }
  return { at: value.at, texts, facts, hits, site };
}

function readSite(value: YamlValue): Site {
  const fields = value.fields(['hostname', 'domains']);
  return {
    ...testSite,
    hostname: fields.hostname?.text() ?? testSite.hostname,
    domains: fields.domains?.texts() ?? testSite.domains,
  };
}

/** `{ auth.spf: { result: fail } }`. Instead of fields, `failed` or `skipped` says that the check left none. */
function readFacts(value: YamlValue, vocabulary: Vocabulary): Record<string, Observation> {
  const facts: Record<string, Observation> = {};
  for (const [name, entry, key] of value.entries()) {
    const type = vocabulary.type(name);
    if (type === null)
      key.problem(
        `unknown evidence ${name}${didYouMean(
          name,
          vocabulary.types.map(known => known.name),
        )}`,
      );
    else facts[name] = readObservation(entry, type);
  }
  return facts;
}

function readObservation(value: YamlValue, type: EvidenceType): Observation {
  if (value.isWord('failed')) return { state: 'failed', ms: 0, reason: 'stated by the test' };
  if (value.isWord('skipped')) return { state: 'skipped', reason: 'stated by the test' };
  return { state: 'observed', ms: 0, value: readRecord(value, type.evidence) };
}

function readRecord(value: YamlValue, shape: Readonly<Record<string, Field>>): Record<string, unknown> {
  const record: Record<string, unknown> = {};
  for (const [name, entry] of Object.entries(value.fields(Object.keys(shape)))) {
    const field = shape[name];
    if (field !== undefined && entry !== undefined) record[name] = readField(entry, field);
  }
  return record;
}

function readField(value: YamlValue, field: Field): unknown {
  switch (field.kind) {
    case 'text':
      return value.anyText();
    case 'choice':
      return value.oneOf(field.of);
    case 'count':
      return value.count();
    case 'number':
      return value.number();
    case 'flag':
      return value.flag();
    case 'texts':
      return value.texts();
    case 'records':
      return value.items().map(item => readRecord(item, field.of));
  }
}
