// The body as SpamAssassin 4.0.1 shows it to `body` and `rawbody` rules.

import { normalized, utf8Bytes } from './charset.ts';
import { lastValue } from './header.ts';
import { type Page, readPage } from './html.ts';
import { decodedBytes, effectiveType, everyPart, isLeaf, type Message, type Part } from './message.ts';
import { textSpace } from './white-space.ts';

export interface RenderedBody {
  /** The Subject first; bytes of UTF-8, a character a byte. */
  readonly lines: readonly string[];
  readonly pages: readonly Page[];
  /** The text of each part that has one; `page` where it is one. */
  readonly texts: ReadonlyMap<Part, { readonly text: string; readonly page: Page | null }>;
}

/** Characters of a part that are looked at (`body_part_scan_size`, `rawbody_part_scan_size`), and of a line. */
const maxRendered = 50_000;
const maxRaw = 500_000;
const maxLine = 2048;
/** How far beyond these a part may go to end between words. */
const slack = 1024;

const space = `[${textSpace}]`;
const betweenParagraphs = new RegExp(`\\n+${space}*\\n+`, 'g');
const spaces = new RegExp(`${space}+`, 'g');

export function renderedBody(message: Message): RenderedBody {
  const texts = new Map<Part, { text: string; page: Page | null }>();
  let text = '';
  for (const part of leaves(message)) {
    if (text !== '') text += '\n';
    const shown = rendered(part);
    if (shown !== null) texts.set(part, shown);
    text += cut(shown?.text ?? '', maxRendered, ['\n', ' ']);
  }
  const paragraphs = text.replace(betweenParagraphs, '\0').replace(spaces, ' ').replaceAll('\0', '\n');
  const subject = message.fields.some(({ name }) => name.toLowerCase() === 'subject')
    ? `${lastValue(message.fields, 'subject')}\n`
    : '\n';
  const pages = [...texts.values()].flatMap(({ page }) => page ?? []);
  return { lines: shortLines(subject + utf8Bytes(paragraphs)), pages, texts };
}

const leaves = (message: Message): readonly Part[] => [...everyPart(message)].filter(isLeaf);

function rendered(part: Part): { readonly text: string; readonly page: Page | null } | null {
  const type = effectiveType(part);
  if (type !== 'text/plain' && type !== 'text/html') return null;
  const text = normalized(decodedBytes(part), part.charset ?? 'us-ascii');
  if (type === 'text/plain' || text === '') return { text, page: null };
  const page = readPage(text);
  return { text: page.text, page };
}

/** The decoded text parts in pieces, as bytes of their own charsets. */
export const rawBody = (message: Message): readonly string[] =>
  leaves(message)
    .filter(part => /^(?:text|message)\b/.test(effectiveType(part)) && part.type !== 'text/calendar')
    .flatMap(part => pieces(cut(decodedBytes(part), maxRaw, ['\n', '>', ' '])));

/** `text` as far as `limit`, or to the first of `ends` that is near behind it. */
function cut(text: string, limit: number, ends: readonly string[]): string {
  if (text.length <= limit) return text;
  const places = ends.map(end => text.slice(limit, limit + slack + 1).indexOf(end));
  const end = places.find(place => place !== -1);
  return text.slice(0, end === undefined ? limit : limit + end + 1);
}

function shortLines(text: string): readonly string[] {
  return (text.match(/[^\n]*\n|[^\n]+$/g) ?? []).flatMap(line => {
    const short: string[] = [];
    let rest = line;
    while (rest.length > maxLine) {
      const end = rest.lastIndexOf(' ', maxLine) + 1 || maxLine;
      short.push(rest.slice(0, end));
      rest = rest.slice(end);
    }
    return [...short, rest];
  });
}

/** Of one to two times `maxLine`, cut behind a line end, a tag or a word, where there are such. */
function pieces(text: string): readonly string[] {
  if (text.length <= maxLine) return [text];
  const found: string[] = [];
  let from = 0;
  while (text.length - from > 2 * maxLine) {
    const window = text.slice(from + maxLine, from + 2 * maxLine);
    const place = ['\n', '>', ' '].map(end => window.indexOf(end)).find(at => at !== -1) ?? 0;
    found.push(text.slice(from, from + maxLine + place + 1));
    from += maxLine + place + 1;
  }
  return from < text.length ? [...found, text.slice(from)] : found;
}
