// The pool: messages go to shared workers; those of a worker that broke run again alone, and one that breaks a worker alone has overrun.

import type { AlterationOrder, Altered } from '../model/alteration.ts';
import type { Clock, EpochMs } from '../model/clock.ts';
import type { Envelope } from '../model/envelope.ts';
import type { Evidence } from '../model/evidence.ts';
import { TemporaryFailure } from '../model/failure.ts';
import type { Id } from '../model/ids.ts';
import type { TextKeeping } from '../model/kept-texts.ts';
import type { Message } from '../model/message.ts';
import type { Site } from '../model/site.ts';
import type { GivenPatterns } from '../rules/patterns/patterns.ts';
import { type AskBudget, type AskServices, answerer } from './ask.ts';
import { type Ending, evidenceOfOverrun, type Job, type Overrun, type Roster, type Work } from './job.ts';
import { Lane } from './lane.ts';
import { PatternCosts } from './pattern-costs.ts';
import type { SeatOptions } from './seat.ts';

export { confinement } from './confinement.ts';

export interface InspectorOptions {
  /** Worker threads at most; the first starts at once, the others when there is work for them. */
  readonly workers: number;
  /** Messages that one worker serves at once, and messages in every worker before another is started. */
  readonly messagesPerWorker: number;
  readonly growAt: number;
  /** From this size on a message is large; of large messages, bytes in all workers together, where one alone always fits. */
  readonly largeBytes: number;
  readonly maxLargeBytes: number;
  /** A worker beyond the first ends when it was idle for so long. */
  readonly idleMs: number;
  readonly heapMb: number;
  readonly youngHeapMb: number;
  /** A worker whose loop is silent for so long is replaced. */
  readonly silenceMs: number;
  /** For a message, from `inspect` to its evidence. */
  readonly deadlineMs: number;
  /** For a message, from `alter` to its edits. */
  readonly alterDeadlineMs: number;
  readonly patternBudgetMs: number;
  /** They may come later: the first worker loads its code meanwhile. */
  readonly patterns: GivenPatterns | Promise<GivenPatterns>;
  readonly site: Site;
  /** Left out: none. */
  readonly keepTexts?: TextKeeping;
  readonly budget: AskBudget;
  /** Which module lists the checks; ours unless a test says otherwise. */
  readonly checksModule?: URL;
}

export interface InspectorParts {
  readonly clock: Clock;
  readonly services: AskServices;
  /** The texts of an inspected message that are to be kept, packed; before `inspect` resolves. */
  readonly onTexts?: (transaction: Id, texts: Uint8Array) => void;
  /** A worker was lost with `messages` in it. */
  readonly onBreak?: (loss: { why: Overrun; messages: number; wasAlone: boolean; cause: unknown }) => void;
}

export interface InspectorStats {
  readonly workers: number;
  readonly inFlight: number;
  readonly waiting: number;
  /** Since the start: workers lost, messages run again alone, messages that overran. */
  readonly broken: number;
  readonly runAlone: number;
  readonly overran: number;
}

export interface Inspector {
  /**
   * The evidence of one message. An overrun is evidence too: all checks failed, and the fact `worker` says why.
   * `receivedAt` is now where it is left out: stored messages came before.
   * @throws what `message.bytes` throws; TemporaryFailure when the pool is closed meanwhile.
   */
  inspect(envelope: Envelope, message: Message, receivedAt?: EpochMs): Promise<Evidence>;
  /**
   * What `order` makes of one message, or why its worker gave nothing.
   * @throws as `inspect` does.
   */
  alter(message: Message, order: AlterationOrder): Promise<Altered | Overrun>;
  /** Seeks `patterns` from now on. Rejects, leaving the present ones in force, when a worker does not start with them. */
  reload(patterns: GivenPatterns): Promise<void>;
  stats(): InspectorStats;
  /** Milliseconds that the patterns of each symbol took since the start, in all workers. */
  patternCosts(): ReadonlyMap<string, number>;
  close(): Promise<void>;
}

/** What is left of a worker's deadline to post what it has, before the message counts as overrun. */
const graceMs = 500;

/** Resolves when the first worker is ready. */
export async function inspectorPool(options: InspectorOptions, parts: InspectorParts): Promise<Inspector> {
  const pool = new Pool(options, parts);
  await pool.reload(options.patterns);
  return pool;
}

class Pool implements Inspector {
  readonly #options: InspectorOptions;
  readonly #parts: InspectorParts;
  readonly #shared: Lane;
  /** Each message by itself, where the loss of a worker says whose fault it is. */
  readonly #alone: Lane;
  readonly #pending = new Map<Job, NodeJS.Timeout>();
  readonly #costs = new PatternCosts();
  readonly #counts = { broken: 0, runAlone: 0, overran: 0 };
  #roster: Roster = { checks: [], digest: '', symbols: [] };
  #lastJob = 0;
  #isClosed = false;

