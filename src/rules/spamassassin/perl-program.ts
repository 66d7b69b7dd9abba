// A pattern of Perl's as the instructions of a machine that tries them one after the other (Thompson, 1968): what
// src/rules/spamassassin/perl-search.ts runs.

import type { Ranges } from '../patterns/regex-syntax.ts';
import { anyByte } from './bytes.ts';
import { type Lengths, lengthsOf, nodesIn, partsOf } from './perl-nodes.ts';
import { type Edge, type PerlNode, parsePerlRegex, Untranslatable } from './perl-regex.ts';

/** By byte: 1 for those that are in it. */
export type ByteSet = Uint8Array;

export type Instruction =
  | { readonly op: 'set'; readonly allows: ByteSet }
  /** So many of a set in a row, as many as can be first, or as few. */
  | {
      readonly op: 'run';
      readonly allows: ByteSet;
      readonly min: number;
      readonly max: number;
      readonly isLazy: boolean;
    }
  /** On `inside` where the next byte is one of those that it may begin with, and `behind`: lazily the other way around. */
  | {
      readonly op: 'split';
      readonly inside: number;
      readonly behind: number;
      readonly isLazy: boolean;
      readonly beginnings: ByteSet | null;
    }
  /** On at each of those places in turn that the next byte leaves. */
  | { readonly op: 'choose'; readonly options: Options }
  | { readonly op: 'jump'; readonly to: number }
  | { readonly op: 'edge'; readonly edge: Edge }
  /** Notes the place, of a group's start or end, or of the start of a turn of a loop. */
  | { readonly op: 'note'; readonly slot: number }
  /** On, where something was matched since the place was noted; a loop that stands still goes on `behind` it. */
  | { readonly op: 'moved'; readonly slot: number; readonly behind: number }
  | { readonly op: 'reference'; readonly group: number; readonly ignoresCase: boolean }
  | { readonly op: 'look'; readonly isNegated: boolean; readonly back: Lengths | null; readonly body: Code }
  | { readonly op: 'atomic'; readonly body: Code };

/** At its end it has matched. */
export type Code = readonly Instruction[];

export interface Program {
  readonly code: Code;
  /** Of places that are noted: two for each group, which come first, and one for each loop. */
  readonly slots: number;
  /** Whether a match from one place on depends on nothing before it, so that what failed once need not be tried again. */
  readonly isMemorable: boolean;
  /** Where a match may begin. */
  readonly opening: Opening;
}

export interface Opening {
  /** Which it begins at; null: any place. */
  readonly edge: Edge | null;
  /** Its first byte is one of these; null: it may be empty. */
  readonly bytes: ByteSet | null;
}

/** More instructions than real patterns have, and fewer than would be felt. */
const maxInstructions = 100_000;
/** Perl refuses more in a look-behind. */
const maxBehind = 255;

/** Refuses a pattern that would be too large, without making it. @throws Untranslatable */
export function checkPerlProgram(tree: PerlNode): void {
  if (sizeOf(tree) > maxInstructions) throw new Untranslatable('it is too large: repeat less, or split it');
  for (const { body, opening } of looksIn(tree))
    if (opening.startsWith('?<') && lengthsOf(body).most > maxBehind)
      throw new Untranslatable('a look-behind that is too long: SpamAssassin refuses it');
}

/** @throws Untranslatable */
export function perlProgram(source: string, flags: string): Program {
  const tree = parsePerlRegex(source, flags);
  checkPerlProgram(tree);
  const nodes = nodesIn(tree);
  const groups = nodes.reduce((most, node) => (node.kind === 'capture' ? Math.max(most, node.group) : most), 0);
  const isMemorable = !nodes.some(node => node.kind === 'reference');
  const writer = new Writer(groups, isMemorable);
  const code = writer.codeOf(tree);
  return {
    code,
    slots: isMemorable ? 0 : writer.slots,
    isMemorable,
    opening: { edge: firstEdge(tree), bytes: beginningsOf(tree) },
  };
}

class Writer {
  slots: number;
  readonly #isMemorable: boolean;

  constructor(groups: number, isMemorable: boolean) {
    this.slots = 2 * (groups + 1);
    this.#isMemorable = isMemorable;
  }

  codeOf(node: PerlNode): Code {
    const code: Instruction[] = [];
    this.#write(code, node);
    return code;
  }

