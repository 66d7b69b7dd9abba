// Which settings a fit is made with: of those that spare wanted mail, also that of collections they never saw, those that stop the most.

import type { Points } from '../model/verdict.ts';
import { crossValidated, type FitRule, type FitSettings, fit, type Stopped, stoppedBy, sumOf } from './fit.ts';
import type { Fold } from './folds.ts';
import type { MatrixRow } from './hit-matrix.ts';

/** Shares of wanted mail that may be stopped by its score. */
export interface Limits {
  readonly quarantine: Points;
  /** Of all, and of any one collection, by the scores that come of all. */
  readonly most: number;
  readonly mostOfSource: number;
  /** Of the latest of each collection, by scores that saw none so late. */
  readonly mostLatest: number;
  /** Of all collections, each by scores that never saw it. */
  readonly mostUnseen: number;
}

export interface Tried {
  readonly settings: FitSettings;
  /** By the number of the rule. */
  readonly scores: readonly Points[];
  /** What these scores make of each collection. */
  readonly seen: readonly Stopped[];
  /** What scores that never saw it make of each collection, and of the latest mail. */
  readonly validated: readonly Stopped[];
  readonly isWithin: boolean;
}

export const candidates: readonly FitSettings[] = [0.1, 0.3, 1].flatMap(strength =>
  [8, 16, 32, 48, 64].flatMap(caution => [7500, 8000, 8500, 9000].map(centre => ({ strength, caution, centre }))),
);

/** All that were tried, the chosen one first. */
export function tried(
  rows: readonly MatrixRow[],
  folds: readonly Fold[],
  rules: readonly FitRule[],
  limits: Limits,
  settings: readonly FitSettings[] = candidates,
): readonly Tried[] {
  return settings
    .map(of => {
      const scores = fit(rows, rules, of);
      const seen = bySource(scores, rows, limits.quarantine);
      const validated = crossValidated(folds, rules, of, limits.quarantine);
      return { settings: of, scores, seen, validated, isWithin: isWithin(seen, validated, limits) };
    })
    .sort(better);
}

function bySource(scores: readonly Points[], rows: readonly MatrixRow[], quarantine: Points): readonly Stopped[] {
  const sources = [...Map.groupBy(rows, ({ source }) => source)].sort(([a], [b]) => (a < b ? -1 : 1));
  return sources.map(([source, of]) => stoppedBy(scores, of, quarantine, source));
}

function isWithin(seen: readonly Stopped[], validated: readonly Stopped[], limits: Limits): boolean {
  const isFew = ({ wanted, wantedStopped }: Stopped, most: number): boolean => wantedStopped <= most * wanted;
  const latest = validated.filter(({ source }) => source === null);
  return (
    isFew(sumOf(seen), limits.most) &&
    latest.every(stopped => isFew(stopped, limits.mostLatest)) &&
    seen.every(stopped => isFew(stopped, limits.mostOfSource)) &&
    isFew(sumOf(validated), limits.mostUnseen)
  );
}

/** Within the limits first, and there by what is stopped of unseen collections; outside by what of them is spared. */
function better(a: Tried, b: Tried): number {
  if (a.isWithin !== b.isWithin) return a.isWithin ? -1 : 1;
  const [ofA, ofB] = [sumOf(a.validated), sumOf(b.validated)];
  const spared = ofA.wantedStopped - ofB.wantedStopped;
  const stopped = ofB.unwantedStopped - ofA.unwantedStopped;
  return a.isWithin ? stopped || spared : spared || stopped;
}
