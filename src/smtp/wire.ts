// The client's bytes, pulled: a line or a chunk of content when the session asks for it, and the socket is read no
// faster than that. Stands where smtp-server has its parser, which pushes commands instead.

import { SMTPStream } from 'smtp-server/lib/smtp-stream.js';
import { takeLine } from './lines.ts';

export type WireLine =
  | { readonly state: 'line'; readonly text: string }
  | { readonly state: 'bare-newline' | 'too-long' }
  /** No more lines will come. A partial line is never obeyed. */
  | { readonly state: 'gone' };

const none = Buffer.alloc(0);

export class Wire extends SMTPStream {
  /** Bytes that were written and not yet taken. */
  #held: Buffer = none;
  /** The chunk that Writable waits to see taken: its size, and how to say so. */
  #chunk: { readonly size: number; readonly taken: () => void } | null = null;
  #waiting: (() => void) | null = null;
  #isOver = false;

  constructor() {
    super();
    this.once('finish', () => this.stop());
  }

  /** Whether the client sent something that nobody asked for yet. */
  get hasUnread(): boolean {
    return this.#held.length > 0 || this.writableLength > (this.#chunk?.size ?? 0);
  }

  /** Whether a whole line is there already. */
  get hasLine(): boolean {
    return this.#held.includes(10);
  }

  /** The next line; `maxBytes` counts its CRLF. */
  async readLine(maxBytes: number): Promise<WireLine> {
    for (;;) {
      const taken = takeLine(this.#held, maxBytes);
      if (this.isClosed || taken.state === 'too-long') return { state: this.isClosed ? 'gone' : 'too-long' };
      if (taken.state !== 'partial') {
        this.#held = taken.rest;
        return taken;
      }
      if (!(await this.#more())) return { state: 'gone' };
    }
  }

  /** Some bytes, whatever they are; null when no more will come. */
  async readBytes(): Promise<Buffer | null> {
    if (this.#held.length === 0 && !(await this.#more())) return null;
    if (this.isClosed) return null;
    const bytes = this.#held;
    this.#held = none;
    return bytes;
  }

  /** Gives back what was read and belongs to the next reader. */
  unread(rest: Buffer): void {
    this.#held = rest;
  }

  /** Drops what is held, and ends the reader's wait. */
  stop(): void {
    this.isClosed = true;
    this.#held = none;
    this.#isOver = true;
    this.#release();
    this.#wake();
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding | 'buffer', next: () => void): void {
    if (this.isClosed) {
      next();
      return;
    }
    this.#held = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    this.#chunk = { size: bytes.length, taken: next };
    this.#wake();
  }

  /** smtp-server obeys what stands in its parser when the client closes; a line without its CRLF is not a command. */
  override _flushData(): void {}

  /** Waits for bytes beyond those held. */
  async #more(): Promise<boolean> {
    this.#release();
    if (this.#chunk === null && !this.#isOver) {
      await new Promise<void>(resolve => {
        this.#waiting = resolve;
      });
    }
    return !this.#isOver;
  }

  #release(): void {
    const chunk = this.#chunk;
    this.#chunk = null;
    chunk?.taken();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.();
  }
}
