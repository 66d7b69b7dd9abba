// A profile: one industry's policy over the same rules. Read from a file that may extend another.

import { didYouMean } from '../model/nearest.ts';
import { type Action, actions, type Points, type Thresholds } from '../model/verdict.ts';
import { type Invariant, readInvariants } from './invariant.ts';
import { making, placeOf } from './made.ts';
import type { Place } from './source.ts';
import type { YamlValue } from './yaml-value.ts';

/** What follows when a check could not run: a deferral that ends, then `then`. */
export interface FailurePolicy {
  readonly deferForMs: number;
  readonly attempts: number;
  readonly then: 'quarantine' | 'continue';
}

export interface Override {
  readonly value: Points;
  readonly why: string;
  readonly setBy: Place;
}

export interface Profile {
  readonly name: string;
  readonly summary: string;
  /** Of its own file; counted up with each change that moves mail. */
  readonly version: number;
  /** What each version changed, a line each. */
  readonly changes: readonly string[];
  /** ISO 639-1: what the industry writes, and its fixtures are in. */
  readonly languages: readonly string[];
  readonly thresholds: Thresholds;
  /** By group, in thousandths; a group that is absent weighs 1000. */
  readonly weights: ReadonlyMap<string, Override>;
  /** By symbol. */
  readonly scores: ReadonlyMap<string, Override>;
  /** Symbols that ask for at least an action, whatever the score. */
  readonly always: ReadonlyMap<string, Action>;
  /** What found malware asks for. */
  readonly malware: Action;
  /** Symbols that prove a forwarder or list: they lift what a failed DMARC asks for. */
  readonly dmarcOverrides: ReadonlySet<string>;
  /** By extension, in lower case without the dot. */
  readonly fileTypes: ReadonlyMap<string, Action>;
  /** Checks that the policy needs; null leaves what follows to the configuration. */
  readonly onFailure: ReadonlyMap<string, FailurePolicy | null>;
  /** Nothing waits: what follows a deferral follows at once, and nothing is greylisted. */
  readonly neverDefers: boolean;
  readonly invariants: readonly Invariant[];
  /** Where it is written, whatever overrides say of it. */
  readonly at: Place;
  /** Where other settings than weights and scores stand: `thresholds.tag`, `always.EICAR`, `file_types.iso`, `malware`. */
  readonly places: ReadonlyMap<string, Place>;
}

/** A profile as its file has it: what it does not say comes from the one that it extends. */
export interface ProfileDraft {
  readonly at: Place;
  readonly name: string;
  readonly extends: YamlValue | null;
  readonly body: YamlValue;
  readonly fields: Partial<Record<(typeof keys)[number], YamlValue>>;
}

/** What a profile may name. */
export interface ProfileNames {
  readonly groups: ReadonlySet<string>;
  readonly symbols: ReadonlySet<string>;
  readonly checks: ReadonlySet<string>;
}

const keys = [
  'profile',
  'summary',
  'version',
  'changes',
  'languages',
  'extends',
  'thresholds',
  'weights',
  'scores',
  'always',
  'malware',
  'dmarc_overrides',
  'file_types',
  'on_failure',
  'never_defer',
  'invariants',
] as const;

export const maxScore: Points = 1_000_000;
const maxThreshold: Points = 1_000_000;
export const maxWeight: Points = 100_000;

/** What a profile is, and of which edition: overrides leave that alone. */
const identity: readonly (typeof keys)[number][] = ['profile', 'summary', 'version', 'changes', 'languages', 'extends'];
/** What overrides of a profile may say. */
const overridable = keys.filter(key => !identity.includes(key));

/** Settings of the profile `name` that stand in a file of overrides. */
export function readProfileOverrides(name: string, body: YamlValue): ProfileDraft {
  return { at: body.at, name, extends: null, body, fields: body.fields(overridable) };
}

export function readProfile(body: YamlValue): ProfileDraft | null {
  const fields = body.fields(keys);
  const name = fields.profile?.text() ?? body.problem('a profile states its name: `profile: NAME`');
  if (name === null) return null;
  if (!/^[a-z][a-z0-9-]*$/.test(name)) fields.profile?.problem('a name has lower-case letters, digits and hyphens');
  return { at: body.at, name, extends: fields.extends ?? null, body, fields };
}

/**
 * All profiles with what they extend worked in; problems are recorded where they stand. `overrides` hold as if they were
 * written in the profile's own file, so that profiles that extend it have them too.
 */
export function resolveProfiles(
  drafts: readonly ProfileDraft[],
  names: ProfileNames,
  overrides: readonly ProfileDraft[] = [],
): ReadonlyMap<string, Profile> {
  const byName = new Map<string, ProfileDraft>();
  for (const draft of drafts) {
    const other = byName.get(draft.name);
    if (other === undefined) byName.set(draft.name, draft);
    else draft.body.problem(`profile ${draft.name} stands at ${other.at} already`);
  }
  const resolved = new Map<string, Profile>();
  for (const { name, body } of overrides) {
    if (!byName.has(name)) body.problem(`unknown profile ${name}${didYouMean(name, byName.keys())}`);
  }
  const known = { drafts: byName, overrides: Map.groupBy(overrides, ({ name }) => name), names };
  for (const draft of byName.values()) resolve(draft, [], known, resolved);
  return resolved;
}

