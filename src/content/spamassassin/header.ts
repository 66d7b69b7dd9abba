// Header fields as SpamAssassin 4.0.1 keeps them: each by its raw value, and decoded.

import { normalized, normalizedWord, utf8Bytes } from './charset.ts';
import { decodedBase64, decodedQuotedPrintable } from './transfer-encoding.ts';
import { trimmed } from './white-space.ts';

export interface Field {
  /** As it is written. */
  readonly name: string;
  /** As it came, with its last line feed; a character a byte. */
  readonly raw: string;
}

/** Characters of a name, and of a raw value. */
const maxName = 256;
const maxRaw = 8192;

export const field = (name: string, raw: string): Field => ({
  name: name.replace(/[ \t]+$/, '').slice(0, maxName),
  raw: raw.slice(0, maxRaw),
});

/** The raw values of the fields called `name` (lower case). */
export const rawValues = (fields: readonly Field[], name: string): readonly string[] =>
  fields.filter(({ name: written }) => written.toLowerCase() === name).map(({ raw }) => raw);

/** The decoded ones, without the line feed that they are matched with. */
export const decodedValues = (fields: readonly Field[], name: string): readonly string[] =>
  rawValues(fields, name).map(raw => decodedValue(name, raw));

/** The last of them, which is the one that counts. */
export const lastValue = (fields: readonly Field[], name: string): string => decodedValues(fields, name).at(-1) ?? '';

/** Unfolded, trimmed, its encoded words decoded; bytes of UTF-8, a character a byte. */
export const decodedValue = (name: string, raw: string): string =>
  decodedWords(name, trimmed(raw.replace(/\n[ \t]+/g, ' ')));

const withoutWords = /^(?:received|(?:resent-)?(?:message-id|date)|mime-version|references|in-reply-to|list-.*)$/i;
const word = String.raw`=\?[A-Za-z0-9*_-]+\?[bqBQ]\?[^?]*\?=`;
const betweenWords = new RegExp(String.raw`(${word})[\t-\r ]+(?=${word})`, 'g');
const wordOrText = /=\?([A-Za-z0-9*_-]+)\?([bqBQ])\?([^?]*)\?=|[^=]+|[\s\S]/g;

export function decodedWords(name: string, value: string): string {
  const line = value.replace(/\r?\n/g, '');
  const text = /[\x80-\xff]/.test(line) ? utf8Bytes(normalized(line, 'UTF-8')) : line;
  if (withoutWords.test(name) || !text.includes('=?')) return text;
  return sectionsOf(text.replace(betweenWords, '$1'))
    .map(({ charset, bytes }) => (charset === '' ? bytes : utf8Bytes(normalizedWord(bytes, charset))))
    .join('');
}

interface Section {
  /** Empty for text between words. */
  readonly charset: string;
  bytes: string;
}

/** Neighbours of one charset together: senders cut characters in two, against RFC 2047 §5. */
function sectionsOf(text: string): readonly Section[] {
  const sections: Section[] = [];
  for (const [whole, label, encoding, encoded = ''] of text.matchAll(wordOrText)) {
    const charset = label?.toLowerCase() ?? '';
    const bytes = label === undefined ? whole : wordBytes(encoding ?? '', encoded);
    const last = sections.at(-1);
    if (last !== undefined && last.charset === charset) last.bytes += bytes;
    else sections.push({ charset, bytes });
  }
  // RFC 2231 §5: a language may follow the charset.
  return sections.map(({ charset, bytes }) => ({ charset: charset.replace(/\*.*$/, ''), bytes }));
}

const wordBytes = (encoding: string, encoded: string): string =>
  /b/i.test(encoding) ? decodedBase64(encoded) : decodedQuotedPrintable(encoded.replaceAll('_', '=20'));
