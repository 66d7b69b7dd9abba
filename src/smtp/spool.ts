// The content of one transaction while it arrives: up to 256 KiB in shared memory, beyond that a file of our naming.

import { createHash } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { TemporaryFailure } from '../model/failure.ts';
import { headerLimits, headerSection } from '../model/header.ts';
import type { Id } from '../model/ids.ts';
import { letGo } from '../model/let-go.ts';
import type { Message } from '../model/message.ts';

/** What is kept in memory of every message; the header section is looked for within it. */
const memoryBytes = headerLimits.bytes;
/** Not the client's word for the size: saying 50 MiB costs it nothing. */
const firstBytes = 16 * 1024;
const blockBytes = 64 * 1024;
/** From here on the buffers of a message that passes, ours and the socket's, are worth looking for. */
const largeBytes = 4 * 1024 * 1024;

export class Spool {
  readonly #path: string;
  readonly #hash = createHash('sha256');
  #memory = new Uint8Array(new SharedArrayBuffer(firstBytes));
  #sizeBytes = 0;
  #file: FileHandle | null = null;
  /** Bytes that wait to be written to the file. */
  #block: Buffer = Buffer.alloc(0);
  #blockLength = 0;

  constructor(folder: string, id: Id) {
    this.#path = join(folder, id);
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /**
   * Keeps a copy of `bytes`. A promise where the disk has to be waited for, null otherwise.
   * Rejects with the system's error (ENOSPC, EIO); the spool can then only be discarded.
   */
  write(bytes: Uint8Array): Promise<void> | null {
    this.#hash.update(bytes);
    const inMemory = Math.min(bytes.length, memoryBytes - Math.min(this.#sizeBytes, memoryBytes));
    if (inMemory > 0) this.#keepInMemory(bytes.subarray(0, inMemory));
    this.#sizeBytes += bytes.length;
    return inMemory < bytes.length ? this.#writeToFile(bytes.subarray(inMemory)) : null;
  }

  /** The message, complete. Readable until `discard`. */
  async finish(hadBareNewlines: boolean): Promise<Message> {
    await this.#flush();
    const kept = this.#memory.subarray(0, Math.min(this.#sizeBytes, memoryBytes));
    const sizeBytes = this.#sizeBytes;
    return {
      sizeBytes,
      sha256: this.#hash.digest('hex'),
      hadBareNewlines,
      header: kept.subarray(0, Math.min(headerSection(kept).bodyStart, headerLimits.bytes)),
      bytes: async () => (sizeBytes === kept.length ? kept : await this.#wholeOf(kept)),
      chunks: () => this.#chunksAfter(kept),
    };
  }

  /** Removes the file, if there is one; never throws. */
  async discard(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    if (file === null) return;
    // A file that could not be removed goes with the process's folder.
    await file.close().catch(() => {});
    await unlink(this.#path).catch(() => {});
  }

  #keepInMemory(bytes: Uint8Array): void {
    const needed = this.#sizeBytes + bytes.length;
    if (needed > this.#memory.length) {
      // Growing by a factor keeps the copies linear in the size.
      const grown = new Uint8Array(
        new SharedArrayBuffer(Math.min(memoryBytes, Math.max(needed, 4 * this.#memory.length))),
      );
      grown.set(this.#memory.subarray(0, this.#sizeBytes));
      this.#memory = grown;
    }
    this.#memory.set(bytes, this.#sizeBytes);
  }

  async #writeToFile(bytes: Uint8Array): Promise<void> {
    if (this.#sizeBytes > largeBytes) letGo(bytes.length);
    // The caller's buffer is its own again once we wait, so the copy comes first.
    let rest = this.#fill(bytes);
    if (rest.length > 0) rest = new Uint8Array(rest);
    while (rest.length > 0) {
      await this.#flush();
      rest = this.#fill(rest);
    }
  }

  /** Copies what fits into the block; returns what does not. */
  #fill(bytes: Uint8Array): Uint8Array {
    if (this.#block.length === 0) this.#block = Buffer.allocUnsafe(blockBytes);
    const fits = Math.min(bytes.length, blockBytes - this.#blockLength);
    this.#block.set(bytes.subarray(0, fits), this.#blockLength);
    this.#blockLength += fits;
    return bytes.subarray(fits);
  }

  async #flush(): Promise<void> {
    if (this.#blockLength === 0) return;
    this.#file ??= await open(this.#path, 'wx+', 0o600);
    await writeAll(this.#file, this.#block.subarray(0, this.#blockLength));
    this.#blockLength = 0;
  }

  async #wholeOf(kept: Uint8Array): Promise<Uint8Array<SharedArrayBuffer>> {
    const whole = new Uint8Array(new SharedArrayBuffer(this.#sizeBytes));
    whole.set(kept);
    const spooled = whole.subarray(kept.length);
    for (let at = 0; at < spooled.length; ) at += await this.#read(spooled.subarray(at), at);
    return whole;
  }

  async *#chunksAfter(kept: Uint8Array): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < kept.length; at += blockBytes) yield kept.subarray(at, at + blockBytes);
    const end = this.#sizeBytes - kept.length;
    for (let at = 0; at < end; ) {
      const block = Buffer.allocUnsafe(Math.min(blockBytes, end - at));
      const length = await this.#read(block, at);
      yield block.subarray(0, length);
      if (at > largeBytes) letGo(block.length);
      at += length;
    }
  }

  /** Fills the start of `block`, as far as it pleases the system, with what the file holds from `at` on: how many bytes. */
  async #read(block: Uint8Array, at: number): Promise<number> {
    if (this.#file === null) throw new TemporaryFailure('a spooled message was read after its end', {});
    const { bytesRead } = await this.#file.read(block, 0, block.length, at);
    if (bytesRead === 0) throw new TemporaryFailure('a spool file is shorter than it was', { path: this.#path });
    return bytesRead;
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at)).bytesWritten;
}