/** All that profiles are made of. */
interface Material {
  readonly drafts: ReadonlyMap<string, ProfileDraft>;
  readonly overrides: ReadonlyMap<string, readonly ProfileDraft[]>;
  readonly names: ProfileNames;
}

function resolve(
  draft: ProfileDraft,
  below: readonly string[],
  material: Material,
  resolved: Map<string, Profile>,
): Profile | null {
  const { drafts, overrides, names } = material;
  const done = resolved.get(draft.name);
  if (done !== undefined) return done;
  const parentName = draft.extends?.text() ?? null;
  let parent: Profile | null = null;
  if (parentName !== null) {
    const parentDraft = drafts.get(parentName);
    if (parentDraft === undefined)
      draft.extends?.problem(`unknown profile ${parentName}${didYouMean(parentName, drafts.keys())}`);
    else if ([...below, draft.name].includes(parentName))
      draft.extends?.problem(`${draft.name} extends itself through ${parentName}`);
    else parent = resolve(parentDraft, [...below, draft.name], material, resolved);
  }
  let profile = merged(draft, parent, names);
  for (const override of overrides.get(draft.name) ?? []) profile = profile && merged(override, profile, names);
  if (profile !== null) resolved.set(draft.name, profile);
  return profile;
}

function merged(draft: ProfileDraft, parent: Profile | null, names: ProfileNames): Profile | null {
  const { fields, body } = draft;
  const thresholds = fields.thresholds === undefined ? parent?.thresholds : readThresholds(fields.thresholds);
  const malware = fields.malware === undefined ? parent?.malware : fields.malware.oneOf(actions);
  // Of one whose parent is wrong, that is said already.
  const isRoot = draft.extends === null;
  if (isRoot && thresholds === undefined) body.problem('a profile that extends none states its thresholds');
  if (isRoot && malware === undefined)
    body.problem('a profile that extends none states what malware asks for: `malware: reject`');
  if (!thresholds || !malware) return null;
  return {
    name: draft.name,
    summary: fields.summary?.text() ?? parent?.summary ?? '',
    ...readEdition(draft, parent?.name === draft.name ? parent : null),
    thresholds,
    malware,
    weights: over(parent?.weights, readOverrides(fields.weights, 'weight', names.groups, maxWeight)),
    scores: over(parent?.scores, readOverrides(fields.scores, 'score', names.symbols, maxScore)),
    always: over(parent?.always, readAlways(fields.always, names.symbols)),
    dmarcOverrides: new Set([...(parent?.dmarcOverrides ?? []), ...readSymbols(fields.dmarc_overrides, names.symbols)]),
    fileTypes: over(parent?.fileTypes, readFileTypes(fields.file_types)),
    onFailure: over(parent?.onFailure, readOnFailure(fields.on_failure, names.checks)),
    neverDefers: fields.never_defer?.flag() ?? parent?.neverDefers ?? false,
    invariants: readInvariants(fields.invariants, parent?.invariants ?? [], names),
    places: over(parent?.places, placesOf(fields)),
  };
}

function placesOf({ thresholds, always, malware, file_types }: ProfileDraft['fields']): ReadonlyMap<string, Place> {
  const named = (prefix: string, of: YamlValue | undefined) =>
    (of?.entries() ?? []).map(([name, { at }]) => [`${prefix}.${name}`, at] as const);
  const types = (file_types?.entries() ?? []).flatMap(([, listed]) => (listed.isList() ? listed.items() : []));
  return new Map([
    ...(thresholds?.isMapping() ? thresholdPlaces(thresholds) : []),
    ...named('always', always),
    ...types.map(type => [`file_types.${type.text()}`, type.at] as const),
    ...(malware === undefined ? [] : [['malware', malware.at] as const]),
  ]);
}

type Edition = Pick<Profile, 'version' | 'changes' | 'languages' | 'at'>;

/** What is a file's own, and passed on to none that extends it; `overridden` is the profile that overrides are about. */
function readEdition({ fields, at }: ProfileDraft, overridden: Edition | null): Edition {
  if (overridden !== null) {
    const { version, changes, languages, at } = overridden;
    return { version, changes, languages, at };
  }
  const version = fields.version?.count() ?? 1;
  const changes = fields.changes?.texts() ?? [];
  if (version < 1) fields.version?.problem('versions are counted from 1');
  if (fields.changes !== undefined && changes.length !== version)
    fields.changes.problem(`version ${version} has as many lines of changes, a line for each, not ${changes.length}`);
  const languages = fields.languages?.texts() ?? [];
  if (languages.some(language => !/^[a-z]{2}$/.test(language)))
    fields.languages?.problem('languages are codes such as en, de, zh (ISO 639-1)');
  return { version, changes, languages, at };
}

