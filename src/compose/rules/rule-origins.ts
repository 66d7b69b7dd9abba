// Scores, profiles and lists in force, as YAML with the file and line or API call beside each.

import { Document } from 'yaml';
import type { Points } from '../../model/verdict.ts';
import type { EntryPlaces } from '../../rules/entry-places.ts';
import type { Override, Profile } from '../../rules/profile.ts';
import type { RuleSet } from '../../rules/rule.ts';
import type { Place } from '../../rules/source.ts';

/** A value, its path from the outside in, and where it was set. */
export type Row = readonly [path: readonly (string | number)[], value: string | number, at: Place];

export function printRules(rules: RuleSet, places: EntryPlaces): string {
  const document = new Document({});
  const rows = [...scoreRows(rules), ...[...rules.profiles.values()].flatMap(profileRows), ...entryRows(rules, places)];
  for (const [path, value, at] of rows) {
    const node = document.createNode(value);
    node.comment = ` ${at}`;
    document.setIn(path, node);
  }
  return document.toString({ lineWidth: 0 });
}

/** Of the rules that are judged and count, or are on trial. */
export const scoreRows = ({ rules }: RuleSet): readonly Row[] =>
  rules
    .filter(({ isEnabled, role }) => isEnabled && role !== 'component')
    .map(({ symbol, score, setBy }) => [['scores', symbol], score / 1000, setBy]);

export function profileRows(profile: Profile): readonly Row[] {
  const { name, thresholds, malware } = profile;
  const place = (path: string): Place => profile.places.get(path) ?? profile.at;
  const threshold = (of: keyof typeof thresholds, value: Points | null): Row => {
    return [['profiles', name, 'thresholds', of], value === null ? 'none' : value / 1000, place(`thresholds.${of}`)];
  };
  const overrides = (key: 'weights' | 'scores'): readonly Row[] =>
    [...profile[key]].map(([of, { value, setBy }]: [string, Override]) => [
      ['profiles', name, key, of],
      value / 1000,
      setBy,
    ]);
  return [
    threshold('tag', thresholds.tag),
    threshold('quarantine', thresholds.quarantine),
    threshold('reject', thresholds.reject),
    ...overrides('weights'),
    ...overrides('scores'),
    ...[...profile.always].map(
      ([of, action]): Row => [['profiles', name, 'always', of], action, place(`always.${of}`)],
    ),
    [['profiles', name, 'malware'], malware, place('malware')],
    ...[...profile.fileTypes].map(
      ([of, action]): Row => [['profiles', name, 'file_types', of], action, place(`file_types.${of}`)],
    ),
  ];
}

function entryRows({ lists }: RuleSet, places: EntryPlaces): readonly Row[] {
  return [...lists].flatMap(([list, entries]) =>
    [...entries].sort().map((entry, i): Row => [['lists', list, i], entry, places.get(list)?.get(entry) ?? 'nowhere']),
  );
}
