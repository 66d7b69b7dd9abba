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
  /** Messages in every seat before another one is started. */
  readonly growAt: number;
  /** A seat beyond those kept ends when it was idle for so long. */
  readonly idleMs: number;
  readonly broke: (jobs: readonly Job[], why: Overrun, cause: unknown) => void;
}

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
    for (let job = this.#nextJob(); job !== undefined; job = this.#nextJob()) {
      const seat = this.#freeSeat();
      if (seat === undefined) break;
      this.#waiting.splice(this.#waiting.indexOf(job), 1);
      void seat.take(job);
    }
    if (this.#isCrowded()) this.#seats.push(this.#newSeat(this.#seatOptions));
    this.#sweepLater();
  }

  /** The first that waits, but for large ones while there is no memory for the first of them: small ones need not wait for that. */
  #nextJob(): Job | undefined {
    const large = this.#waiting.find(job => this.#isLarge(job));
    return this.#waiting.find(job => !this.#isLarge(job) || (job === large && this.#hasRoomFor(job)));
  }

  #isLarge(job: Job): boolean {
    return job.message.sizeBytes >= this.#options.largeBytes;
  }

  #hasRoomFor(job: Job): boolean {
    const seated = [...this.#seats, ...this.#leaving].flatMap(seat => seat.jobs).filter(other => this.#isLarge(other));
    const bytes = seated.reduce((sum, other) => sum + other.message.sizeBytes, job.message.sizeBytes);
    return seated.length === 0 || bytes <= this.#options.maxLargeBytes;
  }

  /** The ready seat with the fewest messages, if it has room. */
  #freeSeat(): Seat | undefined {
    const ready = this.#seats.filter(seat => seat.isReady && seat.load < this.#options.perSeat);
    return ready.sort((a, b) => a.load - b.load)[0];
  }

  /** Messages wait, or every seat has its share: another seat is worth its start. A seat that is starting counts as empty. */
  #isCrowded(): boolean {
    if (this.#seats.length >= this.#options.maxSeats) return false;
    if (this.#seats.some(seat => !seat.isReady)) return false;
    const isWaiting = this.#nextJob() !== undefined;
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
