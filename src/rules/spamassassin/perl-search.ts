// Runs a pattern of Perl's over a text step by step, and looks at the clock meanwhile: for what V8 could not be stopped in. What
// failed from one place on is remembered, so that a pattern without references takes a time that grows with the text and
// not with the ways through it (as RE2's bit state has it; Davis and others, 2021).

import { posixClasses } from './bytes.ts';
import { type ByteSet, byteSet, type Code, type Instruction, type Options, type Program } from './perl-program.ts';
import type { Edge } from './perl-regex.ts';

export interface PerlMatch {
  readonly start: number;
  readonly end: number;
}

/** Instead of a place: the way ends here; the time is over. */
const failed = -1;
const stopped = -2;
/** Instead of the last place of a run, and of an instruction. */
const none = -1;

/** Steps between two looks at the clock, and bytes of memory that take the time of a step. */
const stepsALook = 4096;
const bytesAStep = 256;
/** Bytes that say what has failed in one text. Beyond these a search gives up, as if its time were over. */
const maxRemembered = 2 ** 24;

/** The search of one program in one text, whose characters are bytes. */
export class PerlSearch {
  readonly #program: Program;
  readonly #text: string;
  readonly #isOver: () => boolean;
  readonly #slots: Int32Array;
  readonly #memory: Memory;
  /** Of what stands in look-aheads and atomic groups. */
  readonly #memories = new Map<Code, Memory>();
  /** What is still to be tried, by threes: instruction, place, last place of a run; or what a slot held, to be put back. */
  readonly #ways: number[] = [];
  #remembered = 0;
  #untilLook = stepsALook;

  constructor(program: Program, text: string, isOver: () => boolean) {
    this.#program = program;
    this.#text = text;
    this.#isOver = isOver;
    this.#slots = new Int32Array(program.slots);
    this.#memory = this.#newMemory();
  }

