// The automaton of positions of a regular expression (Glushkov, 1961): a state for each set of characters in it, and every
// loop a cycle. Assertions are left out, which only adds to what it accepts.

import { anything, intersection, merged, type Ranges, type RegexNode } from './regex-syntax.ts';

/** Copies of a repeated part are written out up to this many positions, optional ones; more make a loop. */
const maxOptionalCopies = 16;
const maxFixedCopies = 64;
/** Or, of a part that is repeated a few times only, up to so many. */
const fewTimes = 12;
const maxFewCopies = 600;
/** Building stops here: what is larger is refused unseen. */
export const maxPositions = 10_000;

/** A loop or an optional part. */
export interface Variation {
  /** A stretch: variations are nested or apart. */
  readonly positions: readonly number[];
  /** All characters of its positions. */
  readonly set: Ranges;
  readonly ways: number;
}

interface Fragment {
  readonly nullable: boolean;
  readonly first: readonly number[];
  readonly last: readonly number[];
}

/** The positions of each loop. */
export type Cycles = readonly (readonly number[])[];

const emptyFragment: Fragment = { nullable: true, first: [], last: [] };

export interface AutomatonOptions {
  readonly flags: string;
  readonly pieceLength: number;
  /** Whether what is repeated a few times is written out: then no loop, and larger. */
  readonly writesOutFew: boolean;
}

export class Automaton {
  readonly sets: Ranges[] = [];
  /** Successors of each position; one that is reached in two ways is listed twice. */
  readonly follow: number[][] = [];
  /** The parts of the expression that can match one text in more than one way. */
  readonly variations: Variation[] = [];
  readonly isAnchored: boolean;
  readonly #ignoresCase: boolean;
  /** By the sets of the expression: of a part that is written out several times each is made once. */
  readonly #cased = new Map<Ranges, Ranges>();
  readonly #pieceLength: number;
  readonly #writesOutFew: boolean;

  constructor(tree: RegexNode, options: AutomatonOptions) {
    this.#ignoresCase = options.flags.includes('i');
    this.#pieceLength = options.pieceLength;
    this.#writesOutFew = options.writesOutFew;
    this.isAnchored = !options.flags.includes('m') && startsAnchored(tree);
    this.#build(tree);
  }

  setOf(positions: readonly number[]): Ranges {
    return merged([...new Set(positions.map(p => this.sets[p] ?? []))].flat());
  }

  get size(): number {
    return this.sets.length;
  }

