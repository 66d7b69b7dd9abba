// What can be set while the gateway runs: scores, a profile's thresholds and weights, entries of lists. Kept as overrides, in YAML.

import { createHash } from 'node:crypto';
import { type Document, isMap, parseDocument, YAMLMap } from 'yaml';
import type { Points, Thresholds } from '../model/verdict.ts';
import type { Override } from './profile.ts';
import type { RuleSet } from './rule.ts';
import type { Place } from './source.ts';

/** `name`: the symbol, profile or list. */
export type SettingName = { readonly kind: 'score' | 'thresholds' | 'list'; readonly name: string } | WeightName;

/** Of a group in the profile `name`. */
export interface WeightName {
  readonly kind: 'weight';
  readonly name: string;
  readonly group: string;
}

/** Why, by whose token, and when. */
export interface Made {
  readonly why: string;
  readonly by: string;
  readonly at: string;
}

/** Null takes the override away. */
export type SettingEdit = { readonly why: string } & (
  | { readonly kind: 'score'; readonly name: string; readonly value: Points | null }
  | { readonly kind: 'thresholds'; readonly name: string; readonly value: Thresholds | null }
  | (WeightName & { readonly value: Points | null })
  | {
      readonly kind: 'list';
      readonly name: string;
      readonly value: { readonly add: readonly string[]; readonly remove: readonly string[] } | null;
    }
);

interface Common {
  /** Of its value: another one, another version. */
  readonly version: string;
}

export interface ScoreSetting extends Common {
  readonly kind: 'score';
  readonly score: Points;
  readonly setBy: Place;
  readonly override: Made | null;
  /** Profiles that have a score of their own for it, which wins over this one. */
  readonly profiles: readonly (readonly [profile: string, own: Override])[];
}

export interface ThresholdsSetting extends Common {
  readonly kind: 'thresholds';
  readonly thresholds: Thresholds;
  readonly setBy: Place;
  readonly override: Made | null;
}

export interface WeightSetting extends Common {
  readonly kind: 'weight';
  readonly weight: Points;
  /** Null where nobody set it: it is 1. */
  readonly setBy: Place | null;
  readonly override: Made | null;
}

export interface ListSetting extends Common {
  readonly kind: 'list';
  /** In force, those that were added among them. */
  readonly entries: readonly string[];
  readonly added: ReadonlyMap<string, Made>;
  readonly removed: ReadonlyMap<string, Made>;
}

export type Setting = ScoreSetting | ThresholdsSetting | WeightSetting | ListSetting;

/** What became of a change. */
export type SettingAnswer =
  | { readonly status: 'done'; readonly setting: Setting }
  | { readonly status: 'unknown' }
  /** It is of another version than the change is about. */
  | { readonly status: 'changed meanwhile' }
  /** It does not load, or a test fails: a line for each problem. */
  | { readonly status: 'refused'; readonly problems: readonly string[] };

/** What is in force under `rules`, of which `overrides` are the text; null where there is nothing by this name. */
export function settingOf(of: SettingName, rules: RuleSet, overrides: string): Setting | null {
  const override = plainAt(plainOf(overrides), pathOf(of));
  switch (of.kind) {
    case 'score':
      return scoreSetting(of.name, rules, madeOf(override));
    case 'thresholds':
      return thresholdsSetting(of.name, rules, madeOf(override));
    case 'weight':
      return weightSetting(of, rules, madeOf(override));
    case 'list':
      return listSetting(of.name, rules, override);
  }
}

function scoreSetting(symbol: string, rules: RuleSet, override: Made | null): ScoreSetting | null {
  const rule = rules.rules.find(candidate => candidate.symbol === symbol);
  if (rule === undefined || rule.role === 'component') return null;
  const profiles = [...rules.profiles].flatMap(([profile, { scores }]) => {
    const own = scores.get(symbol);
    return own === undefined ? [] : [[profile, own] as const];
  });
  const { score, setBy } = rule;
  return { kind: 'score', score, setBy, override, profiles, version: versionOf([score, override]) };
}

function thresholdsSetting(name: string, rules: RuleSet, override: Made | null): ThresholdsSetting | null {
  const profile = rules.profiles.get(name);
  if (profile === undefined) return null;
  const { thresholds, places, at } = profile;
  const setBy = places.get('thresholds.tag') ?? at;
  return { kind: 'thresholds', thresholds, setBy, override, version: versionOf([thresholds, override]) };
}

function weightSetting({ name, group }: WeightName, rules: RuleSet, override: Made | null): WeightSetting | null {
  const profile = rules.profiles.get(name);
  if (profile === undefined || !rules.rules.some(rule => rule.group === group)) return null;
  const { value: weight = 1000, setBy = null } = profile.weights.get(group) ?? {};
  return { kind: 'weight', weight, setBy, override, version: versionOf([weight, override]) };
}