  /** The first match that begins at `from` or later, at one of `places` where they are known; null where there is none. */
  next(from: number, places: readonly number[] | null = null): PerlMatch | 'overran' | null {
    const { code, opening } = this.#program;
    const last = places === null ? (opening.edge === 'start' ? 0 : this.#text.length) : places.length - 1;
    for (let i = places === null ? from : 0; i <= last; i++) {
      const start = places === null ? i : (places[i] ?? 0);
      if (start < from || !this.#mayBeginAt(start)) continue;
      if (this.#slots.length > 0) this.#slots.fill(none);
      const end = this.#run(code, start, none);
      if (end === stopped) return 'overran';
      if (end !== failed) return { start, end };
    }
    return null;
  }

  #mayBeginAt(start: number): boolean {
    const { edge, bytes } = this.#program.opening;
    if (bytes !== null && bytes[this.#text.charCodeAt(start)] !== 1) return false;
    return edge === null || isAtEdge(edge, this.#text, start);
  }

  /** Where `code` ends that begins at `start`, the first way of all; at `goal`, where one is given. */
  #run(code: Code, start: number, goal: number): number {
    const memory = goal === none ? this.#memoryOf(code) : null;
    const base = this.#ways.length;
    let pc = 0;
    let at = start;
    for (;;) {
      if (--this.#untilLook <= 0 && this.#isTimeOver()) at = stopped;
      const instruction = at === stopped ? undefined : code[pc];
      if (instruction === undefined) {
        if (at === stopped || goal === none || at === goal) return this.#leave(base, at, memory);
        at = failed;
      } else if (memory?.hasFailed(instruction, pc, at) === true) at = failed;
      else if (instruction.op === 'jump') pc = instruction.to;
      else if (instruction.op === 'moved') pc = this.#slots[instruction.slot] === at ? instruction.behind : pc + 1;
      else if (instruction.op === 'split') pc = this.#fork(instruction, at);
      else if (instruction.op === 'choose') {
        pc = this.#choose(instruction.options, at);
        if (pc === none) at = failed;
      } else at = this.#step(instruction, pc++, at);
      if (at !== failed) continue;
      if (!this.#putBack(base)) return failed;
      [pc, at] = this.#nextWay(code);
    }
  }

  #fork({ inside, behind, isLazy, beginnings }: Extract<Instruction, { op: 'split' }>, at: number): number {
    if (beginnings !== null && beginnings[this.#text.charCodeAt(at)] !== 1) return behind;
    this.#ways.push(isLazy ? inside : behind, at, none);
    return isLazy ? behind : inside;
  }

  #choose(options: Options, at: number): number {
    const places = options.before(this.#text.charCodeAt(at));
    for (let i = places.length - 1; i > 0; i--) this.#ways.push(places[i] ?? 0, at, none);
    return places[0] ?? none;
  }

  #isTimeOver(): boolean {
    this.#untilLook = stepsALook;
    return this.#isOver() || this.#remembered > maxRemembered;
  }

  /** What failed on the ways that were taken is true for as long as none led on: after a match it begins anew. */
  #leave(base: number, at: number, memory: Memory | null): number {
    if (memory !== null) this.#untilLook -= memory.clear() / bytesAStep;
    // What slots held stays, to be put back: as many notes as the text has characters.
    let end = base;
    for (let way = base; way < this.#ways.length; way += 3) {
      if ((this.#ways[way] ?? 0) >= 0) continue;
      this.#ways.copyWithin(end, way, way + 3);
      end += 3;
    }
    this.#ways.length = end;
    return at;
  }

  /** Slots as they were at the last way that is open; false where none is. */
  #putBack(base: number): boolean {
    while (this.#ways.length > base && (this.#ways.at(-3) ?? 0) < 0) {
      const [slot = 0, held = none] = this.#ways.splice(-3);
      this.#slots[-1 - slot] = held;
    }
    return this.#ways.length > base;
  }

  #nextWay(code: Code): readonly [pc: number, at: number] {
    const last = this.#ways.pop() ?? none;
    const at = this.#ways.pop() ?? 0;
    const pc = this.#ways.pop() ?? 0;
    if (last === none) return [pc, at];
    const instruction = code[pc];
    const isLazy = instruction?.op === 'run' && instruction.isLazy;
    if (at !== last) this.#ways.push(pc, isLazy ? at + 1 : at - 1, last);
    return [pc + 1, at];
  }

  /** Where the next instruction is tried. */
  #step(
    instruction: Exclude<Instruction, { op: 'split' | 'choose' | 'jump' | 'moved' }>,
    pc: number,
    at: number,
  ): number {
    switch (instruction.op) {
      case 'set':
        return instruction.allows[this.#text.charCodeAt(at)] === 1 ? at + 1 : failed;
      case 'run':
        return this.#runOf(instruction, pc, at);
      case 'edge':
        return isAtEdge(instruction.edge, this.#text, at) ? at : failed;
      case 'note':
        this.#ways.push(-1 - instruction.slot, this.#slots[instruction.slot] ?? none, none);
        this.#slots[instruction.slot] = at;
        return at;
      case 'reference':
        return this.#again(instruction.group, instruction.ignoresCase, at);
      case 'atomic':
        return this.#run(instruction.body, at, none);
      case 'look': {
        const found = this.#look(instruction, at);
        return found === stopped ? stopped : (found !== failed) === instruction.isNegated ? failed : at;
      }
    }
  }

  #runOf({ allows, min, max, isLazy }: Extract<Instruction, { op: 'run' }>, pc: number, at: number): number {
    const most = at + runLength(this.#text, at, allows, max);
    const least = at + min;
    this.#untilLook -= most - at;
    if (most < least) return failed;
    if (most > least) this.#ways.push(pc, isLazy ? least + 1 : most - 1, isLazy ? most : least);
    return isLazy ? least : most;
  }

  #again(group: number, ignoresCase: boolean, at: number): number {
    const start = this.#slots[2 * group] ?? none;
    const end = this.#slots[2 * group + 1] ?? none;
    // Perl: what has matched nothing yet fails, unlike what has matched the empty text.
    if (start === none || end < start) return failed;
    const said = this.#text.slice(start, end);
    const here = this.#text.slice(at, at + said.length);
    this.#untilLook -= said.length;
    const isSame = ignoresCase ? here.toLowerCase() === said.toLowerCase() : here === said;
    return isSame ? at + said.length : failed;
  }

  #look({ back, body }: Extract<Instruction, { op: 'look' }>, at: number): number {
    if (back === null) return this.#run(body, at, none);
    for (let length = back.least; length <= Math.min(back.most, at); length++) {
      const found = this.#run(body, at - length, at);
      if (found !== failed) return found;
    }
    return failed;
  }

  #memoryOf(code: Code): Memory | null {
    if (!this.#program.isMemorable) return null;
    if (code === this.#program.code) return this.#memory;
    const known = this.#memories.get(code);
    if (known !== undefined) return known;
    const memory = this.#newMemory();
    this.#memories.set(code, memory);
    return memory;
  }

  #newMemory(): Memory {
    return new Memory(this.#text.length + 1, bytes => {
      this.#remembered += bytes;
      this.#untilLook -= bytes / bytesAStep;
    });
  }
}

/** Of one code: at which places each instruction that more than one way may come to was tried. */
class Memory {
  readonly #places: number;
  readonly #grow: (bytes: number) => void;
  readonly #rows = new Map<number, Uint8Array>();

  constructor(places: number, grow: (bytes: number) => void) {
    this.#places = places;
    this.#grow = grow;
  }

  /** Notes that it is tried now; with what comes next it fails, or is never asked for again. */
  hasFailed({ op }: Instruction, pc: number, at: number): boolean {
    if (op !== 'split' && op !== 'choose' && op !== 'run') return false;
    const row = this.#rows.get(pc) ?? this.#rowAt(pc);
    const bit = 1 << (at & 7);
    const known = row[at >> 3] ?? 0;
    row[at >> 3] = known | bit;
    return (known & bit) !== 0;
  }

  /** Gives how many bytes that were. */
  clear(): number {
    for (const row of this.#rows.values()) row.fill(0);
    return this.#rows.size * (this.#places >> 3);
  }

  #rowAt(pc: number): Uint8Array {
    const row = new Uint8Array((this.#places >> 3) + 1);
    this.#grow(row.length);
    this.#rows.set(pc, row);
    return row;
  }
}

function runLength(text: string, at: number, allows: ByteSet, max: number): number {
  const end = Math.min(text.length, at + max);
  let place = at;
  while (place < end && allows[text.charCodeAt(place)] === 1) place += 1;
  return place - at;
}

const isLineFeed = (text: string, at: number): boolean => text.charCodeAt(at) === 10;

function isAtEdge(edge: Edge, text: string, at: number): boolean {
  switch (edge) {
    case 'start':
      return at === 0;
    case 'end':
      return at === text.length;
    case 'lastLineEnd':
      return at === text.length || (at === text.length - 1 && isLineFeed(text, at));
    case 'lineStart':
      // Not after a line feed that is the last character.
      return at === 0 || (at < text.length && isLineFeed(text, at - 1));
    case 'lineEnd':
      return at === text.length || isLineFeed(text, at);
    case 'word':
      return isWord(text, at - 1) !== isWord(text, at);
    case 'notWord':
      return isWord(text, at - 1) === isWord(text, at);
  }
}

const words = byteSet(posixClasses.word ?? []);
const isWord = (text: string, at: number): boolean => words[text.charCodeAt(at)] === 1;