  constructor(options: InspectorOptions, parts: InspectorParts) {
    this.#options = options;
    this.#parts = parts;
    const { workers, messagesPerWorker: perSeat, growAt, idleMs, largeBytes, maxLargeBytes } = options;
    const memory = { largeBytes, maxLargeBytes };
    const seats = this.#seatOptions(options.patterns);
    const broke = this.#lost.bind(this);
    // Of several, one stays free of large messages: whoever fills the others with them does not make the small ones wait.
    const shared = { maxSeats: workers, largeSeats: Math.max(1, workers - 1), keptSeats: 1, perSeat, growAt, idleMs };
    this.#shared = new Lane({ ...memory, ...shared, broke: broke(false) }, seats);
    // Two at least: the neighbours of a message that loops do not wait for it again.
    const maxSeats = Math.max(2, workers);
    const alone = {
      maxSeats,
      largeSeats: maxSeats,
      keptSeats: 0,
      perSeat: 1,
      growAt: Number.POSITIVE_INFINITY,
      idleMs: 0,
    };
    this.#alone = new Lane({ ...memory, ...alone, broke: broke(true) }, seats);
  }

  async inspect(envelope: Envelope, message: Message, receivedAt?: EpochMs): Promise<Evidence> {
    const { clock } = this.#parts;
    const startedAt = clock.monotonic();
    const work: Work = { kind: 'inspect', envelope, receivedAt: receivedAt ?? clock.now() };
    const ending = await this.#done(work, message, this.#options.deadlineMs);
    if (ending.kind === 'inspected') {
      if (ending.texts !== undefined) this.#parts.onTexts?.(envelope.id, ending.texts);
      return ending.evidence;
    }
    const why = ending.kind === 'overran' ? ending.why : 'crashed';
    return evidenceOfOverrun(why, Math.round(clock.monotonic() - startedAt), this.#roster);
  }

  async alter(message: Message, order: AlterationOrder): Promise<Altered | Overrun> {
    const ending = await this.#done({ kind: 'alter', order }, message, this.#options.alterDeadlineMs);
    if (ending.kind === 'altered') return ending.altered;
    return ending.kind === 'overran' ? ending.why : 'crashed';
  }

  async #done(work: Work, message: Message, deadlineMs: number): Promise<Ending> {
    if (this.#isClosed) throw closed();
    const job = this.#newJob(work, message, deadlineMs);
    this.#pending.set(
      job,
      setTimeout(() => this.#outOfTime(job), deadlineMs + graceMs),
    );
    this.#shared.add(job);
    try {
      return await job.ending;
    } finally {
      clearTimeout(this.#pending.get(job));
      this.#pending.delete(job);
    }
  }

  async reload(patterns: GivenPatterns | Promise<GivenPatterns>): Promise<void> {
    const seats = this.#seatOptions(patterns);
    this.#roster = await this.#shared.renew(seats);
    this.#alone.replace(seats);
  }

  stats(): InspectorStats {
    return {
      workers: this.#shared.seats + this.#alone.seats,
      inFlight: this.#shared.inFlight + this.#alone.inFlight,
      waiting: this.#shared.waiting + this.#alone.waiting,
      ...this.#counts,
    };
  }

  patternCosts(): ReadonlyMap<string, number> {
    return this.#costs.bySymbol();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([this.#shared.close(), this.#alone.close()]);
    for (const job of this.#pending.keys()) job.reject(closed());
  }

  #seatOptions(given: GivenPatterns | Promise<GivenPatterns>): SeatOptions {
    const { checksModule = ourChecks, keepTexts = 'off', patternBudgetMs, site } = this.#options;
    const { heapMb, youngHeapMb, silenceMs, budget } = this.#options;
    const { services, clock } = this.#parts;
    const setup = Promise.resolve(given).then(patterns => ({ patterns, patternBudgetMs, site, keepTexts }));
    // Whoever waits for a worker hears of it.
    setup.catch(() => {});
    return {
      checksModule: checksModule.href,
      setup,
      costs: this.#costs,
      heapMb,
      youngHeapMb,
      silenceMs,
      answers: answerer(services, budget),
      now: () => clock.monotonic(),
    };
  }

  #newJob(work: Work, message: Message, deadlineMs: number): Job {
    const { promise: ending, resolve, reject } = Promise.withResolvers<Ending>();
    const startedAt = this.#parts.clock.monotonic();
    this.#lastJob += 1;
    const times = { startedAt, endsAt: startedAt + deadlineMs };
    return { id: this.#lastJob, work, message, ...times, ending, resolve, reject };
  }

  #lost(wasAlone: boolean) {
    return (jobs: readonly Job[], why: Overrun, cause: unknown): void => {
      this.#counts.broken += 1;
      this.#parts.onBreak?.({ why, messages: jobs.length, wasAlone, cause });
      for (const job of jobs) {
        if (wasAlone) this.#overran(job, why);
        else this.#runAlone(job);
      }
    };
  }

  #runAlone(job: Job): void {
    this.#counts.runAlone += 1;
    this.#alone.add(job);
  }

  #outOfTime(job: Job): void {
    this.#shared.giveUp(job);
    this.#alone.giveUp(job);
    this.#overran(job, 'deadline');
  }

  #overran(job: Job, why: Overrun): void {
    this.#counts.overran += 1;
    job.resolve({ kind: 'overran', why });
  }
}

const closed = (): TemporaryFailure => new TemporaryFailure('the inspection was closed');

/** The list of checks beside us: `.ts` in the source, `.js` in the package. */
const ourChecks = new URL(
  import.meta.url.endsWith('.ts') ? '../checks/index.ts' : '../checks/index.js',
  import.meta.url,
);
