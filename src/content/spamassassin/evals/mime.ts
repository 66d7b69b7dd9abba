// Eval functions that look at the parts of a message and how they are encoded.

import { lastValue } from '../header.ts';
import { contentType, everyPart, isLeaf, type Part } from '../message.ts';
import { trimmedEnd } from '../white-space.ts';
import { isAbove } from './compare.ts';
import { type Examined, field, type Holds, once } from './examined.ts';
import { capitalsMislead } from './subject.ts';

/** What `check_for_mime` is asked for. */
const properties: Readonly<Record<string, (of: Parts) => boolean>> = {
  mime_base64_count: ({ parts }) => parts.some(({ encoding }) => encoding.includes('base64')),
  mime_qp_count: ({ quoted }) => quoted.count > 0,
  mime_base64_encoded_text: ({ parts }) => parts.some(isEncodedAscii),
  mime_qp_long_line: ({ quoted }) => quoted.hasLongLine,
  mime_attachment: ({ parts }) => parts.some(({ disposition }) => disposition.includes('attachment')),
  mime_bad_iso_charset: ({ parts }) => parts.some(({ charset }) => isOddIso(charset)),
  mime_body_html_count: ({ parts }) => parts.some(({ type }) => type === 'text/html'),
  mime_body_text_count: ({ parts }) => parts.some(isPlain),
  mime_multipart_alternative: ({ parts }) => parts.some(({ type }) => type === 'multipart/alternative'),
  mime_ascii_text_illegal: of => hasIllegalAscii(of),
  // Every language is wanted here, as `ok_locales all` says, which is the default.
  mime_faraway_charset: () => false,
  // What counts the parts writes it elsewhere: it never holds.
  mimepart_limit_exceeded: () => false,
};
export const mimeProperties: readonly string[] = Object.keys(properties);

export const mimeEvals: Readonly<Record<string, Holds>> = {
  check_for_mime: (of, [name = '']) => properties[name]?.(partsOf(of)) === true,
  check_for_mime_html: of => saysHtml(of) || partsOf(of).parts.some(({ type }) => type === 'text/html'),
  check_for_mime_html_only: of => {
    const { parts } = partsOf(of);
    return saysHtml(of) || (parts.some(({ type }) => type === 'text/html') && !parts.some(isPlain));
  },
  check_mime_multipart_ratio: (of, [least, most]) => {
    const ratio = alternativeRatio(partsOf(of));
    return ratio >= Number(least) && ratio < Number(most);
  },
  check_for_ascii_text_illegal: of => hasIllegalAscii(partsOf(of)),
  check_abundant_unicode_ratio: (of, [ratio = '']) =>
    /^\d{0,3}\.\d{1,3}$/.test(ratio) && referenceRatio(partsOf(of)) >= Number(ratio),
  check_qp_ratio: (of, [least]) => {
    const { needless, bytes } = partsOf(of).quoted;
    return (bytes === 0 ? 0 : needless / bytes) >= Number(least);
  },
  check_base64_length: (of, [least, most]) => {
    const longest = longestBase64Line(of);
    return longest >= Number(least) && (most === undefined || longest <= Number(most));
  },
  check_ma_non_text: ({ message }) =>
    [...everyPart(message)]
      .filter(({ type }) => type === 'multipart/alternative')
      .flatMap(({ parts }) => parts)
      .some(({ type }) => !/^(?:multipart\/related$|application\/rtf$|text\/)/i.test(type)),
  check_for_uppercase: (of, [least, most]) => isAbove(capitalPercent(of), least, most),
  check_for_faraway_charset: () => false,
};

const saysHtml = (of: Examined): boolean => /^text\/html/i.test(field(of, 'content-type'));

interface PartRead {
  readonly type: string;
  /** Lower case, as are the two that follow; empty where nothing is said. */
  readonly charset: string;
  readonly encoding: string;
  readonly disposition: string;
  /** As they came; none where it has parts of its own. */
  readonly lines: readonly string[];
  readonly isLeaf: boolean;
}

interface Parts {
  readonly parts: readonly PartRead[];
  readonly quoted: QuotedPrintable;
}

const partsOf = once(({ message }: Examined): Parts => {
  const parts = [...everyPart(message)].filter(({ type }) => type !== '').map(partRead);
  return { parts, quoted: quotedPrintable(parts) };
});

function partRead(part: Part): PartRead {
  const { type, charset } = contentType(lastValue(part.fields, 'content-type'));
  const stated = (name: string) => lastValue(part.fields, name).toLowerCase();
  return {
    type,
    charset: charset?.toLowerCase() ?? '',
    encoding: stated('content-transfer-encoding'),
    disposition: stated('content-disposition'),
    lines: part.lines ?? [],
    isLeaf: isLeaf(part),
  };
}

const isPlain = ({ type }: PartRead): boolean => type !== 'text/html' && /^text/i.test(type);

const ascii =
  /us-ascii|ansi_x3\.4-1968|iso-ir-6|ansi_x3\.4-1986|iso_646\.irv:1991|ascii|iso646-us|us|ibm367|cp367|csascii/;

