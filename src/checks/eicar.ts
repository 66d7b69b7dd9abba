// The EICAR test file, in any reading of the message and inside its ZIP archives: found with or without a virus scanner.

import type { Content } from '../content/mail.ts';
import { flag, text } from '../model/shape.ts';
import { hasEicar } from '../scan/eicar.ts';
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
    if (hasEicar(mail.raw)) return { found: true, part: 'message', is_complete: true };
    const shared = budget();
    for (const content of await mail.contents()) {
      const bytes = await content.bytes();
      await mail.turnFor(bytes);
      if (hasEicar(bytes) || isInside(bytes, shared, 0)) return found(content);
    }
    return { found: false, part: '', is_complete: shared.bytes > 0 && shared.members > 0 };
  },
});

const found = ({ where }: Content) => ({ found: true, part: where.slice(0, 120), is_complete: true });

const zipStart = Buffer.from('504b0304', 'hex');

function isInside(bytes: Uint8Array, shared: Budget, depth: number): boolean {
  if (depth >= maxArchiveDepth || !Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(zipStart))
    return false;
  const { members } = readZip(bytes, shared);
  return members.some(({ content }) => content !== null && (hasEicar(content) || isInside(content, shared, depth + 1)));
}
