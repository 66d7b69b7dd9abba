// Whether content comes fast enough: a chunk now and then is silence, however small the pauses between its bytes.

export class Pace {
  readonly #leastBytes: number;
  #waitedMs = 0;
  #bytes = 0;

  constructor(leastBytes: number) {
    this.#leastBytes = leastBytes;
  }

  /** What is left of `patienceMs`, which is given anew whenever `leastBytes` have come. */
  leftMs(patienceMs: number): number {
    return Math.max(0, patienceMs - this.#waitedMs);
  }

  /** `bytes` came after a wait of `ms`; the time that we took for ourselves in between is not the client's. */
  came(bytes: number, ms: number): void {
    this.#waitedMs += ms;
    this.#bytes += bytes;
    if (this.#bytes < this.#leastBytes) return;
    this.#waitedMs = 0;
    this.#bytes = 0;
  }
}
