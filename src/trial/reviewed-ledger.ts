// The ledger's mail with what reviewers said of it: labels that were given before a sample was drawn speak for their own message,
// those of the sample for all that it was drawn from.

import type { Id } from '../model/ids.ts';
import { firingName } from '../rules/firing.ts';
import type { Profile } from '../rules/profile.ts';
import { Scales, strongest } from '../rules/weigh.ts';
import type { LedgerLines } from '../store/ledger.ts';
import type { LineGroup } from '../store/ledger-line.ts';
import type { GivenLabel, Sample } from '../store/reviews.ts';
import { judgedOnce } from './draw.ts';
import type { Judging } from './judging.ts';
import type { Weights } from './reviewed.ts';
import { senderOf } from './senders.ts';
import { type Standing, Strata, type StrataReviewed, type Weighed } from './strata.ts';

/** A sample with the ids of its messages under one profile. */
interface ReviewedSample extends Sample {
  readonly drawn: ReadonlySet<Id>;
}

export interface LedgerReviews {
  readonly labels: ReadonlyMap<Id, GivenLabel>;
  /** That do not overlap. */
  readonly samples: readonly ReviewedSample[];
}

interface LedgerReviewed extends StrataReviewed {
  /** Judged when other rules were in force: what fired then is weighed as it would be now. */
  readonly underOtherRules: number;
}

/** Mail of `profile` in the time of the samples. */
export async function reviewedInLedger(
  ledger: LedgerLines,
  judging: Judging,
  { labels, samples }: LedgerReviews,
  profile: Profile,
  confidence: number,
): Promise<LedgerReviewed> {
  const weighing = new Weighing(judging, profile);
  const strata = new Strata(weightsOf(profile));
  const freemail = judging.rules.lists.get('freemail');
  for (const sample of samples) {
    for await (const lines of ledger.lines(sample.since, sample.before)) {
      for (const line of lines) {
        const group = judgedOnce(line).find(judged => judged.profile === profile.name);
        if (group === undefined) continue;
        const mail = weighing.weigh(group, senderOf(line.reversePath, freemail));
        strata.add(mail, sample.id, standingOf(line.id, sample, labels.get(line.id)));
      }
    }
  }
  return { ...strata.reviewed(confidence), underOtherRules: weighing.underOtherRules };
}

class Weighing {
  readonly #scales: Scales;
  readonly #profile: Profile;
  readonly #firing: string;
  #underOtherRules = 0;

  constructor({ rules, policy, site }: Judging, profile: Profile) {
    this.#scales = new Scales(rules, policy);
    this.#profile = profile;
    this.#firing = firingName(rules, site);
  }

  get underOtherRules(): number {
    return this.#underOtherRules;
  }

  weigh({ hits, shadow, basis, action }: LineGroup, sender: string): Weighed {
    if (basis?.firing !== this.#firing) this.#underOtherRules += 1;
    const outcome = this.#scales.outcome([...hits, ...shadow], basis?.facts ?? {}, this.#profile);
    const floor = strongest(outcome.floors.map(of => of.action));
    return { sender, action, hits: outcome.hits, floor, score: outcome.score };
  }
}

export const weightsOf = ({ weights }: Profile): Weights =>
  new Map([...weights].map(([group, { value }]) => [group, value]));

function standingOf(id: Id, { drawn, drawnAt }: ReviewedSample, given: GivenLabel | undefined): Standing {
  const isWanted = given?.label === 'ham';
  if (given !== undefined && given.at < drawnAt) return { for: 'itself', isWanted };
  const isDrawn = drawn.has(id);
  if (given !== undefined && isDrawn) return { for: 'others', isWanted };
  return { for: 'nothing', isOpen: isDrawn, isFoundWanted: isWanted };
}
