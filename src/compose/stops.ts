// What was started, to be stopped in the reverse order.

export class Stops {
  readonly #stops: (() => unknown)[] = [];

  /** Remembers how to stop `part`, and gives it back. */
  add<T>(part: T, stop: (part: T) => unknown): T {
    this.#stops.push(() => stop(part));
    return part;
  }

  /** Stops everything once; a part that will not stop does not keep the others from it. */
  async run(): Promise<void> {
    for (let stop = this.#stops.pop(); stop !== undefined; stop = this.#stops.pop()) {
      await Promise.try(stop).catch(() => {});
    }
  }
}
