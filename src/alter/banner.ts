// The banner: a few lines at the start of what a reader shows. It goes where every reader finds the same place for it, and
// nowhere else: not into what is signed, encrypted or attached.

import { isAttached } from '../content/attachments.ts';
import { encodeText } from '../content/charset.ts';
import type { Part, Structure } from '../content/mime.ts';
import { quotedPrintable } from '../content/transfer-encoding.ts';
import type { AlterationNote, Banner } from '../model/alteration.ts';
import type { Edit } from '../model/message.ts';

export interface Bannered {
  readonly edits: readonly Edit[];
  readonly notes: readonly AlterationNote[];
}

export function bannerEdits(raw: Uint8Array, structure: Structure, banner: Banner): Bannered {
  const refusal = refusalFor(structure);
  if (refusal !== null) return { edits: [], notes: [note(false, refusal)] };
  const edits: Edit[] = [];
  const notes: AlterationNote[] = [];
  for (const part of shownTexts(structure)) {
    const edit = insertion(raw, part, banner);
    notes.push(typeof edit === 'string' ? note(false, `${part.type}: ${edit}`) : note(true, part.type));
    if (typeof edit !== 'string') edits.push(edit);
  }
  return { edits, notes: notes.length > 0 ? notes : [note(false, 'no text that a reader shows')] };
}

const note = (isDone: boolean, detail: string): AlterationNote => ({ what: 'banner', isDone, detail });

/** Why the message as a whole can have none. */
function refusalFor({ anomalies, limits, multiparts, parts }: Structure): string | null {
  if (anomalies.size > 0 || limits.size > 0) return 'ambiguous MIME';
  const isSealed =
    multiparts.has('multipart/signed') || multiparts.has('multipart/encrypted') || parts.some(isSealedPart);
  return isSealed ? 'signed or encrypted' : null;
}

/** S/MIME (RFC 8551) and PGP/MIME (RFC 3156), under their names too; PGP in the text itself. */
function isSealedPart({ type, filenames, content }: Part): boolean {
  if (/^application\/(?:(?:x-)?pkcs7-|pgp-)/.test(type)) return true;
  if (filenames.some(name => /\.(?:p7[msc]|asc|sig)$/i.test(name))) return true;
  return type.startsWith('text/') && pgpLine.test(content.subarray(0, 1024 * 1024).toString('latin1'));
}

const pgpLine = /^-----BEGIN PGP (?:SIGNED )?MESSAGE-----/m;

/** The first text or HTML, and the other one where both are forms of the same. */
function shownTexts({ parts }: Structure): readonly Part[] {
  const shown = parts.filter(part => isText(part) && !part.isEnclosed && !isAttached(part));
  const [first] = shown;
  if (first === undefined) return [];
  const other = shown.find(part => part.type !== first.type && part.isAlternative && first.isAlternative);
  return other === undefined ? [first] : [first, other];
}

const isText = ({ type }: Part): boolean => type === 'text/plain' || type === 'text/html';

/** The banner at the start of `part`, or why it cannot be there. */
function insertion(raw: Uint8Array, part: Part, banner: Banner): Edit | string {
  if (part.body === null || !followsEmptyLine(raw, part.body.start)) return 'has no body';
  const content = contentFor(part, banner);
  if (typeof content === 'string') return content;
  const mark = markLength(raw, part.body.start, part);
  if (mark === null) return 'begins with a byte order mark';
  const start = part.body.start + mark;
  switch (part.encoding) {
    case 'identity':
      return { start, end: start, bytes: content };
    case 'quoted-printable':
      return { start, end: start, bytes: quotedPrintable(content) };
    case 'base64':
      return { start, end: start, bytes: base64(content) };
    case 'uuencode':
      return 'is uuencoded';
  }
}

/** What is put where no empty line ends the header would become part of it. */
function followsEmptyLine(raw: Uint8Array, at: number): boolean {
  const before = latin1(raw, Math.max(0, at - 4), at);
  return before === '\r\n\r\n' || (at === 2 && before === '\r\n');
}

/** The first form of the banner that `part` can hold, or why it can hold none. */
function contentFor(part: Part, { text, ascii, html }: Banner): Uint8Array | string {
  const forms = part.type === 'text/html' ? [htmlLines(html)] : [text, ascii ?? text].map(textLines);
  let refusal = '';
  for (const form of forms) {
    const content = encodeText(form, part.charset);
    if (content === null) refusal = `cannot be said in ${part.charset ?? 'us-ascii'}`.slice(0, 100);
    // To become 8-bit a message would have to change its header, and the transaction its BODY.
    else if (part.encoding === 'identity' && hasHighByte(content) && !hasHighByte(part.content.subarray()))
      refusal = 'has only 7-bit bytes';
    else return content;
  }
  return refusal;
}

/** Lines without white space at their ends: in format=flowed (RFC 3676) that would join them with what follows. */
function textLines(text: string): string {
  const lines = text.trimEnd().split('\n');
  return `${lines.map(line => line.trimEnd()).join('\r\n')}\r\n\r\n`;
}

/** What the charset may lack is written as character references (HTML 13.1.4). */
function htmlLines(html: string): string {
  const ascii = html.trimEnd().replace(/[^\x00-\x7f]/gu, character => `&#${character.codePointAt(0)};`);
  return `${ascii.replace(/\n/g, '\r\n')}\r\n`;
}

/** Of a byte order mark in UTF-8 as it is encoded, which has to stay in front; null for one of another charset. */
function markLength(raw: Uint8Array, at: number, { content, encoding }: Part): number | null {
  const [first, second, third] = content.subarray(0, 3);
  if ((first === 0xfe && second === 0xff) || (first === 0xff && second === 0xfe)) return null;
  if (first !== 0xef || second !== 0xbb || third !== 0xbf) return 0;
  const start = latin1(raw, at, at + 9);
  if (encoding === 'identity') return 3;
  if (encoding === 'base64') return start.startsWith('77u/') ? 4 : null;
  return start.toUpperCase() === '=EF=BB=BF' ? 9 : start.startsWith('\xef\xbb\xbf') ? 3 : null;
}

/** Whole groups of three bytes, so that no padding stands before what follows; empty lines fill them up. */
function base64(content: Uint8Array): Uint8Array {
  const missing = (3 - (content.length % 3)) % 3;
  const filled = Buffer.concat([content, Buffer.from(missing === 1 ? '\r\n\r\n' : missing === 2 ? '\r\n' : '')]);
  // Of 76 characters in a line a byte order mark may have taken 4.
  return Buffer.from(filled.toString('base64').replace(/.{1,72}/g, '$&\r\n'), 'latin1');
}

function hasHighByte(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if ((bytes[i] ?? 0) > 127) return true;
  return false;
}

const latin1 = (bytes: Uint8Array, start: number, end: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1', start, Math.min(end, bytes.length));