function listSetting(name: string, rules: RuleSet, override: Plain): ListSetting | null {
  const list = rules.lists.get(name);
  if (list === undefined) return null;
  const [added, removed] = [madeEach(override.add), madeEach(override.remove)];
  const entries = [...list].sort();
  return { kind: 'list', entries, added, removed, version: versionOf([entries, [...added], [...removed]]) };
}

const versionOf = (of: unknown): string =>
  createHash('sha256').update(JSON.stringify(of)).digest('base64url').slice(0, 22);

/** `overrides` with `edit`; entries of a list that were set before keep their making. */
export function edited(overrides: string, edit: SettingEdit, by: string, at: string): string {
  const document = parsed(overrides);
  const path = pathOf(edit);
  const made = { why: edit.why, by, at };
  const before = plainAt(document.toJS(), path);
  if (edit.value === null) withoutEmpty(document, path);
  else if (edit.kind === 'score') setFlow(document, path, { score: edit.value / 1000, ...made });
  else if (edit.kind === 'thresholds') setFlow(document, path, { ...inWords(edit.value), ...made });
  else if (edit.kind === 'weight') setFlow(document, path, { weight: edit.value / 1000, ...made });
  else {
    withoutEmpty(document, path);
    for (const key of ['add', 'remove'] as const) {
      const known = madeEach(before[key]);
      setFlows(document, [...path, key], new Map(edit.value[key].map(entry => [entry, known.get(entry) ?? made])));
    }
  }
  return document.contents === null || isEmptyMap(document.contents) ? '' : document.toString({ lineWidth: 0 });
}

const inWords = ({ tag, quarantine, reject }: Thresholds) => ({
  tag: tag / 1000,
  quarantine: quarantine / 1000,
  reject: reject === null ? 'none' : reject / 1000,
});

function pathOf(of: SettingName): readonly string[] {
  switch (of.kind) {
    case 'score':
      return ['scores', of.name];
    case 'thresholds':
      return ['profiles', of.name, 'thresholds'];
    case 'weight':
      return ['profiles', of.name, 'weights', of.group];
    case 'list':
      return ['lists', of.name];
  }
}

/** On one line, so that a place tells them apart. */
function setFlow(document: Document, path: readonly string[], value: object): void {
  document.setIn(path, document.createNode(value, { flow: true }));
}

/** Each on a line of its own, all at once: a map in YAML is searched from its beginning for each key that it is given. */
function setFlows(document: Document, path: readonly string[], values: ReadonlyMap<string, object>): void {
  if (values.size === 0) return;
  const map = new YAMLMap(document.schema);
  for (const [key, value] of values)
    map.items.push(document.createPair(key, document.createNode(value, { flow: true })));
  document.setIn(path, map);
}

/** Takes away what is at `path`, and what of it is empty then. */
function withoutEmpty(document: Document, path: readonly string[]): void {
  if (!document.hasIn(path)) return;
  document.deleteIn(path);
  const above = path.slice(0, -1);
  if (above.length > 0 && isEmptyMap(document.getIn(above))) withoutEmpty(document, above);
}

const isEmptyMap = (node: unknown): boolean => isMap(node) && node.items.length === 0;

type Plain = Readonly<Record<string, unknown>>;

/** Whoever loads it looks for keys that stand there twice: each is compared with all before it. */
const parsed = (overrides: string) => parseDocument(overrides, { uniqueKeys: false });

/** What was read last: mail waits while a long text is read, and it is asked for more often than it is changed. */
let last: { readonly text: string; readonly plain: unknown } = { text: '', plain: null };

function plainOf(overrides: string): unknown {
  if (last.text !== overrides) last = { text: overrides, plain: parsed(overrides).toJS() };
  return last.plain;
}

function plainAt(plain: unknown, path: readonly string[]): Plain {
  let at = plain;
  for (const key of path) at = asPlain(at)[key];
  return asPlain(at);
}

const asPlain = (value: unknown): Plain => (typeof value === 'object' && value !== null ? (value as Plain) : {});

/** What somebody wrote by hand has no token and no time. */
function madeOf(value: unknown): Made | null {
  const { why = '', by = '', at = '' } = asPlain(value);
  return Object.keys(asPlain(value)).length === 0 ? null : { why: String(why), by: String(by), at: String(at) };
}

const byHand: Made = { why: '', by: '', at: '' };

function madeEach(value: unknown): ReadonlyMap<string, Made> {
  const each = Array.isArray(value)
    ? value.map(entry => [String(entry), byHand] as const)
    : Object.entries(asPlain(value)).map(([entry, made]) => [entry, madeOf(made) ?? byHand] as const);
  return new Map(each.sort(([a], [b]) => (a < b ? -1 : 1)));
}
