// Mail that people called wanted or not, as thresholds are calibrated by it: what each message scores, and for how much mail it stands.

import type { Action, Hit, Points } from '../model/verdict.ts';
import { pointsOf } from '../rules/weigh.ts';

export interface ReviewedMail {
  readonly isWanted: boolean;
  readonly sender: string;
  /** How many messages it stands for, itself among them. */
  readonly standsFor: number;
  /** What each of these counts for beside others of its sender. */
  readonly independence: number;
  readonly hits: readonly Pick<Hit, 'group' | 'score'>[];
  /** What policy asks for beside the score. */
  readonly floor: Action;
}

/** Mail that was not looked at, and that a sample stands for. */
export interface Unseen {
  /** How many of them one that was looked at stands for; infinite where none was. */
  readonly perSeen: number;
  /** The highest score among them; infinite where policy stops one whatever its score. */
  readonly top: Points;
}

export interface Reviewed {
  readonly mails: readonly ReviewedMail[];
  readonly unseen: readonly Unseen[];
  /** So many independent messages all wanted mail is worth, at the least. */
  readonly independent: number;
  /** How alike one sender's messages are: 0 to 1. */
  readonly similarity: number;
}

/** By group, in thousandths; a group that is absent weighs 1000. */
export type Weights = ReadonlyMap<string, Points>;

export const scoreOf = ({ hits }: Pick<ReviewedMail, 'hits'>, weights: Weights): Points =>
  hits.reduce((sum, { group, score }) => sum + pointsOf(score, weights.get(group) ?? 1000), 0);

export const stops = (action: Action): boolean => action === 'quarantine' || action === 'reject';

/** What a message is stopped from, as a score: whatever the threshold where policy stops it. */
export const reachOf = (mail: Pick<ReviewedMail, 'hits' | 'floor'>, weights: Weights): Points =>
  stops(mail.floor) ? Number.POSITIVE_INFINITY : scoreOf(mail, weights);
