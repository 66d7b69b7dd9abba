// What a loaded set of rules is: immutable, checked, ready to judge with.

import type { Facts, Texts } from '../model/evidence.ts';
import type { Site } from '../model/site.ts';
import type { Points } from '../model/verdict.ts';
import type { Template } from './because.ts';
import type { Condition, ConditionCompiler } from './conditions.ts';
import type { Vocabulary } from './evidence-types.ts';
import type { Lists } from './lists.ts';
import type { PatternSpec, PreparedPatterns } from './patterns/patterns.ts';
import type { Profile } from './profile.ts';
import type { Place } from './source.ts';

/**
 * `scored`: its points count. `shadow`: judged and recorded, and nothing follows, so that a rule can be tried on live mail.
 * `component`: only for other rules to ask for (`__NAME`); neither counted nor recorded.
 */
export type Role = 'scored' | 'shadow' | 'component';

export interface Rule {
  /** The observation: `SPF_FAIL`. */
  readonly symbol: string;
  readonly summary: string;
  readonly group: string;
  readonly score: Points;
  /** Where the score stands. */
  readonly setBy: Place;
  /** It matches when any of these does; empty for a rule that has a condition only. */
  readonly patterns: readonly PatternSpec[];
  /** Where there are patterns too, both must hold. */
  readonly condition: Condition | null;
  readonly because: Template | null;
  readonly falsePositives: readonly string[];
  readonly isEnabled: boolean;
  readonly role: Role;
  readonly tests: { readonly hit: readonly RuleCase[]; readonly miss: readonly RuleCase[] };
  readonly at: Place;
}

/** What one test of a rule states. What it leaves unstated is not observed. */
export interface RuleCase {
  readonly at: Place;
  readonly texts: Texts;
  readonly facts: Facts;
  /** Symbols taken to have fired; all others have not. */
  readonly hits: ReadonlySet<string>;
  readonly site: Site;
}

export interface RuleSet {
  /** In the order of their files; disabled ones are among them. */
  readonly rules: readonly Rule[];
  /** The enabled rules, each after those whose symbols it asks for. */
  readonly judged: readonly Rule[];
  readonly profiles: ReadonlyMap<string, Profile>;
  /** That conditions ask by `inList`. */
  readonly lists: Lists;
  /** Of all enabled rules: what a worker seeks. */
  readonly patterns: readonly PatternSpec[];
  /** The same with what workers need not find out again; left out where nobody has found it out. */
  readonly prepared?: PreparedPatterns;
  /** Equal to the `digest` of pattern hits that were sought with these patterns. */
  readonly patternDigest: string;
  readonly vocabulary: Vocabulary;
  readonly conditions: ConditionCompiler;
}
