// The text and HTML that a reader shows: mailparser's reading, and ours where it has none or may differ.

import { isAttached } from './attachments.ts';
import { decodeText } from './charset.ts';
import { type HtmlReading, readHtml } from './html.ts';
import type { Part, Structure } from './mime.ts';
import type { Parsed } from './parsed.ts';

export interface Body {
  /** Plain text. */
  readonly texts: readonly string[];
  /** HTML as it was sent, decoded. */
  readonly htmlSources: readonly string[];
  readonly html: readonly HtmlReading[];
  /** Text or HTML was longer than is looked at. */
  readonly isTruncated: boolean;
}

/** Characters of text, and of HTML, that are looked at. */
const maxChars = 2 * 1024 * 1024;
const maxSources = 50;

export function readBody(structure: Structure, parsed: Parsed): Body {
  const ours = parsed.state !== 'parsed' || structure.anomalies.size > 0;
  const texts = new Set(parsed.state === 'parsed' ? [parsed.text] : []);
  const sources = new Set(parsed.state === 'parsed' ? [parsed.html] : []);
  if (ours) {
    for (const text of textsOfType(structure, 'text/plain')) texts.add(text);
    for (const html of textsOfType(structure, 'text/html')) sources.add(html);
  }
  const text = withinBounds(texts);
  const html = withinBounds(sources);
  const readings = html.kept.map(readHtml);
  return {
    texts: text.kept,
    htmlSources: html.kept,
    html: readings,
    isTruncated: text.isCut || html.isCut || readings.some(r => r.limits.length > 0),
  };
}

function textsOfType(structure: Structure, type: string): readonly string[] {
  const isShown = (part: Part) => part.type === type && !(isAttached(part) && part.disposition === 'attachment');
  return structure.parts
    .filter(isShown)
    .slice(0, maxSources)
    .map(part => decodeText(part.content.subarray(0, maxChars), part.charset).replaceAll('\r\n', '\n'));
}

function withinBounds(values: Iterable<string>): { readonly kept: readonly string[]; readonly isCut: boolean } {
  const kept: string[] = [];
  let room = maxChars;
  let isCut = false;
  for (const value of values) {
    if (value.trim() === '') continue;
    if (value.length > room) isCut = true;
    if (room <= 0) break;
    kept.push(value.slice(0, room));
    room -= value.length;
  }
  return { kept, isCut };
}
