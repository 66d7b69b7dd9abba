// Reviews: what people say of messages is kept, and samples are drawn for them to look at, each of the time after the last one.

import type { Config } from '../../config/schema.ts';
import type { Clock, EpochMs, Random } from '../../model/clock.ts';
import { newId } from '../../model/ids.ts';
import type { Log } from '../../observe/log.ts';
import type { LedgerWriter } from '../../store/ledger.ts';
import type { DrawAnswer, DrawnSample, GivenLabel, Reviews } from '../../store/reviews.ts';
import { ledgerLines } from '../../store/sqlite/ledger-lines.ts';
import { openStoreReader } from '../../store/sqlite/reader.ts';
import { type DrawOptions, drawSample } from '../../trial/draw.ts';
import type { TrialAnswer, TrialJob } from '../../trial/job.ts';

export interface ReviewingParts {
  readonly reviews: Reviews;
  readonly ledger: Pick<LedgerWriter, 'flush'>;
  /** Draws in a thread of its own. */
  readonly run: (id: string, job: TrialJob) => Promise<TrialAnswer>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export class Reviewing {
  readonly #config: Pick<Config, 'data_dir' | 'review' | 'ledger'>;
  readonly #parts: ReviewingParts;

  constructor(config: Pick<Config, 'data_dir' | 'review' | 'ledger'>, parts: ReviewingParts) {
    this.#config = config;
    this.#parts = parts;
  }

  label(given: GivenLabel): Promise<GivenLabel> {
    return this.#parts.reviews.setLabel(given);
  }

  /** Of the mail until now, whenever the next sample is due. */
  draw(): Promise<DrawAnswer> {
    return this.#drawUntil(this.#parts.clock.now());
  }

  /** Draws the sample that is due, and forgets labels of mail that the ledger has no more. To be called at intervals. */
  async tick(): Promise<void> {
    const { reviews, clock, log } = this.#parts;
    try {
      await reviews.expire(clock.now() - this.#config.ledger.keep);
      const until = clock.now() - this.#config.review.sample_after;
      if (await this.#isDue(until)) await this.#drawUntil(until);
    } catch (err) {
      log.error({ err }, 'sample not drawn');
    }
  }

  async #isDue(until: EpochMs): Promise<boolean> {
    const { sample_every: everyMs, sample_size: size } = this.#config.review;
    if (size === 0) return false;
    const [last] = await this.#parts.reviews.samples();
    return last === undefined
      ? await hasMailBefore(this.#config.data_dir, until - everyMs)
      : last.before + everyMs <= until;
  }

  async #drawUntil(before: EpochMs): Promise<DrawAnswer> {
    const { reviews, ledger, run, clock, random, log } = this.#parts;
    const { sample_every: everyMs, sample_size: perBand } = this.#config.review;
    const [last] = await reviews.samples();
    const since = Math.max(last?.before ?? 0, before - everyMs);
    if (since >= before) return { status: 'nothing' };
    await ledger.flush();
    const id = newId(clock, random);
    const options = { id, since, before, drawnAt: clock.now(), perBand };
    const answer = (await run(id, { kind: 'draw', options })) as TrialAnswer<'draw'>;
    if (answer.status !== 'done') return { status: 'busy' };
    const { messages, ...sample } = answer.report;
    // Another draw may have been kept meanwhile.
    if (sample.bands.length === 0 || !(await reviews.addSample({ ...sample, messages }))) return { status: 'nothing' };
    log.info({ sample: id, since, before, drawn: messages.length }, 'sample_drawn');
    return { status: 'drawn', sample };
  }
}

/** One look at the oldest that is kept. */
async function hasMailBefore(dataDir: string, at: EpochMs): Promise<boolean> {
  for await (const lines of ledgerLines(dataDir).lines(0, at)) if (lines.length > 0) return true;
  return false;
}

/** From the ledger and the labels in `dataDir`. */
export async function drawIn(dataDir: string, options: DrawOptions): Promise<DrawnSample> {
  const store = openStoreReader(dataDir);
  try {
    const labels = (await store.reviews.labels()).filter(({ at }) => at < options.drawnAt);
    return await drawSample(ledgerLines(dataDir), new Set(labels.map(({ message }) => message)), options);
  } finally {
    store.close();
  }
}
