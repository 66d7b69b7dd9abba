// What an eval function may ask of a message, and how it asks for fields as SpamAssassin's own functions do.

import type { Handover } from '../../handover.ts';
import type { RenderedBody } from '../body.ts';
import { headerValues } from '../fields.ts';
import type { Message } from '../message.ts';
import { type Relays, relaysOf } from '../relays.ts';

export interface Examined {
  readonly message: Message;
  readonly handover: Handover | null;
  /** Read when it is first asked for. */
  readonly body: () => RenderedBody;
  readonly sizeBytes: number;
}

/** A function that holds or does not. */
export type Holds = (of: Examined, args: readonly string[]) => boolean;
/** A function that shows strings, in which a list is sought. */
export type Shows = (of: Examined, args: readonly string[]) => readonly string[];

/** The fields of a name (lower case), each with its line feed, after one another; empty where there is none. */
export const field = (of: Examined, name: string, ...modifiers: readonly string[]): string =>
  headerValues(of.message, of.handover, name, modifiers).join('');

/** Whether there is a field of this name; the client that hands the message over stands for a Received. */
export const hasField = (of: Examined, name: string): boolean =>
  headerValues(of.message, of.handover, name, []).length > 0 || (name === 'received' && of.handover !== null);

export const addresses = (of: Examined, name: string, ...modifiers: readonly string[]): readonly string[] =>
  headerValues(of.message, of.handover, name, ['addr', ...modifiers]);

/** The first address in the fields of a name; empty where there is none. */
export const address = (of: Examined, name: string): string => (addresses(of, name)[0] ?? '').replace(/\n$/, '');

/** White space made single spaces. */
export const dense = (text: string): string => text.replace(/[\t-\r ]+/g, ' ');

/** `of`, worked out once for each message: several rules ask for the same with other bounds. */
export function once<T>(answer: (of: Examined) => T): (of: Examined) => T {
  const known = new WeakMap<Message, { readonly value: T }>();
  return of => {
    const entry = known.get(of.message) ?? { value: answer(of) };
    known.set(of.message, entry);
    return entry.value;
  };
}

export const relaysIn: (of: Examined) => Relays = once(({ message, handover }) => relaysOf(message.fields, handover));

/** Where a bound is not stated, or is the word for that, it holds. */
export const isStated = (bound: string | undefined): bound is string => bound !== undefined && bound !== 'undef';
