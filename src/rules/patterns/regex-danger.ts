// Whether an expression could take exponential time, or more than a bounded number of steps, on some text: V8 cannot
// interrupt a match, so such an expression is refused when rules are loaded. It errs towards refusing; the reason says
// what to write instead.

import {
  Automaton,
  type AutomatonOptions,
  type Cycles,
  cyclesOf,
  maxPositions,
  type Variation,
} from './regex-automaton.ts';
import { intersection, intersects, type Ranges, type RegexNode } from './regex-syntax.ts';

/** Pairs of positions of one loop that are looked at. */
const maxPairs = 200_000;
/** Ways that one expression may try on one piece of text. At this bound the worst that was made took a second; shipped ones take milliseconds. */
const maxSteps = 2 ** 27;

const exponential =
  'a repeated part can match the same text in several ways, which may take exponential time: repeat only one of the two nested parts';

export interface DangerOptions {
  readonly flags: string;
  /** The longest text that the expression is given at once, in characters. */
  readonly pieceLength: number;
}

/** Why `tree` is refused, in words for its author; null when it is safe to run. */
export function dangerOf(tree: RegexNode, options: DangerOptions): string | null {
  if (plainSteps(tree, options.pieceLength) <= maxSteps) return null;
  const danger = dangerBy(tree, { ...options, writesOutFew: false });
  // What goes around a loop in two ways may be harmless where it goes around a few times only.
  const isHarmless = danger === exponential && dangerBy(tree, { ...options, writesOutFew: true }) === null;
  return isHarmless ? null : danger;
}

function dangerBy(tree: RegexNode, options: AutomatonOptions): string | null {
  const alternatives = alternativesOf(tree);
  let steps = 0;
  for (const part of [...alternatives, ...lookBodies(tree)]) {
    const automaton = new Automaton(part, options);
    if (automaton.size > maxPositions) return 'it is too large to be checked: repeat less, or split it';
    const danger = exponentialLoop(automaton, cyclesOf(automaton));
    if (danger !== null) return danger;
    steps += stepsOf(automaton, automaton.isAnchored ? 1 : startsOf(part, options.pieceLength));
  }
  return steps <= maxSteps
    ? null
    : 'several long repetitions can share the same text, which takes too many steps: bound them, as in .{0,80} or \\s{0,5}';
}

/** What is tried one after the other at each place, since nothing stands around it. */
function alternativesOf(tree: RegexNode): readonly RegexNode[] {
  if (tree.kind === 'choice') return tree.options.flatMap(alternativesOf);
  const [only] = tree.kind === 'sequence' ? tree.items : [];
  return tree.kind === 'sequence' && tree.items.length === 1 && only !== undefined ? alternativesOf(only) : [tree];
}

/**
 * At most so many steps, told without an automaton: the product of all variations, wherever they stand. Infinite where more
 * than a single set is repeated, or a group is referred to: then a closer look is needed.
 */
function plainSteps(tree: RegexNode, pieceLength: number): number {
  let steps = pieceLength;
  const nodes: RegexNode[] = [tree];
  for (const node of nodes) {
    switch (node.kind) {
      case 'sequence':
        nodes.push(...node.items);
        break;
      case 'choice':
        nodes.push(...node.options);
        break;
      case 'look':
        nodes.push(node.body);
        break;
      case 'repeat':
        if (node.max > 1 && node.body.kind !== 'set') return Number.POSITIVE_INFINITY;
        steps *= Math.min(node.max, pieceLength) - (node.max > 1 ? 0 : node.min) + 1;
        nodes.push(node.body);
        break;
      case 'reference':
        return Number.POSITIVE_INFINITY;
      case 'set':
      case 'edge':
    }
    if (steps > maxSteps) return steps;
  }
  return steps;
}

function exponentialLoop(automaton: Automaton, cycles: Cycles): string | null {
  const ambiguous = isAmbiguousLoop(automaton, cycles);
  if (ambiguous === null) return 'its loops are too large to be checked: repeat less, or split it';
  return ambiguous ? exponential : null;
}

function lookBodies(node: RegexNode): readonly RegexNode[] {
  switch (node.kind) {
    case 'look':
      return [node.body, ...lookBodies(node.body)];
    case 'repeat':
      return lookBodies(node.body);
    case 'sequence':
      return node.items.flatMap(lookBodies);
    case 'choice':
      return node.options.flatMap(lookBodies);
    case 'set':
    case 'edge':
    case 'reference':
      return [];
  }
}

