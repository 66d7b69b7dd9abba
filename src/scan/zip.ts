// The members of a ZIP archive, read from their local headers in order: declared sizes are not believed, and the bytes
// that come out are counted against a budget (THREATS.md 35). Names are told, never used (THREATS.md 11); those of the
// central directory too, which most programs show, and which need not be those of the local headers (THREATS.md 34).

import { Readable } from 'node:stream';
import { createInflateRaw, inflateRawSync } from 'node:zlib';
import { letGo } from '../model/let-go.ts';
import type { Seekable } from '../model/seekable.ts';
import { errorCode } from '../model/thrown.ts';

export interface Budget {
  /** Bytes that may still be unpacked. */
  bytes: number;
  /** Members that may still be looked at. */
  members: number;
}

export interface Member {
  readonly name: string;
  readonly isEncrypted: boolean;
}

export interface Archive {
  readonly members: readonly Member[];
  /** The budget ended before the archive did. */
  readonly isOverBudget: boolean;
}

const signature = Buffer.from('504b0304', 'hex');
const headerBytes = 30;
const centralSignature = Buffer.from('504b0102', 'hex');
const centralHeaderBytes = 46;
const maxNameBytes = 512;

/**
 * Unpacks one member after the other: `take` gets what was deflated and came out whole. What is stored it does not get:
 * its bytes stand in the archive as they are, and so do the headers of an archive that they are.
 */
export async function readZip(
  file: Seekable,
  budget: Budget,
  take: (content: Buffer, member: Member) => void,
): Promise<Archive> {
  const members: Member[] = [];
  for (let local = localHeader(file, 0); local !== null; local = localHeader(file, local.contentStart)) {
    if (budget.members <= 0 || budget.bytes <= 0) return { members, isOverBudget: true };
    budget.members -= 1;
    members.push(local.member);
    const content = await unpack(file, local, budget);
    if (content !== null) take(content, local.member);
  }
  const listed = onlyListed(file, members, budget);
  return { members: [...members, ...listed.members], isOverBudget: listed.isOverBudget || budget.bytes <= 0 };
}

/** The same without the members' content: nothing is unpacked, so that the size of an honest archive does not matter. */
export function listZip(file: Seekable, budget: Pick<Budget, 'members'>): Archive {
  const members: Member[] = [];
  for (let local = localHeader(file, 0); local !== null; local = localHeader(file, local.contentStart)) {
    if (budget.members <= 0) return { members, isOverBudget: true };
    budget.members -= 1;
    members.push(local.member);
  }
  const listed = onlyListed(file, members, budget);
  return { members: [...members, ...listed.members], isOverBudget: listed.isOverBudget };
}

/** Members that the central directory calls by names which no local header has. */
function onlyListed(file: Seekable, members: readonly Member[], budget: Pick<Budget, 'members'>): Archive {
  const known = new Set(members.map(member => member.name));
  const found: Member[] = [];
  let left = members.length + budget.members;
  for (let at = file.indexOf(centralSignature); at >= 0; at = file.indexOf(centralSignature, at + 4)) {
    if (at + centralHeaderBytes > file.length) break;
    if (left-- <= 0) return { members: found, isOverBudget: true };
    const member = listedMember(file, at);
    if (known.has(member.name)) continue;
    known.add(member.name);
    budget.members -= 1;
    found.push(member);
  }
  return { members: found, isOverBudget: false };
}

/** APPNOTE.TXT 4.3.12. */
function listedMember(file: Seekable, at: number): Member {
  const header = file.subarray(at, at + centralHeaderBytes + maxNameBytes);
  const flags = header.readUInt16LE(8);
  return {
    name: nameIn(header, centralHeaderBytes, header.readUInt16LE(28), flags),
    isEncrypted: (flags & encrypted) !== 0,
  };
}

interface LocalHeader {
  readonly member: Member;
  readonly method: number;
  readonly contentStart: number;
  readonly packedBytes: number;
}

