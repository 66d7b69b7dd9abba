// What came of a fit, and the record of it that stands beside the rules.

import { type Points, showPoints } from '../model/verdict.ts';
import type { Place } from '../rules/source.ts';
import type { Tried } from './choose-settings.ts';
import { type FitRule, type FitSettings, isSupported, type Stopped, type Support } from './fit.ts';
import { type Label, labels } from './label.ts';
import type { MeasuredMail } from './measure.ts';

export interface FittedScore extends FitRule, Support {
  /** As it stands now, and where. */
  readonly now: Points;
  readonly setBy: Place;
  /** Null where its author's stays, for want of mail. */
  readonly fitted: Points | null;
}

export interface Corpus {
  /** SHA-256 over the digests of its messages, with their labels. */
  readonly digest: string;
  readonly mails: Readonly<Record<Label, number>>;
  readonly sources: readonly string[];
}

export interface FitReport {
  readonly profile: string;
  readonly quarantine: Points;
  readonly scores: readonly FittedScore[];
  readonly corpus: Corpus;
  readonly chosen: Tried;
  /** How many settings it was chosen from. */
  readonly candidates: number;
  /** All mail, by the scores in force. */
  readonly before: Stopped;
  /** Of how many messages some evidence is missing because it came too late. */
  readonly late: number;
}

export function fittedScores(
  rules: readonly FitRule[],
  support: readonly Support[],
  fitted: readonly Points[],
  inForce: ReadonlyMap<string, { readonly score: Points; readonly setBy: Place }>,
): readonly FittedScore[] {
  return rules.map((rule, number) => {
    const of = support[number] ?? { wanted: 0, unwanted: 0, sources: 0 };
    return {
      ...rule,
      ...of,
      now: inForce.get(rule.symbol)?.score ?? rule.hand,
      setBy: inForce.get(rule.symbol)?.setBy ?? '',
      fitted: isSupported(of) ? (fitted[number] ?? null) : null,
    };
  });
}

export function corpusOf(mails: readonly MeasuredMail[], digest: string): Corpus {
  const count = (label: Label): number => mails.filter(mail => mail.label === label).length;
  return {
    digest,
    mails: Object.fromEntries(labels.map(label => [label, count(label)])) as Record<Label, number>,
    sources: [...new Set(mails.map(({ source }) => source))].sort(),
  };
}

export interface Occasion {
  /** As it was typed, without the folders of the machine. */
  readonly command: string;
  /** `2026-11-22`. */
  readonly date: string;
}

/** The text of `fit.yaml` in a folder of which `scores` are. */
export function fitRecord(report: FitReport, scores: readonly FittedScore[], { command, date }: Occasion): string {
  const { corpus, chosen, profile, quarantine } = report;
  const lines = [
    '# Written by `postern rules fit --write`: what each score stands on. How it is made: docs/rules.md, "Fitting scores".',
    `command: ${JSON.stringify(command)}`,
    `date: ${date}`,
    `corpus: { digest: ${corpus.digest}, ${labels.map(label => `${label}: ${corpus.mails[label]}`).join(', ')} }`,
    `target: { profile: ${profile}, quarantine: ${showPoints(quarantine)} }`,
    `settings: ${settingsText(chosen.settings)}`,
    ...validationLines(chosen),
    '# By `data`: fitted. By `hand`: too few messages, or one collection only; the score is its author’s.',
    'scores:',
    ...scores.toSorted((a, b) => (a.symbol < b.symbol ? -1 : 1)).map(scoreLine),
  ];
  return `${lines.join('\n')}\n`;
}

export const settingsText = ({ strength, caution, centre }: FitSettings): string =>
  `{ strength: ${strength}, caution: ${caution}, centre: ${showPoints(centre)} }`;

function validationLines({ validated }: Tried): readonly string[] {
  return [
    '# Each collection under scores that were fitted without it; `latest` is the last quarter of each, under the first three.',
    'cross_validation:',
    ...validated.map(
      ({ source, wanted, wantedStopped, unwanted, unwantedStopped }) =>
        `  ${source === null ? 'latest' : JSON.stringify(source)}: ` +
        `{ ham: ${wanted}, ham_stopped: ${wantedStopped}, spam: ${unwanted}, spam_stopped: ${unwantedStopped} }`,
    ),
  ];
}

function scoreLine({ symbol, hand, fitted, wanted, unwanted, sources }: FittedScore): string {
  const by =
    fitted === null
      ? `by: hand, hand: ${showPoints(hand)}`
      : `by: data, hand: ${showPoints(hand)}, fitted: ${showPoints(fitted)}`;
  return `  ${symbol}: { ${by}, ham: ${wanted}, spam: ${unwanted}, sources: ${sources} }`;
}
