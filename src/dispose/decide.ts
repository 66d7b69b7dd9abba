// The first table of DESIGN.md section 5: what the verdicts of a transaction's policy groups make of it. Pure.

import type { Path } from '../model/address.ts';
import type { JudgedGroup, PolicyGroup } from '../model/disposition.ts';
import { type Action, actions, type Floor, type Verdict } from '../model/verdict.ts';

/** What follows of a check that the policy needs and that could not run: still deferred, or what was set for the end. */
export type FailedCheck = 'none' | 'defer' | 'quarantine' | 'continue';

/** A group, and what is to be done with its recipients' copies as far as they alone are concerned. */
export interface Decision {
  readonly group: JudgedGroup;
  readonly action: Action | 'defer' | 'greylist';
}

export type Plan =
  | { readonly kind: 'defer'; readonly isGreylisting: boolean }
  | { readonly kind: 'refuse' }
  | { readonly kind: 'place'; readonly relayed: readonly Decision[]; readonly quarantined: readonly Decision[] };

/**
 * `isPartlyPlaced`: copies of this transaction were delivered by an earlier attempt, so that a refusal now would bounce
 * mail that some of its recipients have.
 */
export function plan(decisions: readonly Decision[], isPartlyPlaced: boolean): Plan {
  const waiting = decisions.filter(({ action }) => action === 'defer' || action === 'greylist');
  if (waiting.length > 0) return { kind: 'defer', isGreylisting: waiting.every(({ action }) => action === 'greylist') };
  if (!isPartlyPlaced && decisions.every(({ action }) => action === 'reject')) return { kind: 'refuse' };
  return {
    kind: 'place',
    relayed: decisions.filter(({ action }) => action === 'deliver' || action === 'tag'),
    // A reject among others is quarantined: the one reply would otherwise bounce everybody's copy, or lose this one.
    quarantined: decisions.filter(({ action }) => action === 'quarantine' || action === 'reject'),
  };
}

/** What is to be done with a group's copies by its verdict, mode and standing. */
export function decide(group: JudgedGroup, reversePath: Path, failed: FailedCheck): Decision {
  const action = actionFor(group, group.verdict, reversePath);
  if (group.mode === 'observe') return { group, action };
  if (failed === 'defer') return { group, action: 'defer' };
  return { group, action: failed === 'quarantine' ? stronger(action, 'quarantine') : action };
}

type NamedFloor = Pick<Floor, 'name' | 'action'>;

/** What the standing of recipients leaves of a verdict. */
export function actionFor(
  { mode, isRole }: Pick<PolicyGroup, 'mode' | 'isRole'>,
  verdict: { readonly action: Action; readonly floors: readonly NamedFloor[] },
  reversePath: Path,
): Action {
  // Observing changes nothing but header fields, whatever failed.
  if (mode === 'observe') return weaker(verdict.action, 'tag');
  const malware = strongest(verdict.floors.filter(isMalware));
  // Never by score (RFC 5321 §4.5.1, RFC 2142); what policy asks for beside it is kept, not refused.
  if (isRole) {
    const asked = weaker(strongest(verdict.floors), 'quarantine');
    return stronger(malware, stronger(asked, weaker(verdict.action, 'tag')));
  }
  // A bounce that we refuse is lost, since nobody may bounce it (RFC 5321 §4.5.5): for its content it is kept instead.
  // Delivering it whatever it says would let every spammer in who writes `MAIL FROM:<>`.
  if (reversePath === '') return stronger(malware, weaker(verdict.action, 'quarantine'));
  return verdict.action;
}

/** What a refusal may tell: why, in a word that teaches nobody how to get through. */
export type RefusalCategory = 'malware' | 'policy' | 'spam';

export function refusalCategory(verdict: Verdict): RefusalCategory {
  if (verdict.floors.some(isMalware)) return 'malware';
  return strongest(verdict.floors) === 'reject' ? 'policy' : 'spam';
}

/** By the name that rules/policy.ts gives to this floor; rules are not imported here. */
const isMalware = ({ name }: NamedFloor): boolean => name === 'policy:malware';

const strength = (action: Action): number => actions.indexOf(action);
const stronger = (a: Action, b: Action): Action => (strength(a) >= strength(b) ? a : b);
const weaker = (a: Action, b: Action): Action => (strength(a) <= strength(b) ? a : b);
const strongest = (floors: readonly NamedFloor[]): Action =>
  floors.reduce<Action>((action, floor) => stronger(action, floor.action), 'deliver');