/** The first at `from` or after (APPNOTE.TXT 4.3.7): sizes may be declared after the content, or falsely, so it is sought, not computed. */
function localHeader(file: Seekable, from: number): LocalHeader | null {
  const at = file.indexOf(signature, from);
  if (at < 0 || at + headerBytes > file.length) return null;
  const header = file.subarray(at, at + headerBytes + maxNameBytes);
  const flags = header.readUInt16LE(6);
  const nameBytes = header.readUInt16LE(26);
  return {
    member: { name: nameIn(header, headerBytes, nameBytes, flags), isEncrypted: (flags & encrypted) !== 0 },
    method: header.readUInt16LE(8),
    contentStart: at + headerBytes + nameBytes + header.readUInt16LE(28),
    packedBytes: header.readUInt32LE(18),
  };
}

/** Bits of the flags (APPNOTE.TXT 4.4.4). */
const encrypted = 1;
const utf8Name = 0x800;

function nameIn(header: Buffer, start: number, nameBytes: number, flags: number): string {
  return header.toString(
    (flags & utf8Name) !== 0 ? 'utf8' : 'latin1',
    start,
    start + Math.min(nameBytes, maxNameBytes),
  );
}

const stored = 0;
const deflated = 8;

async function unpack(file: Seekable, local: LocalHeader, budget: Budget): Promise<Buffer | null> {
  if (local.member.isEncrypted) return null;
  if (local.method === stored)
    budget.bytes -= Math.max(0, Math.min(local.packedBytes, file.length - local.contentStart));
  if (local.method !== deflated) return null;
  const content = await inflated(file, local, Math.max(1, budget.bytes));
  if (content === 'too large') budget.bytes = 0;
  // What is damaged is its reader's loss too.
  if (typeof content === 'string') return null;
  budget.bytes -= content.length;
  return content;
}

/** Of a member, packed and unpacked, that is inflated at once; of a larger one no more than windows are held until its size is known. */
const smallPackedBytes = 512 * 1024;
const smallBytes = 1024 * 1024;
const pieceBytes = 48 * 1024;

type Inflated = Buffer | 'too large' | 'damaged';

async function inflated(file: Seekable, local: LocalHeader, maxBytes: number): Promise<Inflated> {
  // The declared size is a first guess.
  const end = local.contentStart + Math.min(Math.max(local.packedBytes, pieceBytes), smallPackedBytes);
  try {
    return inflateRawSync(file.subarray(local.contentStart, end), { maxOutputLength: Math.min(maxBytes, smallBytes) });
  } catch (error) {
    if (error instanceof RangeError && maxBytes <= smallBytes) return 'too large';
    const mayGoOn = error instanceof RangeError || (isCutOff(error) && end < file.length);
    return mayGoOn ? inflatedInPieces(file, local.contentStart, maxBytes) : 'damaged';
  }
}

const isCutOff = (error: unknown): boolean => errorCode(error) === 'Z_BUF_ERROR';

/** Counts what comes out before it is kept: a bomb is never held. */
async function inflatedInPieces(file: Seekable, start: number, maxBytes: number): Promise<Inflated> {
  try {
    let sizeBytes = 0;
    for await (const piece of inflating(file, start)) {
      sizeBytes += piece.length;
      if (sizeBytes > maxBytes) return 'too large';
    }
    const content = Buffer.allocUnsafeSlow(sizeBytes);
    let filled = 0;
    for await (const piece of inflating(file, start)) filled += piece.copy(content, filled);
    return content;
  } catch {
    return 'damaged';
  }
}

async function* inflating(file: Seekable, start: number): AsyncGenerator<Buffer> {
  const inflate = createInflateRaw({ chunkSize: pieceBytes });
  const packed = Readable.from(pieces(file, start), { objectMode: false });
  try {
    for await (const piece of packed.pipe(inflate)) {
      yield piece;
      letGo(2 * pieceBytes);
    }
  } finally {
    packed.destroy();
  }
}

function* pieces(file: Seekable, start: number): Generator<Buffer> {
  for (let at = start; at < file.length; at += pieceBytes) yield file.subarray(at, at + pieceBytes);
}
