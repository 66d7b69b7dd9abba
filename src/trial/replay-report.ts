// What a replay found: how much stays, what flips from where to where, for whom, by which symbols, and what cannot be told.

import type { EpochMs } from '../model/clock.ts';
import type { Id } from '../model/ids.ts';
import { type Action, actions, type Points } from '../model/verdict.ts';
import type { LedgerLine, LineGroup } from '../store/ledger-line.ts';
import { type Flip, Flips, isStricter } from './flips.ts';
import type { Judged } from './judging.ts';

export interface Known {
  /** What it was told from: what was said then, the hits or the facts on record, or the texts or bytes that were kept. */
  readonly by: 'record' | 'hits' | 'facts' | 'texts' | 'bytes';
  readonly action: Action;
  readonly judged: Judged;
}

/** Why nothing can be said: patterns that nobody sought in it, a profile that is no more, a record deleted meanwhile. */
const unknownReasons = ['patterns', 'profile', 'pruned'] as const;
export type UnknownReason = (typeof unknownReasons)[number];

export type Answer = Known | { readonly unknown: UnknownReason };

/** The verdict for one policy group of a message, on both sides. */
export interface Compared {
  readonly group: LineGroup;
  readonly before: Answer;
  readonly after: Answer;
}

/** Verdicts of one profile or domain. */
export interface Share {
  readonly name: string;
  readonly verdicts: number;
  readonly milder: number;
  readonly stricter: number;
  readonly unknown: number;
}

export interface NamedFlip {
  readonly id: Id;
  readonly at: EpochMs;
  readonly reversePath: string;
  readonly domains: readonly string[];
  readonly profile: string;
  readonly from: Action;
  readonly to: Action;
  readonly scoreBefore: Points;
  readonly scoreAfter: Points;
  /** Symbols whose points differ, those that moved it most first; 0 where it did not fire. */
  readonly moved: readonly { readonly symbol: string; readonly before: Points; readonly after: Points }[];
}

export interface Totals {
  readonly messages: number;
  /** One for each message and policy group of its recipients; what follows counts these. */
  readonly verdicts: number;
  readonly unchanged: number;
  readonly flipped: number;
  readonly unknown: Readonly<Record<UnknownReason, number>>;
  /** From what the changed side was told. */
  readonly told: Readonly<Record<'hits' | 'facts' | 'texts' | 'bytes', number>>;
  /** How many stand where, of those that are known. */
  readonly actions: readonly { readonly action: Action; readonly before: number; readonly after: number }[];
  readonly flips: readonly Flip[];
  readonly profiles: readonly Share[];
  /** Of the recipients, those with the most flips first; a verdict for several domains counts in each. */
  readonly domains: readonly Share[];
  /** How many domains are left out above. */
  readonly otherDomains: number;
  /** In how many of the flips each symbol had other points, the most first. */
  readonly symbols: readonly { readonly symbol: string; readonly verdicts: number }[];
  /** The first that flip, oldest first. */
  readonly named: readonly NamedFlip[];
}

export interface ReplayReport extends Totals {
  readonly since: EpochMs;
  readonly before: EpochMs;
  readonly baseline: 'in_force' | 'recorded';
}

/** A report is for people: beyond so many domains or symbols it says how many more there are. */
const shownDomains = 100;
const shownSymbols = 50;

type Counts = { verdicts: number; milder: number; stricter: number; unknown: number };

export class Tally {
  readonly #toName: number;
  #messages = 0;
  #verdicts = 0;
  #unchanged = 0;
  readonly #unknown = new Counter<UnknownReason>();
  readonly #told = new Counter<Known['by']>();
  readonly #before = new Counter<Action>();
  readonly #after = new Counter<Action>();
  readonly #flips = new Flips();
  readonly #symbols = new Counter<string>();
  readonly #profiles = new Map<string, Counts>();
  readonly #domains = new Map<string, Counts>();
  readonly #named: NamedFlip[] = [];

  constructor(toName: number) {
    this.#toName = toName;
  }

  message(line: LedgerLine, compared: readonly Compared[]): void {
    this.#messages += 1;
    for (const { group, before, after } of compared) {
      this.#verdicts += 1;
      if ('unknown' in after) this.#leave(group, after.unknown);
      else if ('unknown' in before) this.#leave(group, before.unknown);
      else this.#compare(line, group, before, after);
    }
  }

