// A chunk with single bytes put in and left out, copied only where there are any: most chunks pass as they are.

export class Patch {
  #bytes: Uint8Array = new Uint8Array(0);
  /** Where the bytes not yet copied start. */
  #kept = 0;
  #out = new Uint8Array(0);
  #length = 0;

  /** Forgets the chunk before, and what `until` gave of it. */
  begin(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#kept = 0;
    this.#length = 0;
  }

  /** Puts `byte` before the one at `at`; at most one for each that is there. */
  insert(at: number, byte: number): void {
    this.#copy(at);
    this.#out[this.#length++] = byte;
  }

  drop(at: number): void {
    this.#copy(at);
    this.#kept = at + 1;
  }

  /** The patched bytes up to `end`. Valid until the next `begin`. */
  until(end: number): Uint8Array {
    if (this.#kept === 0 && this.#length === 0) return this.#bytes.subarray(0, end);
    this.#copy(Math.max(end, this.#kept));
    return this.#out.subarray(0, this.#length);
  }

  #copy(to: number): void {
    const bytes = this.#bytes;
    if (this.#out.length < 2 * bytes.length) this.#out = new Uint8Array(2 * bytes.length);
    const from = this.#kept;
    this.#kept = to;
    // A native copy costs more than a short run.
    if (to - from > 64) this.#out.set(bytes.subarray(from, to), this.#length);
    else for (let i = from, o = this.#length; i < to; i++, o++) this.#out[o] = bytes[i] ?? 0;
    this.#length += to - from;
  }
}
