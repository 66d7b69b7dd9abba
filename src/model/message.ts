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

/** `bytes` in the place of a range: none to leave it out, an empty range to insert. */
export interface Edit extends ByteRange {
  readonly bytes: Uint8Array;
}

/** What leaves us: `message` with `edits` made, after `prepended`. Nothing else may differ (DESIGN.md section 2). */
export interface Outgoing {
  /** Complete header fields, each ended by CRLF; ASCII. */
  readonly prepended: string;
  /** Ascending by their starts, not overlapping, offsets of the message as it came. */
  readonly edits: readonly Edit[];
  readonly message: Message;
}

/** The edit that leaves `range` out. */
export const without = ({ start, end }: ByteRange): Edit => ({ start, end, bytes: nothing });
const nothing = new Uint8Array(0);

/** Whether `edits` can be made on `sizeBytes` bytes: ascending, apart, and within them. */
export function areSound(edits: readonly Edit[], sizeBytes: number): boolean {
  let from = 0;
  for (const { start, end } of edits) {
    if (start < from || end < start) return false;
    from = end;
  }
  return from <= sizeBytes;
}

/** Of what leaves, in bytes. */
export function outgoingSize({ prepended, edits, message }: Outgoing): number {
  return edits.reduce(
    (size, { start, end, bytes }) => size - (end - start) + bytes.length,
    prepended.length + message.sizeBytes,
  );
}

/** The bytes of `outgoing` in order. */
export async function* outgoingChunks(outgoing: Outgoing): AsyncGenerator<Uint8Array> {
  if (outgoing.prepended !== '') yield new TextEncoder().encode(outgoing.prepended);
  const splice = new Splice(outgoing.edits);
  for await (const chunk of outgoing.message.chunks()) yield* splice.next(chunk);
  yield* splice.rest();
}

/** Edits made on bytes that come in pieces. */
export class Splice {
  readonly #edits: readonly Edit[];
  /** Of the first edit whose bytes have not been given. */
  #edit = 0;
  /** Of the next piece, and of the first byte that no edit has taken the place of. */
  #offset = 0;
  #keptFrom = 0;

  constructor(edits: readonly Edit[]) {
    this.#edits = edits;
  }

  /** What leaves up to the end of `chunk`; an insertion there comes with what follows. */
  *next(chunk: Uint8Array): Generator<Uint8Array> {
    const offset = this.#offset;
    const end = offset + chunk.length;
    for (let edit = this.#edits[this.#edit]; edit !== undefined && edit.start < end; edit = this.#edits[this.#edit]) {
      if (edit.start > this.#keptFrom) yield chunk.subarray(this.#keptFrom - offset, edit.start - offset);
      if (edit.bytes.length > 0) yield edit.bytes;
      this.#keptFrom = edit.end;
      this.#edit += 1;
    }
    if (this.#keptFrom < end) yield this.#keptFrom === offset ? chunk : chunk.subarray(this.#keptFrom - offset);
    this.#keptFrom = Math.max(this.#keptFrom, end);
    this.#offset = end;
  }

  /** What is inserted at the very end. */
  *rest(): Generator<Uint8Array> {
    for (const { bytes } of this.#edits.slice(this.#edit)) if (bytes.length > 0) yield bytes;
  }
}