  #leave(group: LineGroup, why: UnknownReason): void {
    this.#unknown.add(why);
    this.#share(group, 'unknown');
  }

  #compare(line: LedgerLine, group: LineGroup, before: Known, after: Known): void {
    this.#told.add(after.by);
    this.#before.add(before.action);
    this.#after.add(after.action);
    if (before.action === after.action) {
      this.#unchanged += 1;
      this.#share(group, null);
      return;
    }
    this.#share(group, isStricter(after.action, before.action) ? 'stricter' : 'milder');
    this.#flips.add(before.action, after.action);
    const moved = movedBetween(before.judged, after.judged);
    for (const { symbol } of moved) this.#symbols.add(symbol);
    if (this.#named.length < this.#toName) this.#named.push(namedFlip(line, group, before, after, moved));
  }

  #share({ profile, domains }: LineGroup, way: 'milder' | 'stricter' | 'unknown' | null): void {
    const count = (of: Map<string, Counts>, name: string): void => {
      const counts = of.get(name) ?? { verdicts: 0, milder: 0, stricter: 0, unknown: 0 };
      of.set(name, counts);
      counts.verdicts += 1;
      if (way !== null) counts[way] += 1;
    };
    count(this.#profiles, profile);
    for (const domain of domains) count(this.#domains, domain);
  }

  report(): Totals {
    const domains = shares(this.#domains);
    return {
      messages: this.#messages,
      verdicts: this.#verdicts,
      unchanged: this.#unchanged,
      flipped: this.#flips.total,
      unknown: {
        patterns: this.#unknown.of('patterns'),
        profile: this.#unknown.of('profile'),
        pruned: this.#unknown.of('pruned'),
      },
      told: {
        hits: this.#told.of('hits'),
        facts: this.#told.of('facts'),
        texts: this.#told.of('texts'),
        bytes: this.#told.of('bytes'),
      },
      actions: actions.map(action => ({ action, before: this.#before.of(action), after: this.#after.of(action) })),
      flips: this.#flips.list(),
      profiles: shares(this.#profiles),
      domains: domains.slice(0, shownDomains),
      otherDomains: Math.max(0, domains.length - shownDomains),
      symbols: this.#symbols.most(shownSymbols).map(([symbol, verdicts]) => ({ symbol, verdicts })),
      named: this.#named,
    };
  }
}

class Counter<K extends string> {
  readonly #counts = new Map<K, number>();

  add(key: K): void {
    this.#counts.set(key, this.of(key) + 1);
  }

  of(key: K): number {
    return this.#counts.get(key) ?? 0;
  }

  /** The largest first; equals by name. */
  most(limit: number): readonly (readonly [K, number])[] {
    return [...this.#counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, limit);
  }
}

/** Those with the most flips first; equals by size, then by name. */
function shares(counts: ReadonlyMap<string, Counts>): readonly Share[] {
  const flips = ({ milder, stricter }: Share): number => milder + stricter;
  return [...counts]
    .map(([name, of]) => ({ name, ...of }))
    .sort((a, b) => flips(b) - flips(a) || b.verdicts - a.verdicts || (a.name < b.name ? -1 : 1));
}

function namedFlip(
  { id, at, reversePath }: LedgerLine,
  { domains, profile }: LineGroup,
  before: Known,
  after: Known,
  moved: NamedFlip['moved'],
): NamedFlip {
  const [scoreBefore, scoreAfter] = [before.judged.score, after.judged.score];
  return {
    id,
    at,
    reversePath,
    domains,
    profile,
    from: before.action,
    to: after.action,
    scoreBefore,
    scoreAfter,
    moved,
  };
}

function movedBetween(before: Judged, after: Judged): NamedFlip['moved'] {
  const [was, is] = [before, after].map(({ hits }) => new Map(hits.map(({ symbol, points }) => [symbol, points])));
  return [...new Set([...(was?.keys() ?? []), ...(is?.keys() ?? [])])]
    .map(symbol => ({ symbol, before: was?.get(symbol) ?? 0, after: is?.get(symbol) ?? 0 }))
    .filter(({ before: from, after: to }) => from !== to)
    .sort((a, b) => Math.abs(b.after - b.before) - Math.abs(a.after - a.before) || (a.symbol < b.symbol ? -1 : 1));
}
