// What became of labelled mail, by label and source: how much of it was stopped, and how sure that share is.

import { type Action, actions } from '../model/verdict.ts';
import { type Label, labels } from './label.ts';
import { isStopped, type MeasuredMail } from './measure.ts';
import { type Interval, interval } from './proportion.ts';

export interface Outcome {
  readonly mails: number;
  readonly actions: Readonly<Record<Action, number>>;
  /** Quarantined or refused. */
  readonly stopped: number;
  /** Of the share that is stopped, 95%. */
  readonly interval: Interval;
}

export interface SourceOutcome extends Outcome {
  readonly label: Label;
  /** Null for all of the label. */
  readonly source: string | null;
}

export function outcomeOf(mails: readonly Pick<MeasuredMail, 'verdict'>[]): Outcome {
  const count = (action: Action): number => mails.filter(({ verdict }) => verdict.action === action).length;
  const stopped = mails.filter(({ verdict }) => isStopped(verdict)).length;
  return {
    mails: mails.length,
    actions: { deliver: count('deliver'), tag: count('tag'), quarantine: count('quarantine'), reject: count('reject') },
    stopped,
    interval: interval(stopped, mails.length),
  };
}

/** Each source of each label, and behind them the label as a whole. */
export function outcomesBySource(mails: readonly MeasuredMail[]): readonly SourceOutcome[] {
  return labels.flatMap(label => {
    const ofLabel = mails.filter(mail => mail.label === label);
    if (ofLabel.length === 0) return [];
    const sources = [...Map.groupBy(ofLabel, ({ source }) => source)].sort(([a], [b]) => (a < b ? -1 : 1));
    return [
      ...sources.map(([source, of]) => ({ label, source, ...outcomeOf(of) })),
      { label, source: null, ...outcomeOf(ofLabel) },
    ];
  });
}

/** The first `most` of each source that were not stopped, the nearest to it first. */
export function missed(mails: readonly MeasuredMail[], most: number): readonly MeasuredMail[] {
  const groups = Map.groupBy(
    mails.filter(({ verdict }) => !isStopped(verdict)),
    ({ label, source }) => `${label}/${source}`,
  );
  return [...groups.values()].flatMap(of => of.toSorted(byScore).slice(0, most));
}

const byScore = (a: MeasuredMail, b: MeasuredMail): number => b.verdict.score - a.verdict.score;

/** Those that anything more than delivery came of, the strongest first. */
export function notDelivered(mails: readonly MeasuredMail[]): readonly MeasuredMail[] {
  const force = ({ verdict }: MeasuredMail): number => actions.indexOf(verdict.action);
  return mails
    .filter(({ verdict }) => verdict.action !== 'deliver')
    .toSorted((a, b) => force(b) - force(a) || byScore(a, b));
}
