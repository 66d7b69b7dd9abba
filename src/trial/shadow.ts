// What rules and profiles on trial would have done: how often they fired, what would have gone another way, and what
// reviewers made of that mail since.

import type { Path } from '../model/address.ts';
import type { EpochMs } from '../model/clock.ts';
import type { LedgerRecord } from '../model/disposition.ts';
import type { Action } from '../model/verdict.ts';
import { Scales } from '../rules/weigh.ts';
import type { LedgerLines } from '../store/ledger.ts';
import type { LedgerLine, LineGroup } from '../store/ledger-line.ts';
import { type Flip, Flips, isStricter } from './flips.ts';
import type { Judging } from './judging.ts';

/** What became of mail in the quarantine; null where nobody has looked, or nothing was kept. */
export type Review = 'released' | 'deleted' | null;

export interface ShadowPorts {
  readonly ledger: LedgerLines;
  /** What the standing of recipients leaves of a verdict. */
  readonly standing: (group: LineGroup, verdict: Pick<LineGroup, 'action' | 'floors'>, reversePath: Path) => Action;
  /** What reviewers made of the copies of one policy group, by its place among those of the record. */
  readonly reviewOf: (record: LedgerRecord, group: number) => Promise<Review>;
}

/** Verdicts with a rule on trial that fired, or with a profile on trial. */
export interface ShadowShare {
  readonly name: string;
  readonly verdicts: number;
  readonly stricter: number;
  readonly milder: number;
  readonly flips: readonly Flip[];
  /** Of all these verdicts, those whose mail reviewers have released, or deleted. */
  readonly released: number;
  readonly deleted: number;
  /** The same of those that flip. */
  readonly flipsReleased: number;
  readonly flipsDeleted: number;
}

export interface ShadowReport {
  readonly since: EpochMs;
  readonly before: EpochMs;
  readonly messages: number;
  /** By symbol: if its points counted. */
  readonly rules: readonly ShadowShare[];
  /** `default > stricter`: if the second took the place of the first. */
  readonly profiles: readonly ShadowShare[];
}

/** Other rules are weighed as they stand in `inForce`: what differs is the one on trial. */
export async function shadowReport(
  inForce: Judging,
  { ledger, standing, reviewOf }: ShadowPorts,
  since: EpochMs,
  before: EpochMs,
): Promise<ShadowReport> {
  const trials = new Trials(inForce, standing);
  const tally = new ShadowTally();
  let messages = 0;
  for await (const lines of ledger.lines(since, before)) {
    messages += lines.length;
    const seen = lines.map(line => trials.of(line));
    const kept = lines.filter((_, i) => seen[i]?.some(({ wasKept }) => wasKept));
    const recordOf = new Map((await ledger.records(kept)).map((record, i) => [kept[i], record]));
    for (const [i, line] of lines.entries()) {
      for (const trial of seen[i] ?? []) {
        const record = trial.wasKept ? (recordOf.get(line) ?? null) : null;
        tally.add(trial, record && (await reviewOf(record, trial.group)));
      }
    }
  }
  return { since, before, messages, rules: tally.shares('rule'), profiles: tally.shares('profile') };
}

/** What one rule or profile on trial would have made of one verdict. */
interface Trial {
  readonly kind: 'rule' | 'profile';
  readonly name: string;
  /** The place of the policy group. */
  readonly group: number;
  readonly from: Action;
  readonly to: Action;
  /** It may be in the quarantine: there a reject among others goes too. */
  readonly wasKept: boolean;
}

type BareTrial = Omit<Trial, 'group' | 'wasKept'>;

class Trials {
  readonly #judging: Judging;
  readonly #scales: Scales;
  readonly #standing: ShadowPorts['standing'];

  constructor(judging: Judging, standing: ShadowPorts['standing']) {
    this.#judging = judging;
    this.#scales = new Scales(judging.rules, judging.policy);
    this.#standing = standing;
  }

  /** None in lines of versions before, which recorded nothing of trials. */
  of({ groups, reversePath }: LedgerLine): readonly Trial[] {
    return (groups ?? []).flatMap((group, place) => {
      const then = this.#standing(group, group, reversePath);
      const wasKept = then === 'quarantine' || then === 'reject';
      const of = [...this.#ofRules(group, reversePath), ...this.#ofProfile(group, reversePath)];
      return of.map(trial => ({ ...trial, group: place, wasKept }));
    });
  }

  #ofRules(group: LineGroup, reversePath: Path): readonly BareTrial[] {
    const { hits, shadow, basis } = group;
    const profile = this.#judging.rules.profiles.get(group.profile);
    if (shadow.length === 0 || basis === null || profile === undefined) return [];
    const all = [...hits, ...shadow];
    const actionWith = (also: string | null): Action =>
      this.#standing(group, this.#scales.outcome(all, basis.facts, profile, also), reversePath);
    const from = actionWith(null);
    return shadow.map(({ symbol }) => ({ kind: 'rule', name: symbol, from, to: actionWith(symbol) }));
  }

  #ofProfile(group: LineGroup, reversePath: Path): readonly BareTrial[] {
    const { trial } = group;
    if (trial === null) return [];
    const [from, to] = [group, trial].map(verdict => this.#standing(group, verdict, reversePath));
    if (from === undefined || to === undefined) return [];
    return [{ kind: 'profile', name: `${group.profile} > ${trial.profile}`, from, to }];
  }
}

type Counts = { -readonly [K in Exclude<keyof ShadowShare, 'name' | 'flips'>]: number } & { readonly flips: Flips };

class ShadowTally {
  readonly #shares = { rule: new Map<string, Counts>(), profile: new Map<string, Counts>() };

  add({ kind, name, from, to }: Trial, review: Review): void {
    const counts = this.#shares[kind].get(name) ?? noCounts();
    this.#shares[kind].set(name, counts);
    counts.verdicts += 1;
    if (review !== null) counts[review] += 1;
    if (from === to) return;
    counts[isStricter(to, from) ? 'stricter' : 'milder'] += 1;
    counts.flips.add(from, to);
    if (review !== null) counts[review === 'released' ? 'flipsReleased' : 'flipsDeleted'] += 1;
  }

  /** By name. */
  shares(kind: Trial['kind']): readonly ShadowShare[] {
    return [...this.#shares[kind]]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, counts]) => ({ name, ...counts, flips: counts.flips.list() }));
  }
}

const noCounts = (): Counts => ({
  verdicts: 0,
  stricter: 0,
  milder: 0,
  released: 0,
  deleted: 0,
  flipsReleased: 0,
  flipsDeleted: 0,
  flips: new Flips(),
});
