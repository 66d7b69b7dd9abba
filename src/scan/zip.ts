// The members of a ZIP archive, read from their local headers in order: declared sizes are not believed, and the bytes
// that come out are counted against a budget (THREATS.md 35). Names are told, never used (THREATS.md 11).

import { inflateRawSync } from 'node:zlib';

export interface Budget {
  /** Bytes that may still be unpacked. */
  bytes: number;
  /** Members that may still be looked at. */
  members: number;
}

export interface Member {
  readonly name: string;
  readonly isEncrypted: boolean;
  /** Null where it was not unpacked: encrypted, an unknown method, damaged, or over the budget. */
  readonly content: Uint8Array | null;
}

export interface Archive {
  readonly members: readonly Member[];
  /** The budget ended before the archive did. */
  readonly isOverBudget: boolean;
}

const signature = Buffer.from('504b0304', 'hex');
const headerBytes = 30;

export function readZip(bytes: Uint8Array, budget: Budget): Archive {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const members: Member[] = [];
  let at = file.indexOf(signature);
  while (at >= 0 && at + headerBytes <= file.length) {
    if (budget.members <= 0 || budget.bytes <= 0) return { members, isOverBudget: true };
    budget.members -= 1;
    const local = localHeader(file, at);
    members.push({ name: local.name, isEncrypted: local.isEncrypted, content: unpack(file, local, budget) });
    // The size may be declared after the content, or falsely: the next header is sought, not computed.
    at = file.indexOf(signature, local.contentStart);
  }
  return { members, isOverBudget: budget.bytes <= 0 };
}

interface LocalHeader {
  readonly name: string;
  readonly isEncrypted: boolean;
  readonly method: number;
  readonly contentStart: number;
  readonly packedBytes: number;
}

/** APPNOTE.TXT 4.3.7. */
function localHeader(file: Buffer, at: number): LocalHeader {
  const flags = file.readUInt16LE(at + 6);
  const nameEnd = at + headerBytes + file.readUInt16LE(at + 26);
  const isUtf8 = (flags & 0x800) !== 0;
  return {
    name: file.toString(isUtf8 ? 'utf8' : 'latin1', at + headerBytes, Math.min(nameEnd, at + headerBytes + 512)),
    isEncrypted: (flags & 1) !== 0,
    method: file.readUInt16LE(at + 8),
    contentStart: nameEnd + file.readUInt16LE(at + 28),
    packedBytes: file.readUInt32LE(at + 18),
  };
}

const stored = 0;
const deflated = 8;

function unpack(file: Buffer, local: LocalHeader, budget: Budget): Uint8Array | null {
  if (local.isEncrypted) return null;
  const content = contentOf(file, local, budget);
  budget.bytes -= content?.length ?? 0;
  return content;
}

function contentOf(file: Buffer, local: LocalHeader, budget: Budget): Uint8Array | null {
  // Every stored member's bytes are already in the archive's own, so they cost no budget worth the name.
  if (local.method === stored) return file.subarray(local.contentStart, local.contentStart + local.packedBytes);
  if (local.method !== deflated) return null;
  try {
    return inflateRawSync(file.subarray(local.contentStart), { maxOutputLength: Math.max(1, budget.bytes) });
  } catch (error) {
    // Over the budget, which is then used up; or damaged, which is its reader's loss too.
    if (error instanceof RangeError) budget.bytes = 0;
    return null;
  }
}