function over<V>(below: ReadonlyMap<string, V> | undefined, above: ReadonlyMap<string, V>): ReadonlyMap<string, V> {
  return new Map([...(below ?? []), ...above]);
}

function readThresholds(value: YamlValue): Thresholds | null {
  const fields = value.fields(['tag', 'quarantine', 'reject', ...making]);
  const tag = (fields.tag ?? value).points(maxThreshold);
  const quarantine = (fields.quarantine ?? value).points(maxThreshold);
  const reject = isNone(fields.reject) ? null : (fields.reject ?? value).points(maxThreshold);
  if (tag === null || quarantine === null || (reject === null && !isNone(fields.reject))) return null;
  if (tag > quarantine || quarantine > (reject ?? quarantine))
    return value.problem('thresholds rise: tag, quarantine, reject');
  if (tag <= 0) return value.problem('the threshold for a tag is above 0: mail without a hit scores 0');
  return { tag, quarantine, reject };
}

function thresholdPlaces(value: YamlValue): readonly (readonly [string, Place])[] {
  const { tag, quarantine, reject, ...made } = value.fields(['tag', 'quarantine', 'reject', ...making]);
  const known = Object.entries({ tag, quarantine, reject });
  return known.flatMap(([name, at]) => (at === undefined ? [] : [[`thresholds.${name}`, placeOf(at, made)] as const]));
}

const isNone = (value: YamlValue | undefined): boolean => value?.isWord('none') ?? false;

export function readOverrides(
  value: YamlValue | undefined,
  key: 'weight' | 'score',
  known: ReadonlySet<string>,
  limit: Points,
): ReadonlyMap<string, Override> {
  const overrides = new Map<string, Override>();
  for (const [name, entry, at] of value?.entries() ?? []) {
    if (!known.has(name))
      at.problem(`unknown ${key === 'weight' ? 'group' : 'symbol'} ${name}${didYouMean(name, known)}`);
    const fields = entry.fields([key, ...making]);
    const why = fields.why?.text() ?? at.problem(`say why: \`${name}: { ${key}: 1, why: ... }\``);
    const points = fields[key]?.points(limit) ?? null;
    if (fields[key] === undefined) at.problem(`expected ${key}`);
    if (key === 'weight' && points !== null && points < 0) entry.problem('a weight is not negative');
    if (points !== null && why !== null)
      overrides.set(name, { value: points, why, setBy: placeOf(fields[key] ?? entry, fields) });
  }
  return overrides;
}

function readAlways(value: YamlValue | undefined, symbols: ReadonlySet<string>): ReadonlyMap<string, Action> {
  const always = new Map<string, Action>();
  for (const [symbol, entry, at] of value?.entries() ?? []) {
    if (!symbols.has(symbol)) at.problem(`unknown symbol ${symbol}${didYouMean(symbol, symbols)}`);
    const action = entry.oneOf(actions);
    if (action !== null) always.set(symbol, action);
  }
  return always;
}

function readSymbols(value: YamlValue | undefined, known: ReadonlySet<string>): readonly string[] {
  return (value?.items() ?? []).flatMap(item => {
    const symbol = item.text();
    if (symbol !== null && !known.has(symbol)) item.problem(`unknown symbol ${symbol}${didYouMean(symbol, known)}`);
    return symbol ?? [];
  });
}

/** `{ quarantine: [iso, img], deliver: [zip] }`. */
function readFileTypes(value: YamlValue | undefined): ReadonlyMap<string, Action> {
  const types = new Map<string, Action>();
  const fields = value?.fields(actions) ?? {};
  for (const action of actions) {
    for (const item of fields[action]?.items() ?? []) {
      const extension = item.text();
      if (extension === null) continue;
      if (!/^[a-z0-9_-]+$/.test(extension)) item.problem('an extension is in lower case, without its dot');
      if (types.has(extension)) item.problem(`${extension} is listed twice`);
      types.set(extension, action);
    }
  }
  return types;
}

function readOnFailure(
  value: YamlValue | undefined,
  checks: ReadonlySet<string>,
): ReadonlyMap<string, FailurePolicy | null> {
  const policies = new Map<string, FailurePolicy | null>();
  for (const [check, entry, at] of value?.entries() ?? []) {
    if (!checks.has(check)) at.problem(`unknown check ${check}${didYouMean(check, checks)}`);
    policies.set(check, entry.isWord('default') ? null : readFailurePolicy(entry));
  }
  return policies;
}

function readFailurePolicy(value: YamlValue): FailurePolicy | null {
  const fields = value.fields(['defer_for', 'attempts', 'then']);
  const deferForMs = (fields.defer_for ?? value).durationMs();
  const attempts = (fields.attempts ?? value).count();
  const then = (fields.then ?? value).oneOf(['quarantine', 'continue'] as const);
  if (deferForMs === null || attempts === null || then === null) return null;
  return { deferForMs, attempts, then };
}