/** Text that needs no encoding, encoded so that it cannot be read as it is. */
const isEncodedAscii = ({ type, charset, encoding, disposition }: PartRead): boolean =>
  type.startsWith('text') &&
  encoding.includes('base64') &&
  (charset === '' || ascii.test(charset)) &&
  !/^(?:attachment|inline)/.test(disposition);

const isOddIso = (charset: string): boolean =>
  /iso-\S+-\S+\b/.test(charset) && !/iso-(?:8859-\d{1,2}|2022-(?:jp|kr))\b/.test(charset);

interface QuotedPrintable {
  readonly bytes: number;
  /** Codes of characters that need none. */
  readonly needless: number;
  readonly count: number;
  readonly hasLongLine: boolean;
}

/** RFC 2045 §6.7: lines are at most 76 characters; what is common besides is let pass. */
const maxQuotedLine = 78;

function quotedPrintable(parts: readonly PartRead[]): QuotedPrintable {
  const lines = parts
    .filter(({ encoding }) => encoding === 'quoted-printable')
    .flatMap(part => part.lines)
    .filter(line => !line.startsWith('SPAM: '));
  const bytes = lines.reduce((sum, line) => sum + line.length, 0);
  const needless = lines.reduce((sum, line) => sum + needlessCodes(line), 0);
  // What is counted replaces the number of parts, where there is anything to count.
  const ofParts = parts.filter(({ encoding }) => !encoding.includes('base64') && encoding.includes('quoted-printable'));
  return {
    bytes,
    needless,
    count: bytes > 0 ? needless : ofParts.length,
    hasLongLine: lines.some(line => line.length > maxQuotedLine + 1),
  };
}

function needlessCodes(line: string): number {
  const count = line.match(/=(?:09|3[0-9ABCEF]|[2456][0-9A-F]|7[0-9A-E])/g)?.length ?? 0;
  return count === 0 ? 0 : count - codesAtEnd(line);
}

/** White space at the end of a line has to be encoded. */
function codesAtEnd(line: string): number {
  const text = trimmedEnd(line);
  let length = text.length;
  while (length >= 3 && /^=(?:20|09)$/.test(text.slice(length - 3, length))) length -= 3;
  return (text.length - length) / 3;
}

const hasIllegalAscii = ({ parts }: Parts): boolean =>
  parts.some(
    ({ type, charset, lines }) =>
      type === 'text/plain' &&
      (charset === '' || charset === 'us-ascii') &&
      lines.some(line => /[\0\r\x80-\xff]/.test(line)),
  );

/** Character references to characters, in text that is no HTML. */
function referenceRatio({ parts }: Parts): number {
  let characters = 0;
  let references = 0;
  for (const { type, encoding, lines } of parts) {
    if (type !== 'text/plain' || !/^(?:|7bit|8bit)$/.test(encoding)) continue;
    for (const line of lines) {
      const count = line.match(/&#x[0-9A-F]{4};/g)?.length ?? 0;
      references += count;
      characters += line.length - 8 * count;
    }
  }
  return characters === 0 ? 0 : references / characters;
}

/** Bytes of the last plain text for each of the last page, in a message that says one of the other. */
function alternativeRatio({ parts }: Parts): number {
  let isAlternative = false;
  const lengths = new Map<string, number>();
  for (const { type, disposition, lines, isLeaf } of parts) {
    isAlternative ||= type === 'multipart/alternative';
    if (!isLeaf || disposition.includes('attachment')) continue;
    const counted = isAlternative && (type === 'text/plain' || type === 'text/html');
    lengths.set(type, counted ? lines.reduce((sum, line) => sum + line.length, 0) : 0);
  }
  const text = lengths.get('text/plain');
  const html = lengths.get('text/html') ?? 0;
  return isAlternative && text !== undefined && html > 0 ? text / html : 1;
}

const longestBase64Line = once((of: Examined): number =>
  partsOf(of)
    .parts.filter(({ isLeaf, type, encoding }) => isLeaf && type !== 'application/ics' && encoding === 'base64')
    .reduce((most, { lines }) => lines.reduce((longest, line) => Math.max(longest, line.length), most), 0),
);

const capitalPercent = once((of: Examined): number => {
  const charsets = [charsetOf(field(of, 'content-type')), ...partsOf(of).parts.map(({ charset }) => charset)];
  if (charsets.some(charset => capitalsMislead.test(charset))) return 0;
  let length = 0;
  let others = 0;
  let capitals = 0;
  for (const line of of.body().lines) {
    if (!/[^\t-\r ][\t-\r ]+[^\t-\r ]/.test(line) || /^(?:[A-Za-z0-9+/=]{60,76} ){2}/.test(line)) continue;
    const text = line.replace(/\x1b\$B.*\x1b\(B/gs, '');
    length += text.length;
    others += text.match(/[a-z0-9]/g)?.length ?? 0;
    capitals += text.match(/[A-Z]/g)?.length ?? 0;
  }
  return length < 200 || capitals + others === 0 ? 0 : (100 * capitals) / (capitals + others);
});

const charsetOf = (type: string): string =>
  (/charset="([^"]+)"/i.exec(type) ?? /charset='([^']+)'/i.exec(type) ?? /charset=(\S+)/i.exec(type))?.[1] ?? '';
