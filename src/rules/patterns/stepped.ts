// A pattern of SpamAssassin's in whole strings, step by step: where V8 could take too long, or would see no more than pieces.

import { type Program, perlProgram } from '../spamassassin/perl-program.ts';
import { type PerlMatch, PerlSearch } from '../spamassassin/perl-search.ts';
import type { Candidates } from './candidates.ts';
import { type Cut, type Piece, Pointer, searchLimits } from './pieces.ts';

export interface SteppedPattern {
  /** As Perl has it; what it reads are bytes. */
  readonly source: string;
  readonly flags: string;
  /** In which strings: in all, or in those that V8 is given in pieces. */
  readonly where: 'everywhere' | 'longStrings';
}

/** A whole string, and where in it a match may begin; null: anywhere. */
export interface OwnString {
  readonly text: string;
  readonly places: readonly number[] | null;
}

export interface Divided {
  readonly others: Candidates;
  readonly own: readonly OwnString[];
}

export class Stepped {
  readonly #pattern: SteppedPattern;
  /** Few are ever run. */
  #program: Program | undefined;

  constructor(pattern: SteppedPattern) {
    this.#pattern = pattern;
  }

  get isAlways(): boolean {
    return this.#pattern.where === 'everywhere';
  }

  /** `candidates` in those strings that are not for this, and what it is to look at itself. */
  divided({ pieces, strings }: Cut, candidates: Candidates): Divided {
    if (this.#pattern.where === 'longStrings' && !strings.some(isLong)) return { others: candidates, own: [] };
    const isOwn = (piece: Piece) => this.#pattern.where === 'everywhere' || isLong(strings[piece.string]);
    const starts =
      candidates.kind === 'anywhere' ? pieces.map(piece => piece.start) : candidates.starts.toSorted(ascending);
    const where = new Pointer(pieces);
    const others: number[] = [];
    const places = new Map<number, Set<number>>();
    for (const start of starts) {
      const piece = where.pieceOf(start);
      if (!isOwn(piece)) others.push(start);
      else places.set(piece.string, (places.get(piece.string) ?? new Set()).add(piece.at + start - piece.start));
    }
    const isExact = candidates.kind === 'at';
    const own = [...places].map(([string, at]) => ({
      text: strings[string] ?? '',
      places: isExact ? [...at].sort(ascending) : null,
    }));
    return { others: { kind: isExact ? 'at' : 'from', starts: others }, own };
  }

  /** The matches in a string, none over another; the last thing said is `overran` where `isOver` said so before all was seen. */
  *matches({ text, places }: OwnString, isOver: () => boolean): Generator<PerlMatch | 'overran'> {
    this.#program ??= perlProgram(this.#pattern.source, this.#pattern.flags);
    const search = new PerlSearch(this.#program, text, isOver);
    let match = search.next(0, places);
    while (match !== null) {
      yield match;
      if (match === 'overran') return;
      match = search.next(Math.max(match.end, match.start + 1), places);
    }
  }
}

const ascending = (a: number, b: number): number => a - b;
const isLong = (string: string | undefined): boolean => (string?.length ?? 0) > searchLimits.piece;
