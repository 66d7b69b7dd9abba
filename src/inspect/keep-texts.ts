// What a worker hands on of a message's texts, where they are to be kept: whole fields, as patterns are sought in them.

import type { Mail } from '../content/mail.ts';
import { type TextField, type Texts, textFields } from '../model/evidence.ts';
import { packedTexts, type TextKeeping } from '../model/kept-texts.ts';
import { readFields } from './read-fields.ts';

/**
 * Characters of one message's texts together. The smallest fields are kept first; one that does not fit is left out, since
 * a part of it would only seem to say what is not in it.
 */
export const maxKeptChars = 512 * 1024;

export type KeptMail = Pick<Mail, 'text' | 'header'>;

/** Packed: what can be read within `deadlineMs`. Null where nothing is to be kept, or nothing can be read. Never throws. */
export async function textsToKeep(
  mail: KeptMail,
  keeping: TextKeeping,
  sought: readonly TextField[],
  deadlineMs: number,
): Promise<Uint8Array | null> {
  if (keeping === 'off') return null;
  const headers = new Set(mail.header.fields.map(({ name }): TextField => `header:${name}`));
  const others = keeping === 'all' ? new Set([...textFields, ...sought]) : new Set(sought);
  for (const field of others) if (field.startsWith('header:')) others.delete(field);
  // Why one cannot be read the search met, too, and it is in the facts.
  const { texts, unread } = await readFields(mail.text, [...headers, ...others], deadlineMs);
  if (texts.size === 0 && unread.size > 0) return null;
  const isHeaderWhole = ![...headers].some(field => unread.has(field));
  return packed(texts, headers, isHeaderWhole);
}

function packed(read: Texts, headers: ReadonlySet<TextField>, isHeaderWhole: boolean): Uint8Array {
  const header = [...read].filter(([field]) => headers.has(field));
  const others = [...read].filter(([field]) => !headers.has(field)).map(entry => [entry]);
  const kept: (readonly [TextField, readonly string[]])[] = [];
  let left = maxKeptChars;
  let hasHeader = false;
  for (const entries of [header, ...others].sort((a, b) => charsOf(a) - charsOf(b))) {
    left -= charsOf(entries);
    if (left >= 0) kept.push(...entries);
    if (entries === header) hasHeader = isHeaderWhole && left >= 0;
  }
  return packedTexts({ texts: new Map(kept), hasHeader });
}

const charsOf = (entries: readonly (readonly [TextField, readonly string[]])[]): number =>
  entries.reduce((sum, [, strings]) => sum + strings.reduce((chars, text) => chars + text.length, 0), 0);
