// What the rules made of the evidence, for one policy group of recipients: a ledger that adds up.

import type { Facts } from './evidence.ts';

/** Points are integers of 0.001. */
export type Points = number;

/** In the order of force. */
export const actions = ['deliver', 'tag', 'quarantine', 'reject'] as const;
export type Action = (typeof actions)[number];

export interface Hit {
  readonly symbol: string;
  readonly group: string;
  /** As the rule or the profile's override set it. */
  readonly score: Points;
  /** The profile's weight for the group, in thousandths: 1000 leaves the score as it is. */
  readonly weight: Points;
  /** round(score x weight / 1000). The sum over all hits is the verdict's score. */
  readonly points: Points;
  /** Where the score was set: `rules/content/pharma.yaml:12`, `rules/profiles/healthcare.yaml:8`. */
  readonly setBy: string;
  /** Why it fired, with what it saw. */
  readonly because: string;
}

export interface NotJudged {
  readonly symbol: string;
  /** The fact that was missing, and why: `auth.dmarc failed: DNS timeout`. */
  readonly reason: string;
}

/** Something other than the score that asks for at least `action`. */
export interface Floor {
  readonly action: Action;
  /** `always:EICAR`, `policy:dmarc`, `policy:malware`. */
  readonly name: string;
  readonly because: string;
}

export interface Thresholds {
  readonly tag: Points;
  readonly quarantine: Points;
  /** Null: this profile never refuses by score. */
  readonly reject: Points | null;
}

/** What a verdict under other scores, thresholds and profiles needs beside the symbols of its hits. */
export interface Basis {
  /** Names all that decides which rules fire on given facts: equal digests, equal hits. */
  readonly firing: string;
  /** Of the facts, what policy beside the score may ask something for. */
  readonly facts: Facts;
}

/** What a profile on trial says of the same message. */
export type TrialVerdict = Pick<Verdict, 'profile' | 'score' | 'thresholds' | 'action' | 'floors'>;

export interface Verdict {
  readonly profile: string;
  readonly score: Points;
  readonly thresholds: Thresholds;
  /** The strongest of what the score reaches and what the floors ask. */
  readonly action: Action;
  readonly hits: readonly Hit[];
  /** What rules on trial would have added: no part of the score, and nothing follows. Left out where none fired. */
  readonly shadow?: readonly Hit[];
  readonly floors: readonly Floor[];
  readonly notJudged: readonly NotJudged[];
  /**
   * Set when a check that the policy needs could not run: what `on_failure` applies to.
   * The verdict above is then what the remaining evidence says.
   */
  readonly missing: readonly { readonly check: string; readonly reason: string }[];
  /** Of a profile on trial in the place of this one: nothing follows. Left out where there is none. */
  readonly trial?: TrialVerdict;
  /** For judging it again. Left out where nothing was judged. */
  readonly basis?: Basis;
}

/** `7250` is `7.25`: the shortest decimal. */
export function showPoints(points: Points): string {
  return String(points / 1000);
}
