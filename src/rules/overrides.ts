// Overrides: scores, settings of profiles and entries of lists that win over the files that they are about.

import { didYouMean } from '../model/nearest.ts';
import { entryDefect, type Lists } from './lists.ts';
import { making } from './made.ts';
import { maxScore, type Override, type ProfileDraft, readOverrides, readProfileOverrides } from './profile.ts';
import type { RuleDraft } from './rule-file.ts';
import type { YamlValue } from './yaml-value.ts';

/** One file of them, read as far as it can be without the rules that it names. */
export interface OverridesDraft {
  readonly scores: YamlValue | null;
  /** By name; what each leaves unsaid stays as it is. */
  readonly profiles: ReadonlyMap<string, ProfileDraft>;
  readonly lists: YamlValue | null;
}

/** `{ scores: { SYMBOL: { score, why } }, profiles: { NAME: { thresholds, ... } }, lists: { NAME: { add, remove } } }`. */
export function readOverridesFile(body: YamlValue): OverridesDraft {
  const { scores, profiles, lists } = body.fields(['scores', 'profiles', 'lists']);
  const named = (profiles?.entries() ?? []).map(([name, value]) => [name, readProfileOverrides(name, value)] as const);
  return { scores: scores ?? null, profiles: new Map(named), lists: lists ?? null };
}

/** `drafts` with the scores that `overrides` set. */
export function withScores<R extends Pick<RuleDraft, 'role' | 'score' | 'setBy'>>(
  drafts: ReadonlyMap<string, R>,
  overrides: readonly OverridesDraft[],
): ReadonlyMap<string, R> {
  const known = new Set(drafts.keys());
  const changed = new Map(drafts);
  for (const { scores } of overrides) {
    for (const [symbol, { value, setBy }] of scoresIn(scores, known)) {
      const draft = changed.get(symbol);
      if (draft?.role === 'component') scores?.problem(`${symbol} is a component: it has no score`);
      else if (draft !== undefined) changed.set(symbol, { ...draft, score: value, setBy });
    }
  }
  return changed;
}

const scoresIn = (scores: YamlValue | null, known: ReadonlySet<string>): ReadonlyMap<string, Override> =>
  readOverrides(scores ?? undefined, 'score', known, maxScore);

/** `lists` with the entries that `overrides` add, and without those that they remove. */
export function withEntries(lists: Lists, overrides: readonly OverridesDraft[]): Lists {
  const changed = new Map(lists);
  for (const override of overrides) {
    for (const [name, value, key] of override.lists?.entries() ?? []) {
      const list = changed.get(name);
      const { add, remove } = value.fields(['add', 'remove']);
      if (list === undefined) key.problem(`unknown list ${name}${didYouMean(name, changed.keys())}`);
      else changed.set(name, list.difference(new Set(entriesIn(remove))).union(new Set(entriesIn(add))));
    }
  }
  return changed;
}

/** A list of them, or a mapping of each to why, by whom and when it was set. */
function entriesIn(value: YamlValue | undefined): readonly string[] {
  const entries = value?.isMapping() ? value.entries().map(madeEntry) : (value?.texts() ?? []);
  for (const defect of entries.map(entryDefect)) if (defect !== null) value?.problem(defect);
  return entries;
}

function madeEntry([entry, made]: ReturnType<YamlValue['entries']>[number]): string {
  made.fields(making);
  return entry;
}
