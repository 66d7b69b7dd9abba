// What one set of rules is otherwise than another, setting by setting, with the place of each: rules, scores, profiles, lists.

import { showPoints } from '../../model/verdict.ts';
import type { EntryPlaces } from '../../rules/entry-places.ts';
import type { Profile } from '../../rules/profile.ts';
import type { Rule, RuleSet } from '../../rules/rule.ts';
import type { Place } from '../../rules/source.ts';
import { profileRows, type Row, scoreRows } from './rule-origins.ts';

export interface Stated {
  readonly value: string;
  /** File and line, or API call; `''` where that is not kept. */
  readonly at: Place;
}

export interface RuleDifference {
  /** From the outside in: `rules WARES condition`, `profiles default thresholds tag`, `lists freemail post.test`. */
  readonly path: readonly string[];
  /** Null where it is not there. */
  readonly before: Stated | null;
  readonly after: Stated | null;
}

export interface Ruled {
  readonly rules: RuleSet;
  readonly places: EntryPlaces;
}

/** In the order of their paths. */
export function effectiveDifference(before: Ruled, after: Ruled): readonly RuleDifference[] {
  const [was, is] = [statedIn(before), statedIn(after)];
  const differences = [...new Set([...was.keys(), ...is.keys()])].sort().flatMap(key => {
    const path = key.split(separator);
    const [from, to] = [was.get(key) ?? null, is.get(key) ?? null];
    if (from?.value === to?.value || (isWhole(path) && from !== null && to !== null)) return [];
    return [{ path, before: from, after: to }];
  });
  const cameOrWent = new Set(differences.filter(({ path }) => isWhole(path)).map(({ path }) => path.join(separator)));
  return differences.filter(({ path }) => isWhole(path) || !cameOrWent.has(path.slice(0, 2).join(separator)));
}

const separator = '\0';

/** A rule, profile or list as a whole: where it came or went, what it says is no difference of its own. */
const isWhole = (path: readonly string[]): boolean => path.length === 2;

function statedIn({ rules, places }: Ruled): ReadonlyMap<string, Stated> {
  const profiles = [...rules.profiles.values()];
  const rows: readonly Row[] = [
    ...rules.rules.flatMap(ruleRows),
    ...scoreRows(rules).map(underRule),
    ...profiles.flatMap(profile => [...profileRows(profile), ...policyRows(profile)]),
    ...[...rules.lists].map(([list, { size }]): Row => [['lists', list], `${size} entries`, '']),
    ...entryRows(rules, places),
  ];
  return new Map(rows.map(([path, value, at]) => [path.join(separator), { value: String(value), at }]));
}

const underRule = ([[, symbol = ''], value, at]: Row): Row => [['rules', symbol, 'score'], value, at];

function ruleRows({ symbol, summary, group, role, isEnabled, patterns, condition, score, at }: Rule): readonly Row[] {
  const row = (name: string, value: string): Row => [['rules', symbol, name], value, at];
  return [
    [['rules', symbol], `${role === 'component' ? 'component' : showPoints(score)} (${group}): ${summary}`, at],
    row('summary', summary),
    row('group', group),
    row('role', role),
    row('enabled', String(isEnabled)),
    row('patterns', patterns.map(({ field, source, flags }) => `${field} =~ /${source}/${flags}`).join(' or ')),
    row('condition', condition?.source ?? 'none'),
  ];
}

/** What keeps no place of its own. */
function policyRows({ name, summary, dmarcOverrides, neverDefers, onFailure, at }: Profile): readonly Row[] {
  const row = (key: string, value: string): Row => [['profiles', name, key], value, ''];
  return [
    [['profiles', name], summary, at],
    row('dmarc_overrides', [...dmarcOverrides].sort().join(', ')),
    row('never_defer', String(neverDefers)),
    row('on_failure', JSON.stringify([...onFailure].sort(([a], [b]) => (a < b ? -1 : 1)))),
  ];
}

const entryRows = ({ lists }: RuleSet, places: EntryPlaces): readonly Row[] =>
  [...lists].flatMap(([list, entries]) =>
    [...entries].map((entry): Row => [['lists', list, entry], entry, places.get(list)?.get(entry) ?? 'nowhere']),
  );
