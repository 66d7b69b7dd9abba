// Lines to a file descriptor, in the kernel's hands at once where it takes them: a reader that is slow, gone or full costs
// lines, never time. Neither does exit: sonic-boom, pino's own, retries a broken pipe for ever when it flushes there.

import { writeSync } from 'node:fs';

export interface LineWriterOptions {
  readonly fd: number;
  /** What may wait; beyond it lines are dropped, and counted. */
  readonly backlogCharacters: number;
  /** The line that says how many were dropped, written when there is room again. */
  readonly dropped: (lines: number) => string;
}

/** How long to wait when the descriptor takes nothing now, and how often at exit. */
const retryMs = 10;
const retriesAtExit = 100;

export class LineWriter {
  readonly #options: LineWriterOptions;
  #waiting: string[] = [];
  #waitingCharacters = 0;
  #droppedLines = 0;
  /** The rest of what the descriptor took in part. */
  #unwritten: Buffer = Buffer.alloc(0);
  #retry: NodeJS.Timeout | null = null;

  constructor(options: LineWriterOptions) {
    this.#options = options;
  }

  /** `line` with its line end. */
  write(line: string): void {
    if (this.#waitingCharacters + line.length > this.#options.backlogCharacters) {
      this.#droppedLines += 1;
      return;
    }
    this.#waiting.push(line);
    this.#waitingCharacters += line.length;
    if (this.#retry === null) this.#writeOrRetry();
  }

  #writeOrRetry(): void {
    this.#retry = null;
    if (this.#drain()) return;
    this.#retry = setTimeout(() => this.#writeOrRetry(), retryMs);
    // What waits does not keep the process alive: `flush` writes it at exit.
    this.#retry.unref();
  }

  /** Writes what waits. False when the descriptor takes no more for now. */
  #drain(): boolean {
    for (;;) {
      this.#take();
      if (this.#unwritten.length === 0) return true;
      try {
        this.#unwritten = this.#unwritten.subarray(writeSync(this.#options.fd, this.#unwritten));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return false;
        this.#unwritten = Buffer.alloc(0);
      }
    }
  }

  #take(): void {
    if (this.#unwritten.length > 0) return;
    if (this.#droppedLines > 0) this.#waiting.push(this.#options.dropped(this.#droppedLines));
    this.#unwritten = Buffer.from(this.#waiting.join(''));
    this.#waiting = [];
    this.#waitingCharacters = 0;
    this.#droppedLines = 0;
  }

  /** At exit: writes what waits, for as long as the descriptor may be expected to take it. */
  flush(): void {
    for (let tries = 0; tries < retriesAtExit && !this.#drain(); tries++)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, retryMs);
  }
}

/**
 * The descriptor of standard output, which then takes what it can and never waits: Node makes a pipe or a socket
 * non-blocking when it opens the stream on it. Files and terminals stay as they are.
 */
export function unblockedStandardOutput(): number {
  void process.stdout.writable;
  return 1;
}
