// Which scores a fit may touch: those of rules that stored mail can speak of, and that only the score speaks for.

import { type FitNotes, handSet } from '../rules/fit-record.ts';
import type { Profile } from '../rules/profile.ts';
import type { Rule } from '../rules/rule.ts';
import type { FitRule } from './fit.ts';

/**
 * Groups that are left alone: policy of its own (malware, entries, test strings, attachments), and what is seen of mail while
 * it comes (DNS, history) or is broken by whoever collected it (signatures).
 */
const groupsLeftAlone: ReadonlySet<string> = new Set([
  'allowed',
  'attachment',
  'authentication',
  'blocked',
  'history',
  'malware',
  'reputation',
  'test',
]);

/** `keep` names rules, or groups of them, whose scores are decided on otherwise. */
export function fitRules(
  rules: readonly Rule[],
  profile: Profile,
  notes: FitNotes,
  keep: ReadonlySet<string>,
): readonly FitRule[] {
  const isOwn = ({ symbol, group }: Rule): boolean =>
    !profile.scores.has(symbol) && (profile.weights.get(group)?.value ?? 1000) === 1000;
  return rules
    .filter(rule => rule.isEnabled && rule.role === 'scored' && !groupsLeftAlone.has(rule.group))
    .filter(rule => rule.score !== 0 && !keep.has(rule.symbol) && !keep.has(rule.group) && isOwn(rule))
    .map(rule => ({ symbol: rule.symbol, hand: handSet(rule, notes.get(rule.symbol)) }));
}
