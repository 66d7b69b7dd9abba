// How much mail of one sender tells: messages of one hand are alike, so that the second says less than the first.

import { domainOf, type Path } from '../model/address.ts';
import { holds, organisation } from '../rules/condition-functions.ts';

/** Whose an address is: an organisation’s, or where anybody gets addresses, its holder’s. */
export function senderOf(address: Path, freemail: ReadonlySet<string> | undefined): string {
  const domain = domainOf(address) ?? '';
  if (holds(freemail, domain)) return address;
  return organisation(domain) || domain || address;
}

type ScoresBySender = ReadonlyMap<string, readonly number[]>;

/**
 * How alike the scores of one sender's messages are among those of all: the intraclass correlation by the analysis of
 * variance. From 0, as if each came from anybody, to 1, as if they were copies; 1 too where nothing can be told.
 */
export function similarity(scores: ScoresBySender): number {
  const groups = [...scores.values()].filter(of => of.length > 0);
  const total = groups.reduce((sum, of) => sum + of.length, 0);
  if (groups.length < 2 || total === groups.length) return 1;
  const mean = meanOf(groups.flat());
  const between = groups.reduce((sum, of) => sum + of.length * (meanOf(of) - mean) ** 2, 0) / (groups.length - 1);
  const within = groups.reduce((sum, of) => sum + spread(of), 0) / (total - groups.length);
  const size = (total - groups.reduce((sum, of) => sum + of.length ** 2, 0) / total) / (groups.length - 1);
  const variance = between + (size - 1) * within;
  return variance === 0 ? 1 : Math.min(1, Math.max(0, (between - within) / variance));
}

/** What one of `messages` of a sender counts for: 1 where it is the only one, or they have nothing in common. */
export const independence = (messages: number, alike: number): number => 1 / (1 + (messages - 1) * alike);

const meanOf = (of: readonly number[]): number => of.reduce((sum, value) => sum + value, 0) / of.length;

function spread(of: readonly number[]): number {
  const mean = meanOf(of);
  return of.reduce((sum, value) => sum + (value - mean) ** 2, 0);
}
