// What a message carries beside its text, by name and content, in every reading.

import type { Seekable } from '../model/seekable.ts';
import type { Part, Structure } from './mime.ts';
import type { Parsed } from './parsed.ts';
import { uuencodedFiles } from './transfer-encoding.ts';

export interface Attachment {
  /** As the likeliest reader decodes it; `''` where there is none. */
  readonly name: string;
  /** All names that some reader may show, `name` first. */
  readonly names: readonly string[];
  /** As declared, lower case. */
  readonly type: string;
  /** `inline` parts without a name, as images in HTML, are attachments too. */
  readonly isInline: boolean;
  readonly content: Seekable;
}

/** Types that a reader shows as the message itself, unless they are named or called an attachment. */
const shown = new Set(['text/plain', 'text/html', 'text/enriched', 'text/watch-html', 'message/delivery-status']);

export function isAttached(part: Pick<Part, 'type' | 'disposition' | 'filenames'>): boolean {
  if (part.disposition !== null && part.disposition !== 'inline') return true;
  return part.filenames.length > 0 || !shown.has(part.type);
}

export function attachments(structure: Structure, parsed: Parsed): readonly Attachment[] {
  const encoded = structure.anomalies.has('uuencoded') ? structure.parts.flatMap(uuencoded) : [];
  const found: Attachment[] = [...structure.parts.filter(isAttached).map(fromPart), ...encoded];
  if (structure.anomalies.size === 0 || parsed.state !== 'parsed') return found;
  // Where readers may disagree, what only mailparser sees counts too.
  const known = new Set(found.flatMap(a => a.names));
  for (const { filename, type, content } of parsed.attachments) {
    if (filename === null || known.has(filename.trim())) continue;
    found.push({ name: filename, names: [filename], type, isInline: false, content });
  }
  return found;
}

function fromPart(part: Part): Attachment {
  return {
    name: part.filenames[0] ?? '',
    names: part.filenames,
    type: part.type,
    isInline: part.disposition === 'inline' || (part.disposition === null && part.filenames.length === 0),
    content: part.content,
  };
}

function uuencoded(part: Part): readonly Attachment[] {
  if (!part.type.startsWith('text/')) return [];
  return uuencodedFiles(part.content).map(({ name, bytes }) => ({
    name,
    names: [name],
    type: 'application/octet-stream',
    isInline: false,
    content: bytes,
  }));
}

/**
 * The extension by which an operating system would open `name`: lower case, without its dot; `''` where there is none.
 * Trailing dots and spaces are dropped as Windows does, characters that are not seen as well; the order of the
 * characters is that of the bytes, whatever a right-to-left override makes a reader see (THREATS.md 19).
 */
export function extension(name: string): string {
  const bare = name.replace(/[\p{Cc}\p{Cf}]/gu, '').replace(/[\s.]+$/u, '');
  const dot = bare.lastIndexOf('.');
  // `name.txt:stream` and `name.exe::$DATA` open the file before the colon.
  return dot < 0
    ? ''
    : bare
        .slice(dot + 1)
        .replace(/:.*$/s, '')
        .trim()
        .toLowerCase()
        .slice(0, 20);
}
