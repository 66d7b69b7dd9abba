// What rules do on labelled mail: how often each fires on what is wanted and on what is not, and what would be missed without it.

import type { Hit, Points, Verdict } from '../model/verdict.ts';
import { malwareFloor, malwareGroup } from '../rules/policy.ts';
import type { Role, Rule } from '../rules/rule.ts';
import { isWanted, type Labelled } from './label.ts';

export interface MeasuredMail extends Labelled {
  readonly name: string;
  readonly verdict: Verdict;
}

/** Messages on which a rule fired, and in how many sources. */
export interface Hits {
  readonly mails: number;
  /** Of all that are wanted, or that are not. */
  readonly share: number;
  readonly sources: number;
  /** Messages for which this rule alone makes the difference between delivery and the quarantine. */
  readonly decided: number;
}

export interface RuleMeasure {
  readonly symbol: string;
  readonly group: string;
  readonly score: Points;
  readonly role: Role;
  readonly setBy: string;
  readonly wanted: Hits;
  readonly unwanted: Hits;
  /** Of its hits, were there as much unwanted mail as wanted, those on unwanted (SpamAssassin's S/O); null without a hit. */
  readonly purity: number | null;
  /** The rule that fires on the most of the same messages, as a share of those on which either does; null without any. */
  readonly overlap: { readonly symbol: string; readonly share: number } | null;
  /** The one source of all its hits on wanted mail, of two at least; null where there are several, or fewer hits. */
  readonly onlyWantedSource: string | null;
}

/** A rule fires where it scored, and where it is on trial. */
export const firedOn = ({ hits, shadow = [] }: Verdict): readonly Hit[] => [...hits, ...shadow];

export const isStopped = ({ action }: Verdict): boolean => action === 'quarantine' || action === 'reject';

/** Of every rule that is judged and recorded, in their order. */
export function measureRules(mails: readonly MeasuredMail[], rules: readonly Rule[]): readonly RuleMeasure[] {
  const fired = Map.groupBy(
    mails.flatMap((mail, number) => firedOn(mail.verdict).map(hit => ({ hit, mail, number }))),
    ({ hit }) => hit.symbol,
  );
  const places = new Map(
    [...fired].map(([symbol, of]) => [
      symbol,
      bits(
        of.map(({ number }) => number),
        mails.length,
      ),
    ]),
  );
  const wantedMails = mails.filter(({ label }) => isWanted(label)).length;
  return rules
    .filter(rule => rule.isEnabled && rule.role !== 'component')
    .map(({ symbol, group, score, role, setBy }) => {
      const of = Map.groupBy(fired.get(symbol) ?? [], ({ mail }) => isWanted(mail.label));
      const wanted = hitsOf(of.get(true) ?? [], wantedMails);
      const unwanted = hitsOf(of.get(false) ?? [], mails.length - wantedMails);
      return {
        ...{ symbol, group, score, role, setBy, wanted, unwanted },
        purity: wanted.mails + unwanted.mails === 0 ? null : unwanted.share / (wanted.share + unwanted.share),
        overlap: overlapOf(symbol, places),
        onlyWantedSource: wanted.mails > 1 && wanted.sources === 1 ? (of.get(true)?.[0]?.mail.source ?? null) : null,
      };
    });
}

interface Fired {
  readonly hit: Hit;
  readonly mail: MeasuredMail;
}

function hitsOf(fired: readonly Fired[], total: number): Hits {
  return {
    mails: fired.length,
    share: total === 0 ? 0 : fired.length / total,
    sources: new Set(fired.map(({ mail }) => mail.source)).size,
    decided: fired.filter(({ hit, mail }) => isDecidedBy(hit, mail.verdict)).length,
  };
}

/** Whether `verdict` stops its message, and would not without the points and the floor of `hit`. */
function isDecidedBy(hit: Hit, verdict: Verdict): boolean {
  if (!isStopped(verdict) || !verdict.hits.includes(hit)) return false;
  const malware = verdict.hits.filter(({ group }) => group === malwareGroup);
  const isOnlyMalware = malware.length === 1 && malware[0] === hit;
  const stays = verdict.floors.some(
    ({ action, name }) =>
      (action === 'quarantine' || action === 'reject') &&
      name !== `always:${hit.symbol}` &&
      !(name === malwareFloor && isOnlyMalware),
  );
  return !stays && verdict.score - hit.points < verdict.thresholds.quarantine;
}

function bits(numbers: readonly number[], length: number): Uint32Array {
  const set = new Uint32Array(Math.ceil(length / 32));
  for (const number of numbers) set[number >>> 5] = (set[number >>> 5] ?? 0) | (1 << (number & 31));
  return set;
}

function overlapOf(symbol: string, places: ReadonlyMap<string, Uint32Array>): RuleMeasure['overlap'] {
  const own = places.get(symbol);
  let most: RuleMeasure['overlap'] = null;
  if (own === undefined) return most;
  for (const [other, set] of places) {
    if (other === symbol) continue;
    const share = jaccard(own, set);
    if (share > (most?.share ?? 0)) most = { symbol: other, share };
  }
  return most;
}

function jaccard(a: Uint32Array, b: Uint32Array): number {
  let both = 0;
  let either = 0;
  for (const [i, word] of a.entries()) {
    const other = b[i] ?? 0;
    both += ones(word & other);
    either += ones(word | other);
  }
  return either === 0 ? 0 : both / either;
}

function ones(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
