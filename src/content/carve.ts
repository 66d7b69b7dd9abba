// A reading without structure, for mail that readers disagree about: whatever looks encoded is decoded, wherever it stands.

import type { Seekable } from '../model/seekable.ts';
import { decode, uuencodedFiles } from './transfer-encoding.ts';
import { turnFor } from './turns.ts';
import { decodedInWindows } from './windows.ts';

/** Only content that may hold something is worth a scanner's time. */
const minEncodedBytes = 40;
const maxPieces = 200;

/** Pieces of content that some reader might take out of `raw`, beside those that follow its structure: each is decoded when it is asked for. */
export async function carve(raw: Uint8Array): Promise<readonly (() => Seekable)[]> {
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  await turnFor(raw);
  const blocks = base64Blocks(bytes);
  const pieces = blocks.map(block => () => decoded(block, 'base64'));
  await turnFor(raw);
  if (bytes.includes('=')) pieces.push(() => decoded(bytes, 'quoted-printable'));
  await turnFor(raw);
  for (const file of uuencodedFiles(bytes, maxPieces)) pieces.push(() => file.bytes);
  return pieces;
}

/** From this size on what is carved is not held decoded. */
const largeBytes = 64 * 1024;

const decoded = (bytes: Uint8Array, encoding: 'base64' | 'quoted-printable'): Seekable =>
  bytes.length < largeBytes ? decode(bytes, encoding).bytes : decodedInWindows(bytes, encoding).content;

const other = 0;
const letter = 1;
const space = 2;
const lineEnd = 3;

/** What a byte is to a run of base64. */
const kinds = new Uint8Array(256).fill(other);
for (const c of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=') kinds[c.charCodeAt(0)] = letter;
for (const c of ' \t\v\f\xa0') kinds[c.charCodeAt(0)] = space;
// A lone CR, and NUL in place of white space, end a line for some readers.
for (const c of '\r\n\0') kinds[c.charCodeAt(0)] = lineEnd;

/** Runs of lines that hold base64 and nothing else; a line with other text, a field, a delimiter or no text ends a run. */
function base64Blocks(bytes: Buffer): readonly Uint8Array[] {
  const blocks: Uint8Array[] = [];
  let start = 0;
  let end = 0;
  const close = () => {
    if (end - start >= minEncodedBytes && blocks.length < maxPieces) blocks.push(bytes.subarray(start, end));
  };
  for (let at = 0; at < bytes.length; at++) {
    if (kinds[bytes[at] ?? 0] === lineEnd) continue;
    const index = at;
    let isPlain = true;
    let textEnd = at;
    for (; at < bytes.length && kinds[bytes[at] ?? 0] !== lineEnd; at++) {
      const kind = kinds[bytes[at] ?? 0];
      if (kind === space) continue;
      // White space may only end a line.
      if (kind === other || textEnd < at) isPlain = false;
      textEnd = at + 1;
    }
    const isEncoded = isPlain && at - index >= 4;
    // More than a line end between two lines is an empty line.
    if (!isEncoded || index - end > 2) {
      close();
      start = index;
    }
    end = isEncoded ? at : index;
    if (!isEncoded) start = end;
  }
  close();
  return blocks;
}
