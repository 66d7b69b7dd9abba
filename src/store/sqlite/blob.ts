// A blob: one line of JSON that says whose message this is, then the message as received, in one file. The line lets a
// blob that lost its row (killed between rename and commit) be adopted with its envelope, at the price of no second fsync.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { PermanentFailure } from '../../model/failure.ts';
import { headerLimits, headerSection } from '../../model/header.ts';
import type { Id } from '../../model/ids.ts';
import type { Message } from '../../model/message.ts';
import type { NewEntry } from '../quarantine.ts';

/** All of an entry that its row holds, but for what became of it. */
export interface KeptEntry extends NewEntry {
  readonly id: Id;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** The first line of the blob, with its LF. JSON escapes line breaks, so the first LF ends it. */
export function blobLabel(entry: KeptEntry): Buffer {
  return Buffer.from(`${JSON.stringify({ format: 1, ...entry })}\n`);
}

/** What `blobLabel` wrote, and where the message starts; null when the bytes do not start with a label of ours. */
export function readLabel(bytes: Buffer): { readonly entry: KeptEntry; readonly contentStart: number } | null {
  const lf = bytes.indexOf(10);
  if (lf < 0) return null;
  try {
    const { format, ...entry } = JSON.parse(bytes.toString('utf8', 0, lf));
    return format === 1 ? { entry, contentStart: lf + 1 } : null;
  } catch {
    return null;
  }
}

export interface BlobContent {
  readonly file: string;
  readonly contentStart: number;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/**
 * The message in a blob; its bytes are read when they are asked for, and reading them ends with a PermanentFailure when
 * they are not those that were kept. @throws PermanentFailure when the file is gone.
 */
export async function messageInBlob(blob: BlobContent): Promise<Message> {
  return {
    sizeBytes: blob.sizeBytes,
    sha256: blob.sha256,
    hadBareNewlines: false,
    header: await headerOf(blob),
    bytes: () => bytesOf(blob),
    chunks: () => intactChunks(blob),
  };
}

async function headerOf(blob: BlobContent): Promise<Uint8Array> {
  const file = await open(blob.file, 'r').catch(cause => {
    throw new PermanentFailure('the blob of a quarantine entry cannot be read', { file: blob.file, cause });
  });
  try {
    const start = Buffer.alloc(Math.min(headerLimits.bytes, blob.sizeBytes));
    const { bytesRead } = await file.read(start, 0, start.length, blob.contentStart);
    const read = start.subarray(0, bytesRead);
    return read.subarray(0, headerSection(read).bodyStart);
  } finally {
    await file.close();
  }
}

/** A next hop gets its end-of-data only after the last chunk: damage that is found there is in time. */
async function* intactChunks(blob: BlobContent): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(blob.file, { start: blob.contentStart })) {
    hash.update(chunk);
    yield chunk;
  }
  if (hash.digest('hex') !== blob.sha256) throw damaged(blob);
}

async function bytesOf(blob: BlobContent): Promise<Uint8Array<SharedArrayBuffer>> {
  const content = (await readFile(blob.file)).subarray(blob.contentStart);
  if (createHash('sha256').update(content).digest('hex') !== blob.sha256) throw damaged(blob);
  const bytes = new Uint8Array(new SharedArrayBuffer(content.length));
  bytes.set(content);
  return bytes;
}

const damaged = ({ file }: BlobContent): PermanentFailure =>
  new PermanentFailure('the blob of a quarantine entry is damaged', { file });