  #add(code: Instruction[], instruction: Instruction): number {
    return code.push(instruction) - 1;
  }

  #write(code: Instruction[], node: PerlNode): void {
    switch (node.kind) {
      case 'set':
        this.#add(code, { op: 'set', allows: byteSet(node.ranges) });
        return;
      case 'sequence':
        for (const item of node.items) this.#write(code, item);
        return;
      case 'choice':
        this.#writeChoice(code, node.options);
        return;
      case 'repeat':
        this.#writeRepeat(code, node);
        return;
      case 'capture':
        this.#writeCapture(code, node.group, node.body);
        return;
      case 'atomic':
        this.#add(code, { op: 'atomic', body: this.codeOf(node.body) });
        return;
      case 'look':
        this.#writeLook(code, node.opening, node.body);
        return;
      case 'edge':
        this.#add(code, { op: 'edge', edge: node.edge });
        return;
      case 'reference':
        this.#add(code, { op: 'reference', group: node.group, ignoresCase: node.ignoresCase });
    }
  }

  #writeCapture(code: Instruction[], group: number, body: PerlNode): void {
    // Nobody asks where a group was unless something refers to it.
    if (this.#isMemorable) {
      this.#write(code, body);
      return;
    }
    this.#add(code, { op: 'note', slot: 2 * group });
    this.#write(code, body);
    this.#add(code, { op: 'note', slot: 2 * group + 1 });
  }

  #writeLook(code: Instruction[], opening: string, body: PerlNode): void {
    const back = opening.startsWith('?<') ? lengthsOf(body) : null;
    this.#add(code, { op: 'look', isNegated: opening.endsWith('!'), back, body: this.codeOf(body) });
  }

  #writeChoice(code: Instruction[], options: readonly PerlNode[]): void {
    const choice = this.#hole(code);
    const places: number[] = [];
    const ends: number[] = [];
    for (const option of options) {
      places.push(code.length);
      this.#write(code, option);
      ends.push(this.#hole(code));
    }
    for (const end of ends) code[end] = { op: 'jump', to: code.length };
    code[choice] = { op: 'choose', options: new Options(places, options) };
  }

  /** A place for an instruction that what follows decides. */
  #hole(code: Instruction[]): number {
    return this.#add(code, { op: 'jump', to: 0 });
  }

  #writeRepeat(code: Instruction[], { min, max, isLazy, body }: Extract<PerlNode, { kind: 'repeat' }>): void {
    if (body.kind === 'set' && (max < Number.POSITIVE_INFINITY || min > 1)) {
      const most = max < Number.POSITIVE_INFINITY ? max : min;
      this.#add(code, { op: 'run', allows: byteSet(body.ranges), min, max: most, isLazy });
    } else for (let copy = 0; copy < min; copy++) this.#write(code, body);
    if (max === Number.POSITIVE_INFINITY) this.#writeLoop(code, isLazy, body);
    else if (body.kind !== 'set') this.#writeOptions(code, max - min, isLazy, body);
  }

  #writeOptions(code: Instruction[], count: number, isLazy: boolean, body: PerlNode): void {
    const splits: number[] = [];
    for (let copy = 0; copy < count; copy++) {
      splits.push(this.#hole(code));
      this.#write(code, body);
    }
    for (const split of splits) code[split] = splitOf(split + 1, code.length, isLazy, body);
  }

  #writeLoop(code: Instruction[], isLazy: boolean, body: PerlNode): void {
    const split = this.#hole(code);
    // Where failures are remembered, a loop that stands still comes to what has failed.
    const slot = this.#isMemorable || lengthsOf(body).least > 0 ? null : this.slots++;
    if (slot !== null) this.#add(code, { op: 'note', slot });
    this.#write(code, body);
    if (slot !== null) this.#add(code, { op: 'moved', slot, behind: code.length + 2 });
    this.#add(code, { op: 'jump', to: split });
    code[split] = splitOf(split + 1, code.length, isLazy, body);
  }
}

const splitOf = (inside: number, behind: number, isLazy: boolean, body: PerlNode): Instruction => ({
  op: 'split',
  inside,
  behind,
  isLazy,
  beginnings: beginningsOf(body),
});

/** Null where it may be empty. */
function beginningsOf(node: PerlNode): ByteSet | null {
  const { bytes, mayBeEmpty } = beginningOf(node);
  return mayBeEmpty ? null : byteSet(bytes);
}

