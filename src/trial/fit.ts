// Scores from data: the hit matrix of labelled mail says how much each rule should count, as far as it knows enough of the rule.

import type { Points } from '../model/verdict.ts';
import type { Fold } from './folds.ts';
import { type MatrixRow, points, whole } from './hit-matrix.ts';
import { type Coefficient, logistic } from './logistic.ts';

/** A rule whose score may be fitted; its number is its place. */
export interface FitRule {
  readonly symbol: string;
  /** What its author gave it. The sign stays, and without data the number does. */
  readonly hand: Points;
}

/** What the mail says of a rule. Messages that say the same count as one. */
export interface Support {
  readonly wanted: number;
  readonly unwanted: number;
  /** Collections in which it fired. */
  readonly sources: number;
}

/** Chosen by cross-validation. */
export interface FitSettings {
  /** How strongly scores are held to where their authors put them. */
  readonly strength: number;
  /** How much all wanted mail weighs, against all unwanted. */
  readonly caution: number;
  /** The score at which a message is as likely unwanted as wanted. */
  readonly centre: Points;
}

/** A rule of fewer hits, or of one collection, keeps the score that its author gave it. */
export const leastSupport = { hits: 10, sources: 2 } as const;

/**
 * No score is fitted beyond `most`, at which no rule quarantines alone, nor beyond `more` or `times` what its author gave it, who
 * knows of mail that was not collected: a weak hint stays one, however well it tells the collected spam from the collected ham.
 * None falls below `least`. What speaks for ham is easily put on by whoever knows of it: it gets `timesForHam` of its author's.
 */
export const bounds = { most: 5000, more: 2500, times: 3, least: 100, timesForHam: 1 } as const;

/** By the number of the rule. */
export function supportOf(rows: readonly MatrixRow[], rules: readonly FitRule[]): readonly Support[] {
  const counts = rules.map(() => ({ wanted: 0, unwanted: 0, sources: new Set<string>() }));
  for (const { isWanted, source, features, share } of rows) {
    for (const feature of features) {
      const count = counts[feature];
      if (count === undefined) continue;
      count[isWanted ? 'wanted' : 'unwanted'] += share;
      count.sources.add(source);
    }
  }
  return counts.map(({ wanted, unwanted, sources }) => ({
    wanted: Math.round(wanted),
    unwanted: Math.round(unwanted),
    sources: sources.size,
  }));
}

export const isSupported = ({ wanted, unwanted, sources }: Support): boolean =>
  wanted + unwanted >= leastSupport.hits && sources >= leastSupport.sources;

/** The score of each rule, by its number, rounded to a tenth; the author's where there is no support. */
export function fit(rows: readonly MatrixRow[], rules: readonly FitRule[], settings: FitSettings): readonly Points[] {
  const supported = supportOf(rows, rules).map(isSupported);
  const fitted = rules.flatMap((_, number) => (supported[number] === true ? [number] : []));
  const places = new Map(fitted.map((number, place) => [number, place]));
  const weights = weightsOf(rows, settings.caution);
  const found = logistic(
    rows.map((row, i) => {
      const unfitted = row.features.filter(feature => !places.has(feature));
      return {
        features: row.features.flatMap(feature => places.get(feature) ?? []),
        offset: unfitted.reduce(
          (sum, feature) => sum + whole(rules[feature]?.hand ?? 0),
          row.fixed - whole(settings.centre),
        ),
        isPositive: !row.isWanted,
        weight: weights[i] ?? 0,
      };
    }),
    fitted.map(number => coefficient(rules[number]?.hand ?? 0)),
    settings.strength,
  );
  return rules.map(({ hand }, number) => {
    const place = places.get(number);
    return place === undefined ? hand : points(Math.round((found[place] ?? 0) * 10) / 10);
  });
}

function coefficient(hand: Points): Coefficient {
  const size = Math.abs(hand);
  const least = Math.min(bounds.least, size);
  const [low, high] =
    hand < 0
      ? [-bounds.timesForHam * size, -least]
      : [least, Math.max(size, Math.min(bounds.most, size + bounds.more, size * bounds.times))];
  return { prior: whole(hand), low: whole(low), high: whole(high) };
}

/** All unwanted mail together, in the scale in which the strength of what holds scores is given. */
const total = 1000;

/**
 * Wanted and unwanted mail each have their total, shared among their collections by the root of their sizes: so no large one
 * drowns the others, and no small one speaks as loudly.
 */
function weightsOf(rows: readonly MatrixRow[], caution: number): readonly number[] {
  const sizes = new Map<string, number>();
  const key = ({ isWanted, source }: MatrixRow): string => `${isWanted} ${source}`;
  for (const row of rows) sizes.set(key(row), (sizes.get(key(row)) ?? 0) + row.share);
  const roots = (wanted: boolean): number =>
    [...sizes].reduce((sum, [name, size]) => sum + (name.startsWith(`${wanted} `) ? Math.sqrt(size) : 0), 0);
  const sums = { wanted: roots(true), unwanted: roots(false) };
  return rows.map(row => {
    const perMessage = row.share / Math.sqrt(sizes.get(key(row)) ?? 1);
    return row.isWanted ? (caution * total * perMessage) / sums.wanted : (total * perMessage) / sums.unwanted;
  });
}

/** Messages, and those whose score reaches the quarantine. */
export interface Stopped {
  readonly source: string | null;
  readonly wanted: number;
  readonly wantedStopped: number;
  readonly unwanted: number;
  readonly unwantedStopped: number;
}

export function stoppedBy(
  scores: readonly Points[],
  rows: readonly MatrixRow[],
  quarantine: Points,
  source: string | null,
): Stopped {
  const counts = { wanted: 0, wantedStopped: 0, unwanted: 0, unwantedStopped: 0 };
  for (const { isWanted, features, fixed } of rows) {
    const score = features.reduce((sum, feature) => sum + (scores[feature] ?? 0), points(fixed));
    const kind = isWanted ? 'wanted' : 'unwanted';
    counts[kind] += 1;
    if (score >= quarantine) counts[`${kind}Stopped`] += 1;
  }
  return { source, ...counts };
}

/** What scores that saw nothing of a fold make of it, fold by fold. */
export function crossValidated(
  folds: readonly Fold[],
  rules: readonly FitRule[],
  settings: FitSettings,
  quarantine: Points,
): readonly Stopped[] {
  return folds.map(({ source, train, test }) => stoppedBy(fit(train, rules, settings), test, quarantine, source));
}

/** The folds of sources together. */
export function sumOf(validated: readonly Stopped[]): Stopped {
  const sources = validated.filter(({ source }) => source !== null);
  const sum = (of: (stopped: Stopped) => number): number => sources.reduce((total, stopped) => total + of(stopped), 0);
  return {
    source: null,
    wanted: sum(({ wanted }) => wanted),
    wantedStopped: sum(({ wantedStopped }) => wantedStopped),
    unwanted: sum(({ unwanted }) => unwanted),
    unwantedStopped: sum(({ unwantedStopped }) => unwantedStopped),
  };
}
