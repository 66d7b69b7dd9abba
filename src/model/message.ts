// The content of one transaction: raw bytes after dot-unstuffing, passed on as a handle and never re-serialised.

/** A half-open range of byte offsets. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export interface Message {
  readonly sizeBytes: number;
  /** SHA-256 of the bytes, hexadecimal: names the body in receipts, deferrals and the quarantine. */
  readonly sha256: string;
  /** Bare CR or LF were found and made CRLF (`bare_newlines: normalise`). */
  readonly hadBareNewlines: boolean;
  /** The header section with its closing empty line, capped at 256 KiB; all that the trace fields need. */
  readonly header: Uint8Array;
  /** All bytes in shared memory: workers see them without a copy. A spooled message is read from its file on each call. */
  bytes(): Promise<Uint8Array<SharedArrayBuffer>>;
  /** The bytes in order, a file's in blocks of 64 KiB. May be called more than once. */
  chunks(): AsyncIterable<Uint8Array>;
}

/** What leaves us: `message` without `removed`, after `prepended`. Nothing else may differ (DESIGN.md section 2). */
export interface Outgoing {
  /** Complete header fields, each ended by CRLF; ASCII. */
  readonly prepended: string;
  /** Ascending, not overlapping, within the header section. */
  readonly removed: readonly ByteRange[];
  readonly message: Message;
}

/** The bytes of `outgoing` in order. */
export async function* outgoingChunks(outgoing: Outgoing): AsyncGenerator<Uint8Array> {
  if (outgoing.prepended !== '') yield new TextEncoder().encode(outgoing.prepended);
  let offset = 0;
  for await (const chunk of outgoing.message.chunks()) {
    yield* keptParts(chunk, offset, outgoing.removed);
    offset += chunk.length;
  }
}

/** The parts of `chunk` (which starts at `offset`) that lie outside `removed`. */
function* keptParts(chunk: Uint8Array, offset: number, removed: readonly ByteRange[]): Generator<Uint8Array> {
  let from = offset;
  const end = offset + chunk.length;
  for (const range of removed) {
    if (range.end <= from) continue;
    if (range.start >= end) break;
    if (range.start > from) yield chunk.subarray(from - offset, range.start - offset);
    from = Math.min(range.end, end);
  }
  if (from < end) yield from === offset ? chunk : chunk.subarray(from - offset);
}
