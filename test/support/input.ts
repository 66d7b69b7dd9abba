// A stream of bytes, cut at marks or lengths: what a test needs to read lines, contents and records.

/** Linear in what it reads. */
export class Input {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#chunks = source[Symbol.asyncIterator]();
  }

  /** `already` and the bytes that follow, up to and with `mark`; null when the stream ends before. */
  async until(mark: Buffer, already: Buffer = Buffer.alloc(0)): Promise<Buffer | null> {
    const parts = [already];
    let tail = already;
    let chunk = this.#rest;
    for (;;) {
      const window = Buffer.concat([tail, chunk]);
      const at = window.indexOf(mark);
      if (at >= 0) {
        const end = at + mark.length - tail.length;
        this.#rest = chunk.subarray(end);
        return Buffer.concat([...parts, chunk.subarray(0, end)]);
      }
      parts.push(chunk);
      tail = window.subarray(Math.max(0, window.length - mark.length + 1));
      const next = await this.#chunks.next();
      if (next.done) return null;
      chunk = next.value;
    }
  }

  /** The next `length` bytes; null when the stream ends before. */
  async take(length: number): Promise<Buffer | null> {
    const parts = [this.#rest];
    let have = this.#rest.length;
    while (have < length) {
      const next = await this.#chunks.next();
      if (next.done) return null;
      parts.push(next.value);
      have += next.value.length;
    }
    const bytes = Buffer.concat(parts);
    this.#rest = bytes.subarray(length);
    return bytes.subarray(0, length);
  }
}

export const CRLF = Buffer.from('\r\n');
