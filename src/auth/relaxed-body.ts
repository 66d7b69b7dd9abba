// The body hash of relaxed canonicalisation (RFC 6376 §3.4.4), quick where nothing is to be changed.

import type { RelaxedHash } from 'mailauth/lib/dkim/body/relaxed.js';

const LF = 10;
/** Lines that are looked at together: one that needs care takes so much with it. */
const pieceBytes = 4096;

/** Adds `body`, in which each LF has its CR, to `hash`. */
export function hashRelaxed(hash: RelaxedHash, body: Buffer): void {
  for (let from = 0; from < body.length; ) {
    const end = endOfLines(body, from);
    const piece = body.subarray(from, end);
    if (isWholeLines(hash, piece) && isCanonical(piece)) {
      hash.byteLength += piece.length;
      hash._pushBodyHash(piece);
    } else {
      hash.update(piece);
    }
    from = end;
  }
}

/** The end of the last line that ends within a piece from `from` on, else that of the piece's only line. */
function endOfLines(body: Buffer, from: number): number {
  const last = body.lastIndexOf(LF, from + pieceBytes - 1);
  const end = last >= from ? last : body.indexOf(LF, from + pieceBytes);
  return end < 0 ? body.length : end + 1;
}

/** Nothing of a line before waits for its end. */
const isWholeLines = (hash: RelaxedHash, piece: Buffer): boolean =>
  (hash.remainder === false || hash.remainder.length === 0) && piece.at(-1) === LF;

/** No space at the end of a line, none beside another, and no tab. */
const isCanonical = (lines: Buffer): boolean =>
  !lines.includes('  ', 0, 'latin1') && !lines.includes(' \r\n', 0, 'latin1') && !lines.includes('\t', 0, 'latin1');
