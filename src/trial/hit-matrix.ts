// Labelled mail as a fit of scores sees it: which rules fired, what counts beside them, and how much the message weighs.

import type { Facts } from '../model/evidence.ts';
import type { Points } from '../model/verdict.ts';
import { isWanted } from './label.ts';
import type { MeasuredMail } from './measure.ts';

/** A message with what tells it from others. */
export interface FitMail extends MeasuredMail {
  /** Equal for messages that say the same: they count as one. */
  readonly body: string;
  /** When it was written, in seconds since 1970; null where it does not say. */
  readonly writtenAt: number | null;
}

export interface MatrixRow {
  readonly isWanted: boolean;
  readonly source: string;
  readonly writtenAt: number | null;
  /** Numbers of the rules that fired, of those that are fitted. */
  readonly features: readonly number[];
  /** Points of all others, in whole points. */
  readonly fixed: number;
  /** Messages that say the same count as one together. */
  readonly share: number;
}

export interface HitMatrix {
  readonly symbols: readonly string[];
  readonly rows: readonly MatrixRow[];
}

/** `symbols` are the rules that are fitted. */
export function hitMatrix(mails: readonly FitMail[], symbols: readonly string[]): HitMatrix {
  const numbers = new Map(symbols.map((symbol, number) => [symbol, number]));
  const copies = Map.groupBy(mails, mail => `${isWanted(mail.label)} ${mail.body}`);
  const rows = mails.map(mail => ({
    isWanted: isWanted(mail.label),
    source: mail.source,
    writtenAt: mail.writtenAt,
    features: mail.verdict.hits.flatMap(({ symbol }) => numbers.get(symbol) ?? []),
    fixed: whole(
      mail.verdict.hits.filter(({ symbol }) => !numbers.has(symbol)).reduce((sum, hit) => sum + hit.points, 0),
    ),
    share: 1 / (copies.get(`${isWanted(mail.label)} ${mail.body}`)?.length ?? 1),
  }));
  return { symbols, rows };
}

export const whole = (points: Points): number => points / 1000;
export const points = (whole: number): Points => Math.round(whole * 1000);

/** When a message says that it was written. */
export function writtenAt({ message }: Facts): number | null {
  const { date = 0 } = message?.state === 'observed' ? (message.value as { date?: number }) : {};
  return date > 0 ? date : null;
}
