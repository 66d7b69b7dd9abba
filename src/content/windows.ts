// Content whose transfer encoding is undone each time that it is read, a window at a time: a large message is held as it came, and
// what is attached to it nowhere else.

import { letGo } from '../model/let-go.ts';
import type { Seekable } from '../model/seekable.ts';
import { base64Step, isMalformedBase64, quotedPrintableStep, room, type Step } from './transfer-encoding.ts';

/** Of 64 KiB of base64: more costs no less time, and its text would not be garbage that is soon collected. */
const windowBytes = 48 * 1024;

/**
 * The window that was read last in this thread. Contents are told apart by numbers: a reference would keep the last one,
 * and its message, until another is read.
 */
const scratch = {
  ids: 0,
  id: 0,
  index: -1,
  bytes: Buffer.alloc(0),
  /** To be filled with a window. */
  take(id: number, index = -1): Buffer {
    if (this.bytes.length === 0) this.bytes = Buffer.alloc(windowBytes);
    this.id = id;
    this.index = index;
    return this.bytes;
  },
};

/** What a large `encoded` decodes to, and whether readers may disagree about that. */
export function decodedInWindows(
  encoded: Uint8Array,
  encoding: 'base64' | 'quoted-printable',
): { readonly content: Seekable; readonly isMalformed: boolean } {
  if (encoding === 'quoted-printable') {
    const content = new Windows(encoded, quotedPrintableStep);
    return { content, isMalformed: content.oddFrom !== null };
  }
  const content = new Windows(encoded, base64Step);
  return { content, isMalformed: isMalformedBase64(encoded, content.oddFrom, content.length) };
}

/** Of a window; a later reading of it goes straight to `plainTo`, where nothing in it is odd. */
interface Start {
  readonly encoded: number;
  readonly decoded: number;
  readonly plainTo: number | undefined;
}

class Windows implements Seekable {
  readonly length: number;
  /** Where the first step was that met something odd; null where none did. */
  readonly oddFrom: number | null;
  readonly #encoded: Uint8Array;
  readonly #step: Step;
  /** Where each window starts, encoded and decoded; the end of the last one closes the list. */
  readonly #starts: Start[] = [];
  readonly #id = ++scratch.ids;

  constructor(encoded: Uint8Array, step: Step) {
    this.#encoded = encoded;
    this.#step = step;
    let oddFrom: number | null = null;
    let decoded = 0;
    for (let at = 0; at < encoded.length; ) {
      const { next, length, isOdd } = step(encoded, at, scratch.take(0));
      if (isOdd) oddFrom ??= at;
      this.#starts.push({ encoded: at, decoded, plainTo: isOdd ? undefined : next });
      at = next;
      decoded += length;
    }
    this.#starts.push({ encoded: encoded.length, decoded, plainTo: undefined });
    this.length = decoded;
    this.oddFrom = oddFrom;
  }

  indexOf(needle: Uint8Array, from = 0): number {
    // The end of what was searched, where a needle may begin that ends in the next window.
    let carry: Buffer = nothing;
    for (let index = this.#indexAt(from); index < this.#starts.length - 1; index++) {
      const window = this.#window(index);
      const start = this.#startOf(index);
      const seam = Buffer.concat([carry, window.subarray(0, needle.length - 1)]);
      const acrossSeam = firstIn(seam, needle, from - (start - carry.length));
      if (acrossSeam >= 0) return start - carry.length + acrossSeam;
      const inside = firstIn(window, needle, from - start);
      if (inside >= 0) return start + inside;
      carry = lastBytes(carry, window, needle.length - 1);
    }
    return -1;
  }

  subarray(start = 0, end = this.length): Buffer {
    const to = Math.min(end, this.length);
    const from = Math.min(start, to);
    const bytes = room(to - from);
    letGo(bytes.length);
    let filled = 0;
    for (let index = this.#indexAt(from); filled < bytes.length; index++)
      filled += this.#window(index).copy(bytes, filled, Math.max(0, from - this.#startOf(index)));
    return bytes;
  }

  #startOf(index: number): number {
    return this.#starts[index]?.decoded ?? this.length;
  }

  /** The last window that starts at `offset` or before. */
  #indexAt(offset: number): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.#startOf(middle) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Valid until the next window is read, of this content or another one. */
  #window(index: number): Buffer {
    const length = this.#startOf(index + 1) - this.#startOf(index);
    if (scratch.id !== this.#id || scratch.index !== index) {
      const { encoded = 0, plainTo } = this.#starts[index] ?? {};
      this.#step(this.#encoded, encoded, scratch.take(this.#id, index), plainTo);
    }
    return scratch.bytes.subarray(0, length);
  }
}

const nothing = Buffer.alloc(0);

const firstIn = (bytes: Buffer, needle: Uint8Array, from: number): number => bytes.indexOf(needle, Math.max(0, from));

/** A copy of the last `length` bytes of `before` and `bytes` together. */
function lastBytes(before: Buffer, bytes: Buffer, length: number): Buffer {
  const own = bytes.subarray(Math.max(0, bytes.length - length));
  return Buffer.concat([before.subarray(Math.max(0, before.length + own.length - length)), own]);
}
