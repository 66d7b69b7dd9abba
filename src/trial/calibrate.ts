// Calibration: thresholds, and the weight of one group, for a wanted share of wanted mail that is stopped. A threshold is
// lowered only as far as what people said of mail shows that it may be.

import type { Points, Thresholds } from '../model/verdict.ts';
import { gainOf, isBeyondNoise, stoppedBy } from './gain.ts';
import { totalNeeded } from './proportion.ts';
import { type Reviewed, type ReviewedMail, scoreOf, stops, type Weights } from './reviewed.ts';
import { type Experience, type WantedShare, wantedShares } from './wanted-share.ts';
import { likelyMove, splitBySender, type WeightMove } from './weight-moves.ts';

export interface InForce {
  readonly thresholds: Thresholds;
  readonly weights: Weights;
  /** Whether the profile keeps what it promises under these. */
  readonly keepsPromises: (thresholds: Thresholds, weights: Weights) => boolean;
}

export interface CalibrateOptions {
  /** Of wanted mail, the share that may be stopped. */
  readonly target: number;
  readonly confidence: number;
  /** What counts beside the mail that was seen; null for nothing. */
  readonly experience: Experience | null;
}

/** What a threshold for the quarantine does, by messages; those among them that reviewed ones stand for. */
export interface Stopping {
  readonly wanted: WantedShare;
  readonly caught: number;
  readonly unwanted: number;
}

/** Under the weights in force, for every whole point that a threshold might be. */
type Course = readonly Stopping[];

export interface Basis {
  readonly wanted: number;
  readonly unwanted: number;
  /** Of wanted mail. */
  readonly senders: number;
  /** So many messages that have nothing to do with each other all wanted mail is worth. */
  readonly independent: number;
  readonly similarity: number;
  /** Of the wanted, those that policy stops whatever they score. */
  readonly byPolicy: number;
}

export interface Found {
  readonly status: 'found';
  readonly thresholds: Thresholds;
  readonly weight: WeightMove | null;
  readonly before: Stopping;
  readonly after: Stopping;
  readonly basis: Basis;
  readonly course: Course;
  /** Of each of the claims that were tried together. */
  readonly confidence: number;
  /** What was seen does not show it by itself. */
  readonly isByExperience: boolean;
  /**
   * Of independent wanted messages, until the threshold in force is shown to be within the target, were none of them stopped;
   * null where it is shown, or where more was stopped than the target.
   */
  readonly missing: number | null;
}

export interface Refused {
  readonly status: 'refused';
  /** `unseen`: nobody looked at a sample of what is stopped. `promises`: the profile makes some that forbid all that would do. */
  readonly reason: 'little' | 'unseen' | 'promises';
  readonly basis: Basis;
  readonly course: Course;
  /** At the highest threshold. */
  readonly least: Stopping;
  /** Of independent wanted messages, were none of them stopped; 0 where it is not for want of them. */
  readonly missing: number;
}

export type Calibration = Found | Refused;

const step: Points = 500;
const highest: Points = 30_000;
const coursePoints = 20;

/** A tag does not keep mail from its reader: so many times as much may be tagged as may be stopped. */
const tagFactor = 10;

export function calibrate(reviewed: Reviewed, inForce: InForce, options: CalibrateOptions): Calibration {
  const { certifying, choosing } = splitBySender(reviewed);
  const isSplit = isEnough(certifying, options);
  // Two claims are made then, and neither may be wrong.
  const confidence = isSplit ? halved(options.confidence) : options.confidence;
  const scale = new Scale(inForce, { ...options, confidence });
  const plain = scale.way(reviewed, inForce.weights, null);
  const moved = isSplit ? scale.movedWay(certifying, choosing, plain) : null;
  const way = moved ?? plain;
  return way.within.length === 0 ? scale.refused(reviewed, way) : scale.found(reviewed, way);
}

const halved = (confidence: number): number => 1 - (1 - confidence) / 2;

