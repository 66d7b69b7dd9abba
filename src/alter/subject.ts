// The subject's tag: put before what the sender wrote, which stays as it is, encoded words, folds and raw bytes included.

import { decodeWords } from '../content/words.ts';
import { fieldValue, type HeaderField, type HeaderSection } from '../model/header.ts';
import type { Edit } from '../model/message.ts';

/** RFC 5322 §2.1.1, without the CRLF. */
const maxLine = 998;

/**
 * The edits that put `tag` before the subject; none where it is there already. Readers differ in which of several Subject
 * fields they show, so each has it; where there is none one is added.
 */
export function subjectEdits(raw: Uint8Array, header: HeaderSection, tag: string): readonly Edit[] {
  const subjects = header.fields.filter(field => field.name === 'subject');
  if (subjects.length === 0) return [put(0, 0, `Subject: ${tagWords(tag)}\r\n`)];
  return subjects.flatMap(field => tagged(raw, field, tag));
}

function tagged(raw: Uint8Array, field: HeaderField, tag: string): readonly Edit[] {
  const shown = decodeWords(fieldValue(raw, field)).trimStart();
  if (shown.startsWith(tag)) return [];
  const value = Buffer.from(raw.buffer, raw.byteOffset + field.valueStart, field.end - field.valueStart);
  const text = value.toString('latin1');
  const words = tagWords(tag);
  // White space alone on a line would be the end of the header for some readers.
  if (/^[ \t\r\n]*$/.test(text)) return [put(field.valueStart, field.end, ` ${words}\r\n`)];
  // White space between two encoded words is not shown (RFC 2047 §6.2): the one before has to bring its own.
  const word = isEncoded(tag) && /^\s*=\?/.test(text) ? tagWords(`${tag} `) : words;
  const line = field.valueStart - field.start + 1 + word.length + text.search(/\r?\n|$/);
  const space = /^[ \t\r]/.test(text) ? '' : ' ';
  return [put(field.valueStart, field.valueStart, ` ${word}${line > maxLine ? '\r\n' : ''}${space}`)];
}

const put = (start: number, end: number, text: string): Edit => ({ start, end, bytes: Buffer.from(text, 'latin1') });

const isEncoded = (tag: string): boolean => /[^\x20-\x7e]/.test(tag);

/** RFC 2047 §2; the configuration holds tags to what fits into one word of 75 characters. */
function tagWords(tag: string): string {
  return isEncoded(tag) ? `=?utf-8?B?${Buffer.from(tag, 'utf8').toString('base64')}?=` : tag;
}