function reachable(starts: readonly number[], next: (p: number) => readonly number[]): Set<number> {
  const seen = new Set(starts);
  for (const p of seen) for (const q of next(p)) seen.add(q);
  return seen;
}

/**
 * Whether some text leads around a cycle in two ways (exponential degree of ambiguity, Weber and Seidl 1991): two runs over
 * the same text part and meet again. Null when there are too many pairs of positions to look at.
 */
function isAmbiguousLoop(automaton: Automaton, cycles: Cycles): boolean | null {
  for (const cycle of cycles) {
    const inside = new Set(cycle);
    const steps = (p: number) => (automaton.follow[p] ?? []).filter(q => inside.has(q));
    if (cycle.some(p => new Set(steps(p)).size < steps(p).length)) return true;
    if (cycle.length ** 2 > maxPairs) return null;
    if (cycle.some(p => partAndMeet(automaton, steps, p))) return true;
  }
  return false;
}

/** Whether two runs that start together at `start` can part and meet: from there they may go on together, to `start` again. */
function partAndMeet(automaton: Automaton, steps: (p: number) => readonly number[], start: number): boolean {
  const size = automaton.size;
  const isParted = (pair: number) => Math.floor(pair / size) !== pair % size;
  const next = (pair: number): readonly number[] => {
    const pairs: number[] = [];
    for (const a of steps(Math.floor(pair / size))) {
      for (const b of steps(pair % size)) {
        if (intersects(automaton.sets[a] ?? [], automaton.sets[b] ?? [])) pairs.push(a * size + b);
      }
    }
    return pairs;
  };
  const parted = reachable(next(start * size + start).filter(isParted), pair => next(pair).filter(isParted));
  return [...parted].some(pair => !next(pair).every(isParted));
}

/** The product of the variations that can share one stretch of text, times the places where a match may start. */
function stepsOf(automaton: Automaton, starts: number): number {
  const { variations } = automaton;
  const costs = new Map<Variation, number>();
  const costOf = (variation: Variation): number => {
    const known = costs.get(variation);
    if (known !== undefined) return known;
    // Seen again on the way to itself, through an outer loop, it has no end.
    costs.set(variation, Number.POSITIVE_INFINITY);
    const before = variations.filter(other => sharesText(automaton, other, variation));
    const cost = variation.ways * Math.max(1, ...before.map(costOf));
    costs.set(variation, cost);
    return cost;
  };
  return starts * Math.max(1, ...variations.map(costOf));
}

/** In how many places of a text the match may start: those where the characters stand that it begins with. */
function startsOf(tree: RegexNode, pieceLength: number): number {
  const beginning = beginningOf(tree);
  let period = 1;
  while (period < beginning.length && !beginning.startsWith(beginning.slice(period))) period += 1;
  return Math.ceil(pieceLength / Math.max(1, period));
}

/** The text with which every match begins, in lower case, as far as it is one text. */
function beginningOf(tree: RegexNode): string {
  let text = '';
  for (const item of tree.kind === 'sequence' ? tree.items : [tree]) {
    if (item.kind === 'edge' || item.kind === 'look') continue;
    const character = item.kind === 'set' ? onlyCharacter(item.ranges) : null;
    if (character === null) break;
    text += character;
  }
  return text;
}

function onlyCharacter(ranges: Ranges): string | null {
  const [first] = ranges;
  const isOne = ranges.length === 1 && first !== undefined && first[0] === first[1];
  return isOne ? String.fromCodePoint(first[0]).toLowerCase() : null;
}

/** Whether `to` comes after `from`, over positions that a text of both can pass; what is nested is one of the other's turns. */
function sharesText(automaton: Automaton, from: Variation, to: Variation): boolean {
  if (overlap(from, to)) return false;
  const shared = intersection(from.set, to.set);
  if (shared.length === 0) return false;
  const goal = new Set(to.positions);
  const next = (p: number) => (automaton.follow[p] ?? []).filter(q => intersects(automaton.sets[q] ?? [], shared));
  const reached = reachable(from.positions.flatMap(next), next);
  return [...reached].some(p => goal.has(p));
}

function overlap(a: Variation, b: Variation): boolean {
  return (a.positions[0] ?? 0) <= (b.positions.at(-1) ?? -1) && (b.positions[0] ?? 0) <= (a.positions.at(-1) ?? -1);
}
