// The strings in which rules' patterns are sought, by field; each is capped, and what was cut is told.

import type { TextField, Texts } from '../model/evidence.ts';
import { fieldValue } from '../model/header.ts';
import type { Mail } from './mail.ts';
import { decodeWords } from './words.ts';

/** Characters in all strings of one field together; header fields are within the limits of the header section. */
export const maxFieldChars = 256 * 1024;

export async function readTexts(mail: Mail): Promise<Texts> {
  const body = await mail.body();
  const texts = new Map<TextField, readonly string[]>();
  texts.set('subject', mail.decoded('subject'));
  texts.set('from', mail.decoded('from'));
  texts.set('text', capped([...body.texts, ...body.html.map(h => h.text)]));
  texts.set('html', capped(body.htmlSources));
  texts.set(
    'url',
    (await mail.webAddresses()).map(address => address.href),
  );
  texts.set('filename', capped((await mail.attachments()).flatMap(a => a.names)));
  texts.set('raw', [rawText(mail.raw)]);
  for (const [name, values] of headerTexts(mail)) texts.set(`header:${name}`, values);
  return texts;
}

/**
 * `values` within the characters of a field. Each has an equal share, and what shorter ones leave goes to the longer: a
 * text that nobody is shown must not take the place of the one that is read.
 */
function capped(values: readonly string[]): readonly string[] {
  const kept = values.filter(value => value !== '');
  let room = maxFieldChars;
  let left = kept.length;
  const shares = new Map<number, number>();
  for (const [index, value] of [...kept.entries()].sort(([, a], [, b]) => a.length - b.length)) {
    const share = Math.min(value.length, Math.floor(room / left));
    shares.set(index, share);
    room -= share;
    left -= 1;
  }
  return kept.map((value, index) => value.slice(0, shares.get(index))).filter(value => value !== '');
}

/** One character a byte, as it came. */
function rawText(raw: Uint8Array): string {
  return Buffer.from(raw.buffer, raw.byteOffset, Math.min(raw.length, maxFieldChars)).toString('latin1');
}

/** Every field that is there: unfolded, decoded, in order. */
function headerTexts(mail: Mail): ReadonlyMap<string, readonly string[]> {
  const values = new Map<string, string[]>();
  for (const field of mail.header.fields) {
    if (field.name === '' || field.name.length > 100) continue;
    const value = decodeWords(fieldValue(mail.raw, field));
    const known = values.get(field.name);
    if (known === undefined) values.set(field.name, [value]);
    else known.push(value);
  }
  return values;
}

/** Zero-width characters and soft hyphens: they break up words for patterns and not for readers. */
export function zeroWidthCount(text: string): number {
  return text.match(/[\u00ad\u200b-\u200d\u2060\ufeff]/g)?.length ?? 0;
}