/** Whether the mail that no weight is chosen by could show by itself that the choice is within the target. */
function isEnough({ unseen, independent }: Reviewed, { target, confidence }: CalibrateOptions): boolean {
  const perSeen = Math.max(1, ...unseen.map(of => of.perSeen));
  return independent / perSeen >= totalNeeded(0, target, halved(confidence));
}

/** Weights, with the thresholds that they have leave for. */
interface Way {
  readonly mail: Reviewed;
  readonly weights: Weights;
  readonly weight: WeightMove | null;
  /** From the highest down. */
  readonly within: readonly Thresholds[];
  /** Some would be within the target, and the profile’s promises forbid them all. */
  readonly isForbidden: boolean;
}

class Scale {
  readonly #inForce: InForce;
  readonly #options: CalibrateOptions;
  readonly #grid: readonly Points[];

  constructor(inForce: InForce, options: CalibrateOptions) {
    this.#inForce = inForce;
    this.#options = options;
    const { quarantine } = inForce.thresholds;
    const steps = Array.from({ length: highest / step }, (_, i) => highest - i * step);
    this.#grid = [...new Set([...steps, quarantine])].sort((a, b) => b - a);
  }

  way(mail: Reviewed, weights: Weights, weight: WeightMove | null): Way {
    const quarantines = this.#within(mail, weights, this.#options.target);
    const lowestTag = this.#within(mail, weights, tagFactor * this.#options.target).at(-1)?.from ?? highest;
    const lowestReject = aboveAll(mail.mails, weights);
    const { tag, reject } = this.#inForce.thresholds;
    // The tag and the refusal are never lowered, but where the quarantine is. What is refused cannot be released.
    const thresholds = quarantines.map(({ from: quarantine }) => ({
      tag: Math.min(quarantine, Math.max(tag, lowestTag)),
      quarantine,
      reject: reject === null ? null : Math.max(reject, quarantine, lowestReject),
    }));
    const within = thresholds.filter(of => this.#inForce.keepsPromises(of, weights));
    return { mail, weights, weight, within, isForbidden: thresholds.length > 0 && within.length === 0 };
  }

  /** From the highest down to the first that is not within the target: so asked, one answer in twenty is wrong at most. */
  #within(mail: Reviewed, weights: Weights, target: number): readonly WantedShare[] {
    const shares = wantedShares(mail, this.#grid, { ...this.#options, weights });
    const first = shares.findIndex(share => share.upper > target || !isWithin(share, target));
    return first === -1 ? shares : shares.slice(0, first);
  }

  /** Null where no move stops more than `plain` does, beyond noise, of mail that it was not chosen by. */
  movedWay(certifying: Reviewed, choosing: Reviewed, plain: Way): Way | null {
    const moved = likelyMove(choosing, this.#inForce.weights, this.#grid, this.#options.target);
    if (moved === null) return null;
    const way = this.way(unknownBeyond(certifying), moved.weights, moved.move);
    const [before, after] = [plain, way].map(of => stoppedBy(of.weights, of.within.at(-1)?.quarantine));
    const isBetter = before && after && isBeyondNoise(gainOf(unwantedOf(certifying), before, after));
    return isBetter ? way : null;
  }

  found(reviewed: Reviewed, way: Way): Found {
    const thresholds = this.#chosen(way);
    const { quarantine } = thresholds;
    const before = this.#stopping(reviewed, reviewed, this.#inForce.weights, this.#inForce.thresholds.quarantine);
    const seen = this.#share(way.mail, way.weights, quarantine, null);
    return {
      status: 'found',
      thresholds,
      weight: way.weight,
      before,
      after: this.#stopping(reviewed, way.mail, way.weights, quarantine),
      basis: basisOf(reviewed),
      course: this.#course(reviewed),
      confidence: this.#options.confidence,
      isByExperience: seen.upper > this.#options.target,
      missing: isWithin(before.wanted, this.#options.target) ? this.#missing(before.wanted) : null,
    };
  }

  refused(reviewed: Reviewed, { isForbidden }: Way): Refused {
    const least = this.#stopping(reviewed, reviewed, this.#inForce.weights, highest);
    const isUnseen = least.wanted.independent === 0 && reviewed.independent > 0;
    const reason = isForbidden ? 'promises' : isUnseen ? 'unseen' : 'little';
    return {
      status: 'refused',
      reason,
      basis: basisOf(reviewed),
      course: this.#course(reviewed),
      least,
      missing: reason === 'little' ? (this.#missing(least.wanted) ?? 0) : 0,
    };
  }

  #course(reviewed: Reviewed): Course {
    const points = Array.from({ length: coursePoints }, (_, i) => (i + 1) * 1000);
    return points.map(from => this.#stopping(reviewed, reviewed, this.#inForce.weights, from));
  }

  /** By what was seen alone; null where none is missing. */
  #missing({ errors, independent, upper }: WantedShare): number | null {
    const { target, confidence } = this.#options;
    if (upper <= target) return null;
    return Math.max(1, Math.ceil(totalNeeded(errors, target, confidence) - independent));
  }

  #share(mail: Reviewed, weights: Weights, from: Points, experience: CalibrateOptions['experience']): WantedShare {
    const [share] = wantedShares(mail, [from], { ...this.#options, weights, experience });
    if (share === undefined) throw new Error('one threshold has one share');
    return share;
  }

  /** Of those within the target that catch as much as the lowest, but for noise, the nearest to the one in force. */
  #chosen({ within, weights, mail }: Way): Thresholds {
    const lowest = within.at(-1);
    if (lowest === undefined) throw new Error('there is one within the target');
    const spam = unwantedOf(mail);
    const most = stoppedBy(weights, lowest.quarantine);
    const isAsGood = ({ quarantine }: Thresholds): boolean =>
      !isBeyondNoise(gainOf(spam, stoppedBy(weights, quarantine), most));
    const far = ({ quarantine }: Thresholds): number => Math.abs(quarantine - this.#inForce.thresholds.quarantine);
    return within.filter(isAsGood).reduce((best, of) => (far(of) < far(best) ? of : best), lowest);
  }

  #stopping({ mails }: Reviewed, mail: Reviewed, weights: Weights, from: Points): Stopping {
    const unwanted = mails.filter(({ isWanted }) => !isWanted);
    return {
      wanted: this.#share(mail, weights, from, this.#options.experience),
      caught: messagesOf(unwanted.filter(stoppedBy(weights, from))),
      unwanted: messagesOf(unwanted),
    };
  }
}

/** By what was counted. */
const isWithin = ({ counted, of }: WantedShare, target: number): boolean => counted <= target * of;

/** Under other weights nobody knows what mail scores that was not looked at. */
const unknownBeyond = (mail: Reviewed): Reviewed => ({
  ...mail,
  unseen: mail.unseen.map(unseen => ({ ...unseen, top: Number.POSITIVE_INFINITY })),
});

const unwantedOf = ({ mails }: Reviewed): readonly ReviewedMail[] => mails.filter(({ isWanted }) => !isWanted);

const messagesOf = (mails: readonly ReviewedMail[]): number => mails.reduce((sum, { standsFor }) => sum + standsFor, 0);

/** The lowest step that no wanted mail reaches. */
function aboveAll(mails: readonly ReviewedMail[], weights: Weights): Points {
  const most = mails.filter(({ isWanted }) => isWanted).reduce((top, mail) => Math.max(top, scoreOf(mail, weights)), 0);
  return (Math.floor(most / step) + 1) * step;
}

function basisOf({ mails, independent, similarity }: Reviewed): Basis {
  const wanted = mails.filter(({ isWanted }) => isWanted);
  return {
    wanted: wanted.length,
    unwanted: mails.length - wanted.length,
    senders: new Set(wanted.map(({ sender }) => sender)).size,
    independent,
    similarity,
    byPolicy: wanted.filter(({ floor }) => stops(floor)).length,
  };
}
