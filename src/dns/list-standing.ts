// Whether a list is worth asking: its test points (RFC 5782 §5) are asked at the start and regularly, and what it says of
// mail is watched. A list that answers wrongly is suspended until it has answered rightly twice; one that does not answer, until
// it answers.

import type { Clock, Random } from '../model/clock.ts';
import type { AskZone, Reading } from './list-zone.ts';

export interface StandingOptions {
  /** Between probes while all is well. */
  readonly probeMs: number;
  /** Between probes of a suspended list: at first, and at most; it doubles. */
  readonly retryMs: number;
  /** In place of the first of these where it only does not answer: the DNS may be back in seconds. */
  readonly silenceRetryMs: number;
  readonly maxRetryMs: number;
  /** From the first right answer to the probe that must confirm it: longer than answers are cached. */
  readonly confirmMs: number;
  /** So many questions without an answer in a row have it probed. */
  readonly maxFailures: number;
  /** Where of so many different addresses more than `plausible` are listed, addresses drawn by lot are asked about. */
  readonly sample: number;
  readonly plausible: number;
}

/** RFC 5782 §5: the first must be listed, the second must not. */
const testPoints = {
  ipv4: ['127.0.0.2', '127.0.0.1'],
  ipv6: ['::ffff:7f00:2', '::ffff:7f00:1'],
} as const;
export type Family = keyof typeof testPoints;

export interface StandingDeps {
  readonly clock: Clock;
  readonly random: Random;
  /** Hears why it was suspended, or null when it is asked again. */
  readonly changed: (suspended: string | null) => void;
}

/** The widest policy lists hold a third of all IPv4 addresses: all of so many are not on an honest one. */
const lots = 8;

export class Standing {
  readonly family: Family;
  readonly #ask: AskZone;
  readonly #options: StandingOptions;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #changed: (suspended: string | null) => void;
  #suspended: string | null = null;
  /** Since the suspension: whether it answered wrongly, and its right answers. */
  #hasLied = false;
  #rights = 0;
  #retryMs: number;
  #suspendedAt: number | null = null;
  #dueAt = 0;
  #failures = 0;
  readonly #seen = new Map<string, boolean>();
  #probing: Promise<void> | null = null;
  #firstProbe: Promise<void> | null = null;

  constructor(family: Family, ask: AskZone, options: StandingOptions, { clock, random, changed }: StandingDeps) {
    this.family = family;
    this.#ask = ask;
    this.#options = options;
    this.#clock = clock;
    this.#random = random;
    this.#changed = changed;
    this.#retryMs = options.retryMs;
  }

  /** Why it is not asked; null when it is. Waits for the first probe: nothing is believed before it. */
  async suspended(): Promise<string | null> {
    this.#firstProbe ??= this.probe();
    await this.#firstProbe;
    return this.#suspended;
  }

  /** As far as it is known now. */
  get suspendedNow(): string | null {
    return this.#suspended;
  }

  get isDue(): boolean {
    return this.#clock.monotonic() >= this.#dueAt;
  }

