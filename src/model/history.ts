// What history is kept of: kinds of keys under which messages are remembered, and when it has seen enough of one.

import type { Sighting } from './ask.ts';

/**
 * `sender`: an authenticated address to one of our domains. `correspondents`: an authenticated author and one recipient.
 * `list`, `forwarder`: who proves to have sent the message on for its author. `client`: the network of the client with the
 * organisation that its HELO names. `signature`: one DKIM signature.
 */
export const historyKinds = ['sender', 'correspondents', 'list', 'forwarder', 'client', 'signature'] as const;
export type HistoryKind = (typeof historyKinds)[number];

/** Keys of these kinds name organisations, and are kept so that people can read them; of all others a digest is kept. */
const learnableKinds = ['list', 'forwarder'] as const satisfies readonly HistoryKind[];
export type LearnableKind = (typeof learnableKinds)[number];

/** `list:users.lists.example lists.example`. */
export type HistoryKey = `${HistoryKind}:${string}`;

/** Longer ones are no key: two domains with what joins them take 520 characters. */
const maxKeyLength = 600;

export function isHistoryKey(text: unknown): text is HistoryKey {
  return (
    typeof text === 'string' && text.length <= maxKeyLength && historyKinds.includes(beforeColon(text) as HistoryKind)
  );
}

export const kindOf = (key: HistoryKey): HistoryKind => beforeColon(key) as HistoryKind;
export const isLearnable = (kind: HistoryKind): kind is LearnableKind =>
  (learnableKinds as readonly string[]).includes(kind);
export const nameIn = (key: HistoryKey): string => key.slice(key.indexOf(':') + 1);

const beforeColon = (text: string): string => text.slice(0, Math.max(0, text.indexOf(':')));

/** What a list or forwarder must have sent, without one bad message, to be thought of as one: what a spammer has to invest. */
export const learntAfter = { days: 14, good: 30 } as const;

export function isLearnt({ days, good, bad }: Pick<Sighting, 'days' | 'good' | 'bad'>): boolean {
  return days >= learntAfter.days && good >= learntAfter.good && bad === 0;
}
