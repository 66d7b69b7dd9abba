// The members of a ZIP archive, read from their local headers in order: declared sizes are not believed, and the bytes
// that come out are counted against a budget (THREATS.md 35). Names are told, never used (THREATS.md 11); those of the
// central directory too, which most programs show, and which need not be those of the local headers (THREATS.md 34).

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

type Open = (file: Buffer, local: LocalHeader) => Member['content'];

const signature = Buffer.from('504b0304', 'hex');
const headerBytes = 30;
const centralSignature = Buffer.from('504b0102', 'hex');
const centralHeaderBytes = 46;
const maxNameBytes = 512;

export function readZip(bytes: Uint8Array, budget: Budget): Archive {
  return walk(bytes, budget, (file, local) => unpack(file, local, budget));
}

/** The same without the members' content: nothing is unpacked, so that the size of an honest archive does not matter. */
export function listZip(bytes: Uint8Array, budget: Pick<Budget, 'members'>): Archive {
  return walk(bytes, budget, () => null);
}

function walk(bytes: Uint8Array, budget: Partial<Budget> & Pick<Budget, 'members'>, open: Open): Archive {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isSpent = (): boolean => budget.bytes !== undefined && budget.bytes <= 0;
  const members: Member[] = [];
  let at = file.indexOf(signature);
  while (at >= 0 && at + headerBytes <= file.length) {
    if (budget.members <= 0 || isSpent()) return { members, isOverBudget: true };
    budget.members -= 1;
    const local = localHeader(file, at);
    members.push({ name: local.name, isEncrypted: local.isEncrypted, content: open(file, local) });
    // The size may be declared after the content, or falsely: the next header is sought, not computed.
    at = file.indexOf(signature, local.contentStart);
  }
  const listed = onlyListed(file, members, budget);
  return { members: [...members, ...listed.members], isOverBudget: listed.isOverBudget || isSpent() };
}

/** Members that the central directory calls by names which no local header has. */
function onlyListed(file: Buffer, members: readonly Member[], budget: Pick<Budget, 'members'>): Archive {
  const known = new Set(members.map(member => member.name));
  const found: Member[] = [];
  let left = members.length + budget.members;
  for (let at = file.indexOf(centralSignature); at >= 0; at = file.indexOf(centralSignature, at + 4)) {
    if (at + centralHeaderBytes > file.length) break;
    if (left-- <= 0) return { members: found, isOverBudget: true };
    const { name, isEncrypted } = centralHeader(file, at);
    if (known.has(name)) continue;
    known.add(name);
    budget.members -= 1;
    found.push({ name, isEncrypted, content: null });
  }
  return { members: found, isOverBudget: false };
}

/** APPNOTE.TXT 4.3.12. */
function centralHeader(file: Buffer, at: number): Pick<Member, 'name' | 'isEncrypted'> {
  const flags = file.readUInt16LE(at + 8);
  const nameStart = at + centralHeaderBytes;
  return {
    name: nameIn(file, nameStart, nameStart + file.readUInt16LE(at + 28), flags),
    isEncrypted: (flags & encrypted) !== 0,
  };
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
  return {
    name: nameIn(file, at + headerBytes, nameEnd, flags),
    isEncrypted: (flags & encrypted) !== 0,
    method: file.readUInt16LE(at + 8),
    contentStart: nameEnd + file.readUInt16LE(at + 28),
    packedBytes: file.readUInt32LE(at + 18),
  };
}

/** Bits of the flags (APPNOTE.TXT 4.4.4). */
const encrypted = 1;
const utf8Name = 0x800;

function nameIn(file: Buffer, start: number, end: number, flags: number): string {
  return file.toString((flags & utf8Name) !== 0 ? 'utf8' : 'latin1', start, Math.min(end, start + maxNameBytes));
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
