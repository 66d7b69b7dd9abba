// Finds which of many literals stand in a text, in one pass over it (Aho and Corasick, 1975), by a dense table.

export interface LiteralFinder {
  /** Calls `found` with the number of each literal that stands in `text`; a literal may be named more than once. */
  scan(text: string, found: (literal: number) => void): void;
}

/** `literals` are not empty strings. They and the texts are compared code unit by code unit. */
export function literalFinder(literals: readonly string[]): LiteralFinder {
  const { letters, width } = alphabet(literals);
  const trie = new Trie(width);
  for (const [number, literal] of literals.entries()) {
    trie.add(
      [...Array(literal.length).keys()].map(i => letters[literal.charCodeAt(i)] ?? 0),
      number,
    );
  }
  const { next, ends } = trie.automaton();
  return {
    scan(text, found) {
      let state = 0;
      for (let i = 0; i < text.length; i++) {
        state = next[state * width + (letters[text.charCodeAt(i)] ?? 0)] ?? 0;
        const literalsHere = ends[state];
        if (literalsHere !== undefined) for (const literal of literalsHere) found(literal);
      }
    },
  };
}

/** Code units that occur in literals are numbered from 1; all others are 0. */
function alphabet(literals: readonly string[]): { readonly letters: Uint16Array; readonly width: number } {
  const letters = new Uint16Array(0x10000);
  let width = 1;
  for (const literal of literals) {
    for (let i = 0; i < literal.length; i++) {
      const code = literal.charCodeAt(i);
      if (letters[code] === 0) letters[code] = width++;
    }
  }
  return { letters, width };
}

class Trie {
  readonly #width: number;
  readonly #children: Map<number, number>[] = [new Map()];
  readonly #ends: number[][] = [[]];

  constructor(width: number) {
    this.#width = width;
  }

  add(word: readonly number[], number: number): void {
    let state = 0;
    for (const letter of word) state = this.#child(state, letter);
    this.#ends[state]?.push(number);
  }

  #child(state: number, letter: number): number {
    const known = this.#children[state]?.get(letter);
    if (known !== undefined) return known;
    const child = this.#children.push(new Map()) - 1;
    this.#ends.push([]);
    this.#children[state]?.set(letter, child);
    return child;
  }

  /** Breadth first: a state falls back to the state of its longest proper suffix, whose row is then complete. */
  automaton(): { readonly next: Int32Array; readonly ends: readonly (readonly number[] | undefined)[] } {
    const width = this.#width;
    const next = new Int32Array(this.#children.length * width);
    const fallback = new Int32Array(this.#children.length);
    const queue = [0];
    for (const state of queue) {
      const below = fallback[state] ?? 0;
      if (state !== 0) next.copyWithin(state * width, below * width, (below + 1) * width);
      if (state !== 0) this.#ends[state]?.push(...(this.#ends[below] ?? []));
      for (const [letter, child] of this.#children[state] ?? []) {
        fallback[child] = state === 0 ? 0 : (next[below * width + letter] ?? 0);
        next[state * width + letter] = child;
        queue.push(child);
      }
    }
    return { next, ends: this.#ends.map(numbers => (numbers.length === 0 ? undefined : numbers)) };
  }
}
