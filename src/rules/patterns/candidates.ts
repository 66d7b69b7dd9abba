// Where the patterns of one field may match: by their literals, by what they open with, at the start of a piece, or anywhere.

import { type Clues, cluesOf, maxStarts } from './clues.ts';
import { LiteralFinder } from './literal-finder.ts';
import { type Opening, openingOf } from './opening.ts';
import { OpeningFinder, opensAt } from './opening-finder.ts';
import { type Layout, searchLimits } from './pieces.ts';
import { startsAnchored } from './regex-automaton.ts';
import { ignoresCase, isByLine, parseRegex } from './regex-syntax.ts';

/** Of one pattern in one layout. */
export type Candidates =
  /** Only at these places, in no order, some perhaps twice. */
  | { readonly kind: 'at'; readonly starts: number[] }
  /** In the pieces that hold one of these places, from the first of them on. */
  | { readonly kind: 'from'; readonly starts: number[] }
  /** Anywhere. */
  | { readonly kind: 'anywhere' };

/** What is to be sought, as far as this needs to know it. */
interface Sought {
  readonly source: string;
  readonly flags: string;
}

/** By what the matches of one pattern are found: plain values, which take longer to find out than to use. */
export type Way =
  | { readonly by: 'clues'; readonly clues: Clues; readonly opening: Opening }
  | { readonly by: 'anchor'; readonly opening: Opening }
  | { readonly by: 'nothing' };

/** In tries at one place for each character of ordinary text: clues that cost more are not worth it. */
const costAnywhere = 0.05;
/** More places in one field are no longer tried one by one: a share of its characters, within bounds. */
const placesOf = (characters: number): number => Math.min(2048, Math.max(64, characters >> 4));

const anywhere: Candidates = { kind: 'anywhere' };

/** What a clue says of one pattern. */
interface Use {
  readonly pattern: number;
  /** Of the whole pattern. */
  readonly opening: Opening;
  readonly from: number;
  readonly to: number;
}

export class CandidateFinder {
  readonly #count: number;
  readonly #anywhere: readonly number[];
  readonly #anchored: readonly { readonly pattern: number; readonly opening: Opening }[];
  readonly #literals: LiteralFinder;
  /** By the number of the literal, and of the opening. */
  readonly #literalUses: readonly (readonly Use[])[];
  readonly #openings: OpeningFinder;
  readonly #openingUses: readonly Use[];

  constructor(wayOfEach: readonly Way[]) {
    const ways = wayOfEach.map((way, number) => ({ pattern: number, ...way }));
    this.#count = ways.length;
    this.#anywhere = ways.filter(way => way.by === 'nothing').map(way => way.pattern);
    this.#anchored = ways.flatMap(way => (way.by === 'anchor' ? [way] : []));
    const byClues = ways.flatMap(way => (way.by === 'clues' ? [way] : []));
    const literals = Map.groupBy(
      byClues.flatMap(({ pattern, opening, clues }) => clues.literals.map(clue => ({ pattern, opening, ...clue }))),
      use => use.text,
    );
    this.#literals = new LiteralFinder([...literals.keys()]);
    this.#literalUses = [...literals.values()];
    const openings = byClues.flatMap(({ pattern, opening, clues }) =>
      clues.openings.map(clue => ({ clue: clue.opening, use: { pattern, opening, from: clue.from, to: clue.to } })),
    );
    this.#openings = new OpeningFinder(openings.map(({ clue }) => clue));
    this.#openingUses = openings.map(({ use }) => use);
  }

  /** By the number of the pattern; a pattern without candidates has no match. */
  in(layout: Layout): readonly (Candidates | undefined)[] {
    const book = new Book(this.#count, placesOf(layout.length));
    for (const pattern of this.#anywhere) book.anywhere(pattern);
    for (const { start } of layout.pieces) {
      for (const { pattern, opening } of this.#anchored)
        if (opensAt(opening, layout.letters, start)) book.at(pattern, start);
    }
    this.#literals.scan(layout, (literal, at, pieceStart) => {
      for (const use of this.#literalUses[literal] ?? []) book.note(use, layout, at, pieceStart);
    });
    this.#openings.scan(layout, (opening, at, pieceStart) => {
      const use = this.#openingUses[opening];
      if (use !== undefined) book.note(use, layout, at, pieceStart);
    });
    return book.candidates;
  }
}

class Book {
  readonly #maxPlaces: number;
  readonly candidates: (Candidates | undefined)[];

  constructor(count: number, maxPlaces: number) {
    this.#maxPlaces = maxPlaces;
    this.candidates = new Array<Candidates | undefined>(count).fill(undefined);
  }

  /** A clue of a pattern stands at `at`. */
  note({ pattern, opening, from, to }: Use, { letters }: Layout, at: number, pieceStart: number): void {
    const first = Math.max(pieceStart, at - to);
    // In a string that is cut, what is found so far behind may begin before the piece.
    const isCutOff = to > searchLimits.overlap && at - to < pieceStart;
    if (isCutOff || to - from >= maxStarts) this.#from(pattern, first);
    else
      for (let start = first; start <= at - from; start++)
        if (opensAt(opening, letters, start)) this.at(pattern, start);
  }

  anywhere(pattern: number): void {
    this.candidates[pattern] = anywhere;
  }

  at(pattern: number, start: number): void {
    const known = this.candidates[pattern];
    if (known === undefined) this.candidates[pattern] = { kind: 'at', starts: [start] };
    else this.#add(pattern, known, start);
  }

  #from(pattern: number, start: number): void {
    const known = this.candidates[pattern];
    if (known === undefined) this.candidates[pattern] = { kind: 'from', starts: [start] };
    else if (known.kind === 'at') this.candidates[pattern] = { kind: 'from', starts: [...known.starts, start] };
    else this.#add(pattern, known, start);
  }

  #add(pattern: number, known: Candidates, start: number): void {
    if (known.kind === 'anywhere') return;
    if (known.starts.length === this.#maxPlaces) this.anywhere(pattern);
    else known.starts.push(start);
  }
}

export function wayOf({ source, flags }: Sought): Way {
  const tree = parseRegex(source, flags);
  const options = { isUnicode: flags.includes('u'), ignoresCase: ignoresCase(source, flags) };
  const opening = openingOf([tree], options);
  if (!isByLine(source, flags) && startsAnchored(tree)) return { by: 'anchor', opening };
  const clues = cluesOf(tree, options);
  return clues !== null && clues.cost < costAnywhere ? { by: 'clues', clues, opening } : { by: 'nothing' };
}
