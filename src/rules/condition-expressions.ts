// What the programs of conditions are made of: functions of the facts at hand that give a value of one kind, or `undefined` where it
// cannot be told.

import type { Facts } from '../model/evidence.ts';
import type { Field, Shape } from '../model/shape.ts';
import type { NamedField } from './evidence-types.ts';

/** True, false, or `undefined`: not decided. */
export type Decision = boolean | undefined;

/** Where an expression is evaluated: the message, and the element of the list that is walked. */
export interface At {
  readonly facts: Facts;
  readonly element: unknown;
}

export type Of<T> = (at: At) => T | undefined;

/** By kind of expression, what it gives. */
export interface Values {
  readonly truth: boolean;
  readonly text: string;
  readonly count: number;
  readonly number: number;
  readonly texts: readonly string[];
  readonly records: readonly unknown[];
}

export type Kind = keyof Values;

/** `shape`: of records. */
export type Expression = {
  [K in Kind]: { readonly kind: K; readonly of: Of<Values[K]> } & (K extends 'records'
    ? { readonly shape: Shape }
    : unknown);
}[Kind];

/** Null where a part is not known, or not of the kind that it should be. */
export function truth<A extends unknown[]>(
  decide: (...parts: A) => Decision,
  ...parts: { [I in keyof A]: Of<A[I]> | null }
): Expression | null {
  const of = applied(decide, ...parts);
  return of && { kind: 'truth', of };
}

export function text<A extends unknown[]>(
  say: (...parts: A) => string,
  ...parts: { [I in keyof A]: Of<A[I]> | null }
): Expression | null {
  const of = applied(say, ...parts);
  return of && { kind: 'text', of };
}

export function count<A extends unknown[]>(
  add: (...parts: A) => number | undefined,
  ...parts: { [I in keyof A]: Of<A[I]> | null }
): Expression | null {
  const of = applied(add, ...parts);
  return of && { kind: 'count', of };
}

export function number(change: (part: number) => number, part: Of<number> | null): Expression | null {
  const of = applied(change, part);
  return of && { kind: 'number', of };
}

/** `f` of what the one or two `parts` give, where they give something. */
function applied<A extends unknown[], R>(
  f: (...parts: A) => R | undefined,
  ...parts: { [I in keyof A]: Of<A[I]> | null }
): Of<R> | null {
  const [first, second] = parts as readonly (Of<unknown> | null)[];
  if (parts.includes(null as never) || first === undefined || first === null) return null;
  const call = f as unknown as (a: unknown, b?: unknown) => R | undefined;
  if (second === undefined || second === null) {
    return at => {
      const a = first(at);
      return a === undefined ? undefined : call(a);
    };
  }
  return at => {
    const a = first(at);
    const b = a === undefined ? undefined : second(at);
    return b === undefined ? undefined : call(a, b);
  };
}

/** Kleene's `&&` (`decides`: false) and `||` (true), from left to right: what the left decides is not asked of the right. */
export function connected(decides: boolean, left: Of<boolean> | null, right: Of<boolean> | null): Expression | null {
  if (left === null || right === null) return null;
  const of = (at: At): Decision => {
    const first = left(at);
    if (first === decides) return decides;
    const second = right(at);
    if (second === decides) return decides;
    return first === undefined || second === undefined ? undefined : !decides;
  };
  return { kind: 'truth', of };
}

/** `exists` (`decides`: true) and `all` (false): an element that decides does so whatever is not decided of others. */
export function quantified(decides: boolean, list: Of<readonly unknown[]>, holds: Of<boolean>): Expression {
  const of = (at: At): Decision => {
    const items = list(at);
    if (items === undefined) return undefined;
    let end: Decision = !decides;
    for (const element of items) {
      const decided = holds({ facts: at.facts, element });
      if (decided === decides) return decides;
      if (decided === undefined) end = undefined;
    }
    return end;
  };
  return { kind: 'truth', of };
}

export function constant(value: unknown): Expression | null {
  switch (typeof value) {
    case 'string':
      return { kind: 'text', of: () => value };
    case 'boolean':
      return { kind: 'truth', of: () => value };
    case 'number':
      return { kind: 'number', of: () => value };
    case 'bigint': {
      // CEL's int has 64 bits.
      const exact = Number(value);
      return Number.isSafeInteger(exact) ? { kind: 'count', of: () => exact } : null;
    }
    default:
      return null;
  }
}

/** A field of evidence; not to be read where the evidence was not observed. */
export function factField({ type, field, shape }: NamedField): Expression {
  const { name } = type;
  return reading(shape, ({ facts }) => {
    const observation = facts[name];
    return observation?.state === 'observed' ? fieldIn(observation.value, field) : undefined;
  });
}

/** A field of the record that is walked. */
export const elementField = (name: string, field: Field): Expression =>
  reading(field, ({ element }) => fieldIn(element, name));

/** The text that is walked. */
export const elementText: Expression = { kind: 'text', of: ({ element }) => textOrNone(element) };

const fieldIn = (record: unknown, field: string): unknown =>
  typeof record === 'object' && record !== null && Object.hasOwn(record, field)
    ? (record as Record<string, unknown>)[field]
    : undefined;

/** What is not of the declared kind cannot be read: facts may be older than the declaration. */
function reading(field: Field, read: (at: At) => unknown): Expression {
  switch (field.kind) {
    case 'text':
    case 'choice':
      return { kind: 'text', of: at => textOrNone(read(at)) };
    case 'flag':
      return { kind: 'truth', of: at => flagOrNone(read(at)) };
    case 'count':
      return { kind: 'count', of: at => countOrNone(read(at)) };
    case 'number':
      return { kind: 'number', of: at => numberOrNone(read(at)) };
    case 'texts':
      return { kind: 'texts', of: at => listOrNone(read(at)) as readonly string[] | undefined };
    case 'records':
      return { kind: 'records', shape: field.of, of: at => listOrNone(read(at)) };
  }
}

const textOrNone = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const flagOrNone = (value: unknown): boolean | undefined => (typeof value === 'boolean' ? value : undefined);
const numberOrNone = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);
const countOrNone = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined;
const listOrNone = (value: unknown): readonly unknown[] | undefined => (Array.isArray(value) ? value : undefined);
