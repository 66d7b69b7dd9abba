// One regular expression, run at its candidate places or over whole pieces, until its first match, its last that counts, or
// the end of its time.

import type { TextField } from '../../model/evidence.ts';
import { visible } from '../visible.ts';
import type { Candidates } from './candidates.ts';
import { type Cut, type Piece, Pointer, searchLimits } from './pieces.ts';
import { type OwnString, Stepped, type SteppedPattern } from './stepped.ts';

export interface Found {
  readonly saw: string;
  /** Left out: the first was enough. */
  readonly count?: number;
}

interface Spec {
  readonly field: TextField;
  readonly source: string;
  readonly flags: string;
  readonly maxHits?: number;
  readonly stepped?: SteppedPattern;
}

/** Characters that may be run over before the clock is looked at; a try at one place counts as so many. */
const charactersALook = 4096;
const charactersATry = 256;

export class Expression {
  /** Of V8's, one that matches at a place only, and one that goes on from there. They live as long as this: V8 compiles what was used. */
  readonly #atPlace: RegExp;
  readonly #onwards: RegExp;
  readonly #maxHits: number | undefined;
  readonly #isBytes: boolean;
  readonly #stepped: Stepped | null;

  /** @throws SyntaxError */
  constructor({ field, source, flags, maxHits, stepped }: Spec) {
    this.#atPlace = new RegExp(source, `${flags}y`);
    this.#onwards = new RegExp(source, `${flags}g`);
    this.#maxHits = maxHits;
    this.#isBytes = field.startsWith('sa:');
    this.#stepped = stepped === undefined ? null : new Stepped(stepped);
  }

  /** Whether it may take much longer than others, under the clock. */
  get isSlow(): boolean {
    return this.#stepped?.isAlways === true;
  }

  /** What was found, or null; `overran` when `isOver` said so before all was seen. */
  seek(cut: Cut, candidates: Candidates, isOver: () => boolean): Found | 'overran' | null {
    const tally = new Tally(this.#maxHits ?? 1);
    const { others, own } = this.#stepped?.divided(cut, candidates) ?? { others: candidates, own: [] };
    const isWhole = this.#walk(cut.pieces, others, tally, isOver) && this.#step(own, tally, isOver);
    // What was counted before the time was over is not the count.
    if (!isWhole) return 'overran';
    if (tally.saw === null) return null;
    // SpamAssassin's views are bytes; what people read of them is UTF-8.
    const saw = this.#isBytes ? Buffer.from(tally.saw, 'latin1').toString('utf8') : tally.saw;
    return {
      saw: visible(saw, searchLimits.saw),
      ...(this.#maxHits === undefined ? {} : { count: tally.count }),
    };
  }

  #step(strings: readonly OwnString[], tally: Tally, isOver: () => boolean): boolean {
    for (const string of strings) {
      if (tally.isFull) return true;
      for (const match of this.#stepped?.matches(string, isOver) ?? []) {
        if (match === 'overran') return false;
        if (tally.isFullWith(string.text.slice(match.start, match.end))) break;
      }
    }
    return true;
  }

  #walk(pieces: readonly Piece[], candidates: Candidates, tally: Tally, isOver: () => boolean): boolean {
    switch (candidates.kind) {
      case 'at':
        return this.#tryAt(pieces, ascending(candidates.starts), tally, isOver);
      case 'from':
        return this.#runFrom(pieces, ascending(candidates.starts), tally, isOver);
      case 'anywhere':
        return this.#runFrom(
          pieces,
          pieces.map(piece => piece.start),
          tally,
          isOver,
        );
    }
  }

  #tryAt(pieces: readonly Piece[], starts: readonly number[], tally: Tally, isOver: () => boolean): boolean {
    let untilLook = 0;
    const where = new Pointer(pieces);
    for (const start of starts) {
      if (untilLook <= 0 && isOver()) return false;
      untilLook = untilLook <= 0 ? charactersALook : untilLook - charactersATry;
      const piece = where.pieceOf(start);
      const place = start - piece.start;
      if (place + piece.at < tally.freeFrom(piece)) continue;
      this.#atPlace.lastIndex = place;
      const match = this.#atPlace.exec(piece.text);
      if (match !== null && tally.isFullAt(piece, match)) return true;
    }
    return true;
  }

  #runFrom(pieces: readonly Piece[], starts: readonly number[], tally: Tally, isOver: () => boolean): boolean {
    let untilLook = 0;
    let last: Piece | null = null;
    const where = new Pointer(pieces);
    for (const start of starts) {
      const piece = where.pieceOf(start);
      if (piece === last) continue;
      last = piece;
      if (untilLook <= 0 && isOver()) return false;
      untilLook = untilLook <= 0 ? charactersALook : untilLook - piece.text.length;
      this.#onwards.lastIndex = Math.max(start - piece.start, tally.freeFrom(piece) - piece.at);
      for (let match = this.#onwards.exec(piece.text); match !== null; match = this.#onwards.exec(piece.text)) {
        if (tally.isFullAt(piece, match)) return true;
        if (match[0] === '') this.#onwards.lastIndex += 1;
      }
    }
    return true;
  }
}

/** Without those that are there twice. */
const ascending = (starts: readonly number[]): readonly number[] => [...new Set(starts)].sort((a, b) => a - b);

/** Matches of one expression, none over another, each string's own. */
class Tally {
  readonly #most: number;
  #string = -1;
  #end = 0;
  saw: string | null = null;
  count = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** From where in its string a match counts in `piece`: what the piece before had of it is counted. */
  freeFrom(piece: Piece): number {
    return piece.string === this.#string ? this.#end : 0;
  }

  get isFull(): boolean {
    return this.count >= this.#most;
  }

  isFullAt(piece: Piece, match: RegExpExecArray): boolean {
    this.#string = piece.string;
    this.#end = piece.at + match.index + Math.max(1, match[0].length);
    return this.isFullWith(match[0]);
  }

  isFullWith(saw: string): boolean {
    this.saw ??= saw;
    this.count += 1;
    return this.isFull;
  }
}
