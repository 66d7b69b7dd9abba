// Content by BDAT, from the wire to the spool (RFC 3030 §2): each chunk is read to its announced end, whatever is wrong
// with it, so that its octets are never taken for commands.

import type { Faults } from '../model/clock.ts';
import { ChunkLines } from './chunk-lines.ts';
import type { Chunk } from './command.ts';
import { type Content, ContentKeeper, type ContentLimits } from './content-keeper.ts';
import type { ContentSource } from './receive-content.ts';
import type { Spool } from './spool.ts';

export class ChunkedContent {
  readonly spool: Spool;
  readonly #keeper: ContentKeeper;
  readonly #lines = new ChunkLines();

  constructor(spool: Spool, limits: ContentLimits, faults: Faults) {
    this.spool = spool;
    this.#keeper = new ContentKeeper(spool, limits, faults);
  }

  /** Reads one chunk. Null where it is kept and more may come; else the transaction has ended with it. */
  async take(source: ContentSource, { sizeBytes, isLast }: Chunk): Promise<Content | null> {
    for await (const octets of chunkOctets(source, sizeBytes)) {
      if (octets === null) return { state: 'gone' };
      const content = this.#lines.scan(octets);
      if (content === null) return { state: 'smuggled' };
      await this.#keeper.keep(content);
    }
    if (!isLast) return this.#keeper.defect(this.#lines.hadBareNewline);
    const end = this.#lines.end();
    if (end === null) return { state: 'smuggled' };
    await this.#keeper.keep(end);
    return await this.#keeper.outcome(this.#lines.hadBareNewline);
  }
}

/** Reads a chunk that nobody wants. False when the client is gone. */
export async function dropChunk(source: ContentSource, { sizeBytes }: Chunk): Promise<boolean> {
  for await (const octets of chunkOctets(source, sizeBytes)) if (octets === null) return false;
  return true;
}

/** The next `sizeBytes` octets as they come; null, and no more, when the client is gone before. */
async function* chunkOctets(source: ContentSource, sizeBytes: number): AsyncGenerator<Buffer | null> {
  for (let left = sizeBytes; left > 0; ) {
    const bytes = await source.read();
    if (bytes === null) return yield null;
    if (bytes.length > left) source.unread(bytes.subarray(left));
    const octets = bytes.subarray(0, left);
    left -= octets.length;
    yield octets;
  }
}
