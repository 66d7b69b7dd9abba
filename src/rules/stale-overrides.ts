// Overrides that name what is not there any more: an upgrade took the rule, profile, group or list away.

import { parseDocument } from 'yaml';
import type { RuleSet } from './rule.ts';

export interface Applicable {
  /** The overrides without those that are stale. */
  readonly text: string;
  /** What they name, a line each. */
  readonly aside: readonly string[];
}

/** What of `overrides` is about something that `rules`, loaded without them, have. */
export function applicable(overrides: string, rules: RuleSet): Applicable {
  const document = parseDocument(overrides);
  const stale = document.errors.length > 0 ? [] : stalePaths(document.toJS(), rules);
  for (const path of stale) document.deleteIn(path);
  return {
    text: stale.length === 0 ? overrides : document.toString({ lineWidth: 0 }),
    aside: stale.map(path => `${path.join('.')}: there is no ${nouns[path.at(-2) ?? ''] ?? 'such'} any more`),
  };
}

const nouns: Readonly<Record<string, string>> = {
  scores: 'such symbol',
  always: 'such symbol',
  weights: 'such group',
  profiles: 'such profile',
  lists: 'such list',
};

function stalePaths(overrides: unknown, rules: RuleSet): readonly (readonly string[])[] {
  const symbols = new Set(rules.rules.map(({ symbol }) => symbol));
  const groups = new Set(rules.rules.map(({ group }) => group));
  const { scores, profiles, lists } = mapping(overrides);
  const unknown = (path: readonly string[], of: unknown, known: { has(name: string): boolean }) =>
    Object.keys(mapping(of))
      .filter(name => !known.has(name))
      .map(name => [...path, name]);
  const inProfiles = Object.entries(mapping(profiles)).flatMap(([name, settings]) => {
    const path = ['profiles', name];
    if (!rules.profiles.has(name)) return [path];
    const of = mapping(settings);
    return [
      ...unknown([...path, 'scores'], of.scores, symbols),
      ...unknown([...path, 'always'], of.always, symbols),
      ...unknown([...path, 'weights'], of.weights, groups),
    ];
  });
  return [...unknown(['scores'], scores, symbols), ...inProfiles, ...unknown(['lists'], lists, rules.lists)];
}

const mapping = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