/** The places of the options of a choice, by what may follow: worked out when it is first asked for. */
export class Options {
  readonly #places: readonly number[];
  readonly #beginnings: readonly (ByteSet | null)[];
  /** By byte; the last is for the end of the text. */
  readonly #viable: (readonly number[] | undefined)[] = [];

  constructor(places: readonly number[], options: readonly PerlNode[]) {
    this.#places = places;
    this.#beginnings = options.map(beginningsOf);
  }

  /** Those that may go on with `byte`, which is `NaN` at the end of the text. */
  before(byte: number): readonly number[] {
    const row = byte < endOfText ? byte : endOfText;
    const known = this.#viable[row] ?? this.#places.filter((_, i) => this.#mayBegin(i, row));
    this.#viable[row] = known;
    return known;
  }

  #mayBegin(option: number, byte: number): boolean {
    const bytes = this.#beginnings[option] ?? null;
    return bytes === null || bytes[byte] === 1;
  }
}

const endOfText = 256;

const sets = new WeakMap<object, ByteSet>();

export function byteSet(ranges: Ranges): ByteSet {
  const known = sets.get(ranges) ?? new Uint8Array(256);
  for (const [low, high] of sets.has(ranges) ? [] : ranges) known.fill(1, low, high + 1);
  sets.set(ranges, known);
  return known;
}

const looksIn = (tree: PerlNode) => nodesIn(tree).filter(node => node.kind === 'look');

/** About as many instructions as `Writer` writes. */
function sizeOf(node: PerlNode): number {
  const ofParts = partsOf(node).reduce((sum, part) => sum + sizeOf(part), 0);
  switch (node.kind) {
    case 'choice':
      return ofParts + node.options.length + 1;
    case 'repeat':
      if (node.body.kind === 'set') return 4;
      return node.max === Number.POSITIVE_INFINITY ? (node.min + 1) * ofParts + 4 : node.max * (ofParts + 1);
    case 'sequence':
      return ofParts;
    case 'set':
    case 'capture':
    case 'atomic':
    case 'look':
    case 'edge':
    case 'reference':
      return ofParts + 2;
  }
}

interface Beginning {
  readonly bytes: Ranges;
  readonly mayBeEmpty: boolean;
}

const beginnings = new WeakMap<PerlNode, Beginning>();

function beginningOf(node: PerlNode): Beginning {
  const known = beginnings.get(node) ?? beginningOfAnew(node);
  beginnings.set(node, known);
  return known;
}

function beginningOfAnew(node: PerlNode): Beginning {
  switch (node.kind) {
    case 'set':
      return { bytes: node.ranges, mayBeEmpty: false };
    case 'sequence':
      return node.items.reduce<Beginning>((all, item) => (all.mayBeEmpty ? joined(all, beginningOf(item)) : all), {
        bytes: [],
        mayBeEmpty: true,
      });
    case 'choice': {
      const all = node.options.map(beginningOf);
      return { bytes: all.flatMap(({ bytes }) => bytes), mayBeEmpty: all.some(({ mayBeEmpty }) => mayBeEmpty) };
    }
    case 'capture':
    case 'atomic':
      return beginningOf(node.body);
    case 'repeat': {
      const { bytes, mayBeEmpty } = beginningOf(node.body);
      return { bytes, mayBeEmpty: mayBeEmpty || node.min === 0 };
    }
    case 'look':
    case 'edge':
      return { bytes: [], mayBeEmpty: true };
    case 'reference':
      return { bytes: anyByte, mayBeEmpty: true };
  }
}

const joined = (first: Beginning, then: Beginning): Beginning => ({
  bytes: [...first.bytes, ...then.bytes],
  mayBeEmpty: then.mayBeEmpty,
});

function firstEdge(node: PerlNode): Edge | null {
  switch (node.kind) {
    case 'edge':
      return node.edge;
    case 'sequence':
      return node.items[0] === undefined ? null : firstEdge(node.items[0]);
    case 'choice': {
      const [first = null, ...others] = node.options.map(firstEdge);
      return others.every(edge => edge === first) ? first : null;
    }
    case 'capture':
    case 'atomic':
      return firstEdge(node.body);
    case 'set':
    case 'repeat':
    case 'look':
    case 'reference':
      return null;
  }
}
