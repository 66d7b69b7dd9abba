// What a worker hands on of a message's texts, where they are to be kept: whole fields, as patterns are sought in them.

import type { Mail } from '../content/mail.ts';
import { type TextField, type Texts, textFields } from '../model/evidence.ts';
import { packedTexts, type TextKeeping } from '../model/kept-texts.ts';
import { late, within } from './within.ts';

/**
 * Characters of one message's texts together. The smallest fields are kept first; one that does not fit is left out, since
 * a part of it would only seem to say what is not in it.
 */
export const maxKeptChars = 512 * 1024;

export type KeptMail = Pick<Mail, 'texts' | 'header'>;

/** Packed. Null where nothing is to be kept, or the texts cannot be read within `deadlineMs`. Never throws. */
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
  try {
    const read = await within(deadlineMs, () => mail.texts([...headers, ...others]));
    return read === late ? null : packed(read, headers);
  } catch {
    // The search met the same, and it is in the facts.
    return null;
  }
}

function packed(read: Texts, headers: ReadonlySet<TextField>): Uint8Array {
  const header = [...read].filter(([field]) => headers.has(field));
  const others = [...read].filter(([field]) => !headers.has(field)).map(entry => [entry]);
  const kept: (readonly [TextField, readonly string[]])[] = [];
  let left = maxKeptChars;
  let hasHeader = false;
  for (const entries of [header, ...others].sort((a, b) => charsOf(a) - charsOf(b))) {
    left -= charsOf(entries);
    if (left >= 0) kept.push(...entries);
    if (entries === header) hasHeader = left >= 0;
  }
  return packedTexts({ texts: new Map(kept), hasHeader });
}

const charsOf = (entries: readonly (readonly [TextField, readonly string[]])[]): number =>
  entries.reduce((sum, [, strings]) => sum + strings.reduce((chars, text) => chars + text.length, 0), 0);
