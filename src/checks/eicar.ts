// The EICAR test file, in any reading of the message and inside its ZIP archives: found with or without a virus scanner.

import type { Content } from '../content/mail.ts';
import { type Seekable, seekable } from '../model/seekable.ts';
import { flag, text } from '../model/shape.ts';
import { eicar, hasEicar } from '../scan/eicar.ts';
import { type Budget, readZip } from '../scan/zip.ts';
import { check } from './check.ts';

/** THREATS.md 35: for all archives of the message together, archives in archives included. */
const budget = (): Budget => ({ bytes: 16 * 1024 * 1024, members: 1000 });
const maxArchiveDepth = 4;

export const eicarCheck = check({
  name: 'eicar',
  after: [],
  timeoutMs: 10_000,
  about: 'The test file for virus scanners, in any part of the message, in any reading of it, and inside ZIP archives.',
  evidence: {
    found: flag('It is there, wherever it stands in a content.'),
    part: text('Where: `part 2 (eicar.com)`, `message`; empty when not found.'),
    is_complete: flag('Archives were searched to their end: false when one was over the budget.'),
  },
  async observe({ mail }) {
    await mail.turnFor(mail.raw);
    if (hasEicar(seekable(mail.raw))) return { found: true, part: 'message', is_complete: true };
    const shared = budget();
    for (const content of await mail.contents()) {
      const opened = await content.read();
      await mail.turnFor(opened);
      const has = marksIn(opened);
      if (has.eicar || (has.zip && (await isInside(opened, shared, 0)))) return found(content);
    }
    return { found: false, part: '', is_complete: shared.bytes > 0 && shared.members > 0 };
  },
});

const found = ({ where }: Content) => ({ found: true, part: where.slice(0, 120), is_complete: true });

const zipStart = Buffer.from('504b0304', 'hex');

/** What stands in `content`, found in one reading: a large one is decoded for each. */
function marksIn(content: Seekable): { readonly eicar: boolean; readonly zip: boolean } {
  const has = { eicar: false, zip: false };
  for (let at = 0; at < content.length; at += pieceBytes) {
    // Far enough that what begins in this piece ends in it.
    const piece = content.subarray(at, at + pieceBytes + eicar.length);
    if (hasEicar(piece)) return { ...has, eicar: true };
    has.zip ||= piece.includes(zipStart);
  }
  return has;
}

const pieceBytes = 48 * 1024;

async function isInside(archive: Seekable, shared: Budget, depth: number): Promise<boolean> {
  if (depth >= maxArchiveDepth) return false;
  const archives: Buffer[] = [];
  let isFound = false;
  await readZip(archive, shared, unpacked => {
    isFound ||= hasEicar(unpacked);
    if (unpacked.includes(zipStart)) archives.push(unpacked);
  });
  if (isFound) return true;
  for (const inner of archives) if (await isInside(inner, shared, depth + 1)) return true;
  return false;
}
