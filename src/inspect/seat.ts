// One worker thread with the messages in it. It breaks at most once: when its loop stands still, its heap is full, or it dies.

import { Worker } from 'node:worker_threads';
import { errorCode } from '../model/thrown.ts';
import { distinctSymbols, specsOf } from '../rules/patterns/patterns.ts';
import type { Answers } from './ask.ts';
import { batched } from './batch.ts';
import { confined, confinement } from './confinement.ts';
import type { Ending, Job, Overrun, Roster } from './job.ts';
import type { OpenSheet, PatternCosts } from './pattern-costs.ts';
import {
  type Answered,
  type Asked,
  type FromWorker,
  refused,
  type ToWorker,
  type WorkerSetup,
  type WorkerStart,
} from './wire.ts';

export interface SeatOptions {
  readonly checksModule: string;
  /** May be there later than the worker's code. */
  readonly setup: Promise<Omit<WorkerSetup, 'costs' | 'beat' | 'beatMs'>>;
  readonly costs: PatternCosts;
  /** Caps of V8's heap in MiB. Buffers lie outside of it. */
  readonly heapMb: number;
  readonly youngHeapMb: number;
  /** A loop that is silent for so long while it has work is broken. */
  readonly silenceMs: number;
  readonly answers: () => Answers;
  readonly now: () => number;
}

export interface SeatEvents {
  /** Something changed: it is ready, has room again, or is gone. */
  changed(): void;
  /** It gave up `jobs`; nothing more will come of it. */
  broke(jobs: readonly Job[], why: Overrun, cause: unknown): void;
}

interface Sitting {
  readonly job: Job;
  readonly answers: Answers;
}

/** A stalled main thread, or a process that was stopped for a minute, must not look like a silent worker: ticks are counted, not time. */
const ticksOfSilence = 4;