  #build(node: RegexNode): Fragment {
    if (this.size > maxPositions) return emptyFragment;
    switch (node.kind) {
      case 'set':
        return this.#position(node.ranges);
      case 'sequence':
        return node.items.reduce<Fragment>((left, item) => this.#joined(left, this.#build(item)), emptyFragment);
      case 'choice':
        return either(node.options.map(option => this.#build(option)));
      case 'repeat':
        return this.#repeat(node.min, node.max, node.body);
      case 'reference':
        // What a group matched: not known here, so any text at all, but there in one way only.
        return this.#loop({ kind: 'set', ranges: anything }, 0, Number.POSITIVE_INFINITY, 1);
      case 'look':
      case 'edge':
        return emptyFragment;
    }
  }

  #position(ranges: Ranges): Fragment {
    const known = this.#cased.get(ranges);
    const set = known ?? merged(this.#ignoresCase ? withCases(ranges) : ranges);
    if (known === undefined) this.#cased.set(ranges, set);
    const position = this.sets.push(set) - 1;
    this.follow.push([]);
    return { nullable: false, first: [position], last: [position] };
  }

  #joined(left: Fragment, right: Fragment): Fragment {
    for (const from of left.last) this.follow[from]?.push(...right.first);
    return {
      nullable: left.nullable && right.nullable,
      first: left.nullable ? [...left.first, ...right.first] : left.first,
      last: right.nullable ? [...left.last, ...right.last] : right.last,
    };
  }

  #repeat(min: number, max: number, body: RegexNode): Fragment {
    if (max === 0) return emptyFragment;
    const positions = max * positionsOf(body);
    const isWrittenOut =
      (this.#writesOutFew && max <= fewTimes && positions <= maxFewCopies) ||
      (hasFixedLength(body) && min === max ? positions <= maxFixedCopies : positions <= maxOptionalCopies);
    return max === 1 || isWrittenOut ? this.#copies(min, max, body) : this.#loop(body, min, max);
  }

  /** `x{2,4}` is written out as `xx(?:x(?:x)?)?`, which matches each text in one way, as the engine does. */
  #copies(min: number, max: number, body: RegexNode): Fragment {
    const start = this.size;
    const copies = Array.from({ length: max }, () => this.#build(body));
    const optional = copies
      .slice(min)
      .reduceRight((tail, copy) => ({ ...this.#joined(copy, tail), nullable: true }), emptyFragment);
    this.#varies(start, max - min + 1);
    return this.#joined(
      copies.slice(0, min).reduce((all, copy) => this.#joined(all, copy), emptyFragment),
      optional,
    );
  }

  /** Notes that the part from `start` on can end, or be gone through, in so many ways. */
  #varies(start: number, ways: number): void {
    if (ways <= 1) return;
    const positions = Array.from({ length: this.size - start }, (_, i) => start + i);
    this.variations.push({ positions, set: this.setOf(positions), ways });
  }

  #loop(body: RegexNode, min: number, max: number, ways = Math.min(max, this.#pieceLength)): Fragment {
    const start = this.size;
    const fragment = this.#build(body);
    for (const from of fragment.last) this.follow[from]?.push(...fragment.first);
    this.#varies(start, ways);
    return { ...fragment, nullable: min === 0 || fragment.nullable };
  }
}

function either(options: readonly Fragment[]): Fragment {
  return {
    nullable: options.some(option => option.nullable),
    first: options.flatMap(option => option.first),
    last: options.flatMap(option => option.last),
  };
}

/** Whether every match starts where the text does, where `^` means that. */
export function startsAnchored(node: RegexNode): boolean {
  if (node.kind === 'edge') return node.at === 'start';
  if (node.kind === 'sequence') return node.items[0] !== undefined && startsAnchored(node.items[0]);
  return node.kind === 'choice' && node.options.every(startsAnchored);
}

/** Positions that a node takes, each optional copy counted; infinite where it loops. */
function positionsOf(node: RegexNode): number {
  switch (node.kind) {
    case 'set':
      return 1;
    case 'sequence':
      return node.items.reduce((sum, item) => sum + positionsOf(item), 0);
    case 'choice':
      return node.options.reduce((sum, option) => sum + positionsOf(option), 0);
    case 'repeat':
      return node.max === 0 ? 0 : node.max * positionsOf(node.body);
    case 'look':
    case 'edge':
      return 0;
    case 'reference':
      return 1;
  }
}

function hasFixedLength(node: RegexNode): boolean {
  switch (node.kind) {
    case 'sequence':
      return node.items.every(hasFixedLength);
    case 'choice':
      return node.options.every(
        option => hasFixedLength(option) && positionsOf(option) === positionsOf(node.options[0] ?? option),
      );
    case 'repeat':
      return node.min === node.max && hasFixedLength(node.body);
    case 'reference':
      return false;
    case 'set':
    case 'look':
    case 'edge':
      return true;
  }
}

/** A range with the other cases of its characters; beyond ASCII only small ranges, as larger ones hold both already. */
function withCases(ranges: Ranges): Ranges {
  const [only] = ranges;
  // Most are one letter or sign of ASCII.
  if (ranges.length === 1 && only !== undefined && only[0] === only[1] && only[0] < 128) return casesOfAscii(only[0]);
  return ranges.flatMap(([low, high]) => {
    const all: (readonly [number, number])[] = [[low, high]];
    for (const [from, to, shift] of [
      [65, 90, 32],
      [97, 122, -32],
    ] as const) {
      for (const [a, b] of intersection([[low, high]], [[from, to]])) all.push([a + shift, b + shift]);
    }
    for (let code = Math.max(low, 128); high - low < 64 && code <= high; code++) all.push(...casesOf(code));
    return all;
  });
}

function casesOfAscii(code: number): Ranges {
  const small = code | 32;
  if (small < 97 || small > 122) return [[code, code]];
  return [
    [small - 32, small - 32],
    [small, small],
  ];
}

function casesOf(code: number): Ranges {
  const character = String.fromCodePoint(code);
  return [character.toLowerCase(), character.toUpperCase()].map(text => {
    const other = text.codePointAt(0) ?? code;
    return [other, other];
  });
}

/** The strongly connected components of the automaton that hold a cycle (Tarjan, 1972). */
export function cyclesOf(automaton: Automaton): Cycles {
  const cycles: number[][] = [];
  const order = new Map<number, number>();
  const stack: number[] = [];
  const onStack = new Set<number>();
  const visit = (p: number): number => {
    let low = order.size;
    order.set(p, low);
    stack.push(p);
    onStack.add(p);
    for (const q of automaton.follow[p] ?? []) {
      const seen = order.get(q);
      if (seen === undefined) low = Math.min(low, visit(q));
      else if (onStack.has(q)) low = Math.min(low, seen);
    }
    if (low === order.get(p)) {
      const component = stack.splice(stack.lastIndexOf(p));
      for (const q of component) onStack.delete(q);
      if (component.length > 1 || automaton.follow[p]?.includes(p)) cycles.push(component);
    }
    return low;
  };
  for (let p = 0; p < automaton.size; p++) if (!order.has(p)) visit(p);
  return cycles;
}
