// Seats of one kind and the messages that wait for them. What happens to messages whose seat broke is the owner's to say.

import type { Job, Overrun, Roster } from './job.ts';
import { Seat, type SeatOptions } from './seat.ts';

export interface LaneOptions {
  /** Seats at most, and how many stay when there is nothing to do. */
  readonly maxSeats: number;
  readonly keptSeats: number;
  /** Messages in one seat at once. */
  readonly perSeat: number;
  /** From this size on a message is large. */
  readonly largeBytes: number;
  /** Of the large messages in all seats together; one alone may have more. Small ones are bounded by the seats. */
  readonly maxLargeBytes: number;
  /** Seats that may hold large ones at the same time: in those left, no small message waits for a long pass. */
  readonly largeSeats: number;
  /** Messages in every seat before another one is started. */
  readonly growAt: number;
  /** A seat beyond those kept ends when it was idle for so long. */
  readonly idleMs: number;
  readonly broke: (jobs: readonly Job[], why: Overrun, cause: unknown) => void;
}

/** A large message keeps its seat busy for as long as so many short ones may; one of half the size for half as long. */
const weightOfLarge = 8;

export class Lane {
  readonly #options: LaneOptions;
  #seatOptions: SeatOptions;
  #seats: Seat[] = [];
  /** Those that finish what they have. */
  readonly #leaving = new Set<Seat>();
  #waiting: Job[] = [];
  #sweep: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: LaneOptions, seatOptions: SeatOptions) {
    this.#options = options;
    this.#seatOptions = seatOptions;
  }

  get seats(): number {
    return this.#seats.length;
  }

  get inFlight(): number {
    return this.#seats.reduce((sum, seat) => sum + seat.load, 0);
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  add(job: Job): void {
    this.#waiting.push(job);
    this.#seatAll();
  }

  /** Takes `job` out, wherever it is. */
  giveUp(job: Job): void {
    this.#waiting = this.#waiting.filter(other => other !== job);
    for (const seat of [...this.#seats, ...this.#leaving]) seat.giveUp(job);
  }

  /** Puts seats by `seatOptions` in the place of the present ones, which finish what they have. Rejects, changing nothing, when one does not start. */
  async renew(seatOptions: SeatOptions): Promise<Roster> {
    const seat = this.#newSeat(seatOptions);
    const roster = await seat.started;
    this.replace(seatOptions, [seat]);
    return roster;
  }

  /** The next messages meet `seats`, or others by `seatOptions` that are started when they are needed. */
  replace(seatOptions: SeatOptions, seats: readonly Seat[] = []): void {
    this.#seatOptions = seatOptions;
    for (const old of this.#seats.splice(0, Number.POSITIVE_INFINITY, ...seats)) this.#retire(old);
    if (this.#isClosed) void this.close();
    this.#seatAll();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#sweep);
    this.#waiting = [];
    await Promise.all([...this.#seats.splice(0), ...this.#leaving].map(seat => seat.end()));
    this.#leaving.clear();
  }

  #seatAll(): void {
    if (this.#isClosed) return;
    for (let next = this.#nextSeating(); next !== undefined; next = this.#nextSeating()) {
      this.#waiting.splice(this.#waiting.indexOf(next.job), 1);
      void next.seat.take(next.job);
    }
    if (this.#isCrowded()) this.#seats.push(this.#newSeat(this.#seatOptions));
    this.#sweepLater();
  }

  /** The first that waits and has a seat. */
  #nextSeating(): { readonly job: Job; readonly seat: Seat } | undefined {
    for (const job of this.#next()) {
      const seat = this.#seatFor(job);
      if (seat !== undefined) return { job, seat };
    }
    return undefined;
  }

  /** The first large one that waits, where there is memory for it, and the first small one, in their order: neither waits for the other. */
  #next(): readonly Job[] {
    const large = this.#waiting.find(job => this.#isLarge(job));
    const small = this.#waiting.find(job => !this.#isLarge(job));
    return this.#waiting.filter(job => job === small || (job === large && this.#hasRoomFor(job)));
  }

  #isLarge(job: Job): boolean {
    return job.message.sizeBytes >= this.#options.largeBytes;
  }

  #hasRoomFor(job: Job): boolean {
    const seated = [...this.#seats, ...this.#leaving].flatMap(seat => seat.jobs).filter(other => this.#isLarge(other));
    const bytes = seated.reduce((sum, other) => sum + other.message.sizeBytes, job.message.sizeBytes);
    return seated.length === 0 || bytes <= this.#options.maxLargeBytes;
  }

  /** The ready seat that is least busy, if it has room. */
  #seatFor(job: Job): Seat | undefined {
    const ready = this.#seats.filter(seat => seat.isReady && seat.load < this.#options.perSeat);
    const open = this.#isLarge(job) && !this.#mayTakeLarge() ? ready.filter(seat => this.#largeIn(seat) > 0) : ready;
    return open.sort((a, b) => this.#weight(a) - this.#weight(b))[0];
  }

  /** Whether one more seat may hold large messages. */
  #mayTakeLarge(): boolean {
    return this.#seats.filter(seat => this.#largeIn(seat) > 0).length < this.#options.largeSeats;
  }

  #weight(seat: Seat): number {
    const { largeBytes } = this.#options;
    const weights = seat.jobs.map(
      ({ message }) => 1 + (weightOfLarge - 1) * Math.min(1, message.sizeBytes / largeBytes),
    );
    return weights.reduce((sum, weight) => sum + weight, 0);
  }

  #largeIn(seat: Seat): number {
    return seat.jobs.filter(job => this.#isLarge(job)).length;
  }

  /** Messages wait, or every seat has its share: another seat is worth its start. A seat that is starting counts as empty. */
  #isCrowded(): boolean {
    if (this.#seats.length >= this.#options.maxSeats) return false;
    if (this.#seats.some(seat => !seat.isReady)) return false;
    const isWaiting = this.#next().some(job => !this.#isLarge(job) || this.#mayTakeLarge());
    if (this.#seats.length === 0) return isWaiting;
    return isWaiting || this.#seats.every(seat => seat.load >= this.#options.growAt);
  }

  #newSeat(options: SeatOptions): Seat {
    const seat: Seat = new Seat(options, {
      changed: () => this.#seatAll(),
      broke: (jobs, why, cause) => this.#seatBroke(seat, jobs, why, cause),
    });
    return seat;
  }

  #seatBroke(seat: Seat, jobs: readonly Job[], why: Overrun, cause: unknown): void {
    this.#leaving.delete(seat);
    this.#seats = this.#seats.filter(other => other !== seat);
    // Where no seat even starts, its messages must not start one after the other for ever.
    const stranded = seat.wasReady || this.#seats.length > 0 ? [] : this.#waiting.splice(0);
    this.#options.broke([...jobs, ...stranded], why, cause);
    // The next message should not have to wait for a start.
    if (jobs.length > 0 && this.#seats.length < this.#options.keptSeats && !this.#isClosed)
      this.#seats.push(this.#newSeat(this.#seatOptions));
    // One that did not even start (no file descriptors, no memory) is tried again with the next message, not at once.
    if (seat.wasReady || stranded.length > 0) this.#seatAll();
  }

  #sweepLater(): void {
    if (this.#seats.length <= this.#options.keptSeats) {
      clearInterval(this.#sweep);
      this.#sweep = undefined;
      return;
    }
    this.#sweep ??= setInterval(() => this.#endIdle(), Math.max(10, this.#options.idleMs)).unref();
  }

  #endIdle(): void {
    for (const seat of this.#seats.slice(this.#options.keptSeats))
      if (seat.isReady && seat.idleMs() >= this.#options.idleMs) {
        this.#seats = this.#seats.filter(other => other !== seat);
        this.#retire(seat);
      }
    this.#sweepLater();
  }

  #retire(seat: Seat): void {
    this.#leaving.add(seat);
    seat.retire();
    for (const other of this.#leaving) if (other.isGone) this.#leaving.delete(other);
  }
}