export class Seat {
  readonly #worker: Worker;
  readonly #options: SeatOptions;
  readonly #events: SeatEvents;
  readonly #sitting = new Map<number, Sitting>();
  readonly #beat = new Int32Array(new SharedArrayBuffer(4));
  #costs: OpenSheet | null = null;
  #symbols: readonly string[] = [];
  readonly #started = Promise.withResolvers<Roster>();
  readonly #tellAnswer = batched<Answered>(answers => {
    if (!this.#isGone) this.#tell({ kind: 'answers', answers });
  });
  #roster: Roster | null = null;
  #isGone = false;
  #isRetiring = false;
  #watch: NodeJS.Timeout | undefined;
  #idleSince: number;

  constructor(options: SeatOptions, events: SeatEvents) {
    this.#options = options;
    this.#events = events;
    this.#idleSince = options.now();
    // Whoever waits for it hears of a failure to start; when nobody does, `broke` says it.
    this.#started.promise.catch(() => {});
    this.#worker = startWorker(options);
    this.#worker.on('message', (message: FromWorker) => this.#hear(message));
    this.#worker.on('messageerror', error => this.#break('crashed', error));
    this.#worker.on('error', error => this.#break(isOutOfMemory(error) ? 'heap' : 'crashed', error));
    this.#worker.on('exit', code => this.#break('crashed', new Error(`the worker exited with ${code}`)));
    options.setup.then(
      setup => this.#setUp(setup),
      error => {
        this.#started.reject(error);
        void this.end();
      },
    );
  }

  /** What it runs, once it is ready. Rejects when it does not start. */
  get started(): Promise<Roster> {
    return this.#started.promise;
  }

  get isReady(): boolean {
    return this.#roster !== null && !this.#isGone && !this.#isRetiring;
  }

  /** False when it never started. */
  get wasReady(): boolean {
    return this.#roster !== null;
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  get jobs(): readonly Job[] {
    return [...this.#sitting.values()].map(sitting => sitting.job);
  }

  get load(): number {
    return this.#sitting.size;
  }

  /** How long it has had nothing to do; 0 while it has. */
  idleMs(): number {
    return this.load > 0 ? 0 : this.#options.now() - this.#idleSince;
  }

  async take(job: Job): Promise<void> {
    const answers = this.#options.answers();
    this.#sitting.set(job.id, { job, answers });
    try {
      const content = await job.message.bytes();
      // It may have broken, or the message been given up, while a spooled message was read.
      if (!this.#sitting.has(job.id)) return;
      const deadlineMs = Math.max(0, job.endsAt - this.#options.now());
      this.#tell({ ...job.work, job: job.id, content, deadlineMs });
      this.#watchLoop();
    } catch (error) {
      this.giveUp(job);
      job.reject(error);
    }
  }

  /** Nothing that the worker still says of `job` counts. */
  giveUp(job: Job): void {
    this.#sitting.get(job.id)?.answers.close();
    if (this.#sitting.delete(job.id)) this.#rest();
  }

  /** Takes no more messages, and ends when the last is done. */
  retire(): void {
    this.#isRetiring = true;
    if (this.load === 0) void this.end();
  }

  async end(): Promise<void> {
    this.#isGone = true;
    clearInterval(this.#watch);
    for (const { answers } of this.#sitting.values()) answers.close();
    this.#sitting.clear();
    this.#costs?.close();
    this.#started.reject(new Error('the worker was ended'));
    await this.#worker.terminate();
  }

  #setUp(setup: Awaited<SeatOptions['setup']>): void {
    if (this.#isGone) return;
    const { costs, silenceMs } = this.#options;
    this.#costs = costs.open(setup.patterns);
    this.#symbols = distinctSymbols(specsOf(setup.patterns));
    const { sheet } = this.#costs;
    const whole: WorkerSetup = { ...setup, costs: sheet, beat: this.#beat, beatMs: silenceMs / (2 * ticksOfSilence) };
    this.#worker.postMessage(whole);
  }

  #tell(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #hear(message: FromWorker): void {
    if (this.#isGone) return;
    switch (message.kind) {
      case 'ready':
        this.#begin(message.checks, message.digest);
        break;
      case 'asks':
        for (const asked of message.asks) void this.#answer(asked);
        break;
      case 'done':
        this.#finish(message.job, message.ending);
        break;
    }
  }

  #begin(checks: readonly string[], digest: string): void {
    this.#roster = { checks, digest, symbols: this.#symbols };
    this.#started.resolve(this.#roster);
    this.#events.changed();
  }

  async #answer({ job, question, ask }: Asked): Promise<void> {
    const answers = this.#sitting.get(job)?.answers;
    const answer = await (answers?.answer(ask) ?? refused);
    this.#tellAnswer({ question, answer });
  }

  #finish(id: number, ending: Ending): void {
    const sitting = this.#sitting.get(id);
    if (sitting === undefined) return;
    sitting.job.resolve(ending.kind === 'inspected' ? this.#completed(ending, sitting) : ending);
    this.giveUp(sitting.job);
  }

  /** With what only this side knows. */
  #completed(inspected: Extract<Ending, { kind: 'inspected' }>, { job, answers }: Sitting): Ending {
    const { evidence } = inspected;
    const inspect = Math.round((this.#options.now() - job.startedAt) * 10) / 10;
    const facts = { ...evidence.facts, dns: answers.dnsFact() };
    return { ...inspected, evidence: { ...evidence, facts, timings: { ...evidence.timings, inspect } } };
  }

  #rest(): void {
    if (this.load === 0) {
      this.#idleSince = this.#options.now();
      clearInterval(this.#watch);
      this.#watch = undefined;
      if (this.#isRetiring) void this.end();
    }
    this.#events.changed();
  }

  #watchLoop(): void {
    if (this.#watch !== undefined) return;
    let beat = Atomics.load(this.#beat, 0);
    let silentTicks = 0;
    this.#watch = setInterval(() => {
      const heard = Atomics.load(this.#beat, 0);
      silentTicks = heard === beat ? silentTicks + 1 : 0;
      beat = heard;
      if (silentTicks >= ticksOfSilence) this.#break('loop', new Error('the loop of the worker stood still'));
    }, this.#options.silenceMs / ticksOfSilence);
  }

  #break(why: Overrun, cause: unknown): void {
    if (this.#isGone) return;
    const { jobs } = this;
    this.#started.reject(cause);
    void this.end();
    this.#events.broke(jobs, why, cause);
  }
}

function startWorker({ checksModule, heapMb, youngHeapMb }: SeatOptions): Worker {
  const start: WorkerStart = { checksModule };
  const worker = new Worker(confinement.entry, {
    name: 'inspect',
    workerData: start,
    execArgv: confined(checksModule),
    env: {},
    // Nothing that a library prints about hostile bytes may reach the log.
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: youngHeapMb },
  });
  worker.stdout.resume();
  worker.stderr.resume();
  return worker;
}

const isOutOfMemory = (error: unknown): boolean => errorCode(error) === 'ERR_WORKER_OUT_OF_MEMORY';