  /** Asks the test points; several callers share one probe. */
  probe(): Promise<void> {
    this.#probing ??= this.#judged().finally(() => {
      this.#probing = null;
    });
    this.#firstProbe ??= this.#probing;
    return this.#probing;
  }

  /** What it said of an address in a message. */
  heard(address: string, reading: Reading): void {
    // It was asked before it was suspended.
    if (this.#suspended !== null) return;
    this.#failures = reading.status === 'failed' ? this.#failures + 1 : 0;
    if (this.#failures >= this.#options.maxFailures) this.#dueAt = this.#clock.monotonic();
    if (reading.status === 'wrong') this.#suspend(reading.reason);
    else if (reading.status !== 'failed') this.#count(address, reading.status === 'listed');
  }

  async #judged(): Promise<void> {
    const [listed, unlisted] = testPoints[this.family];
    const [positive, negative] = await Promise.all([this.#ask(listed), this.#ask(unlisted)]);
    const fault = faultOf(positive, negative, listed, unlisted);
    this.#failures = 0;
    if (fault !== null) return this.#suspend(fault, isSilent(positive, negative));
    this.#rights += 1;
    // No wrong answer is remembered anywhere of one that gave none: there is nothing to wait for.
    if (this.#suspended !== null && this.#rights >= (this.#hasLied ? 2 : 1)) this.#restore();
    const { probeMs, confirmMs } = this.#options;
    this.#dueAt = this.#clock.monotonic() + (this.#suspended === null ? probeMs : confirmMs);
  }

  #suspend(reason: string, isSilence = false): void {
    const now = this.#clock.monotonic();
    const isNews = this.#suspended === null;
    // One that fell again soon after its return waits on where it left off.
    const isRelapse = this.#suspendedAt !== null && now - this.#suspendedAt < 2 * this.#options.maxRetryMs;
    const { retryMs, silenceRetryMs, maxRetryMs } = this.#options;
    const firstMs = isSilence ? silenceRetryMs : retryMs;
    if (isNews && !isRelapse) this.#retryMs = firstMs;
    else this.#retryMs = Math.min(Math.max(2 * this.#retryMs, firstMs), maxRetryMs);
    this.#hasLied = !isSilence || (!isNews && this.#hasLied);
    this.#suspended = reason;
    this.#suspendedAt = now;
    this.#rights = 0;
    this.#dueAt = now + this.#retryMs;
    if (isNews) this.#changed(reason);
  }

  #restore(): void {
    this.#suspended = null;
    this.#seen.clear();
    this.#changed(null);
  }

  /** A list may change its mind about all of the world and leave its test points as they are. */
  #count(address: string, isListed: boolean): void {
    const { sample, plausible } = this.#options;
    this.#seen.set(address, isListed);
    if (this.#seen.size < sample) return;
    const listed = [...this.#seen.values()].filter(is => is).length;
    this.#seen.clear();
    if (listed > plausible) void this.#drawLots(`it lists ${listed} of ${sample} different addresses`);
  }

  /** Whoever comes may be listed to the last: hosts of one botnet, addresses of one listed network. Who is drawn did not choose to come. */
  async #drawLots(suspicion: string): Promise<void> {
    const drawn = Array.from({ length: lots }, () => addressByLot(this.family, this.#random));
    const readings = await Promise.all(drawn.map(address => this.#ask(address)));
    const areListed = readings.every(({ status }) => status === 'listed');
    if (areListed && this.#suspended === null) this.#suspend(`${suspicion}, and all of ${lots} drawn by lot`);
  }
}

/** Of those that hosts have: 1.0.0.0 to 223.255.255.255, and 2001::/16. */
function addressByLot(family: Family, random: Random): string {
  if (family === 'ipv4') {
    const [first = 0, ...rest] = random(4);
    return [1 + (first % 223), ...rest].join('.');
  }
  const groups = Buffer.from(random(16)).toString('hex').match(/.{4}/g) ?? [];
  return ['2001', ...groups.slice(1)].join(':');
}

/** It was not heard, and what was heard is no lie. */
const isSilent = (positive: Reading, negative: Reading): boolean =>
  [positive, negative].every(({ status }) => status !== 'wrong') &&
  [positive, negative].some(({ status }) => status === 'failed') &&
  negative.status !== 'listed';

function faultOf(positive: Reading, negative: Reading, listed: string, unlisted: string): string | null {
  for (const answer of [positive, negative]) {
    if (answer.status === 'wrong') return answer.reason;
    if (answer.status === 'failed') return `it does not answer (${answer.reason})`;
  }
  if (negative.status === 'listed') return `it lists everything: its test point ${unlisted} too`;
  return positive.status === 'listed' ? null : `it lists nothing: not even its test point ${listed}`;
}
