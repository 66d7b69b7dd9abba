// History: what checks ask of it, and what it learns of each message.

import type { Config } from '../../config/schema.ts';
import type { HistoryAnswer } from '../../model/ask.ts';
import type { Clock, Random } from '../../model/clock.ts';
import type { LedgerRecord } from '../../model/disposition.ts';
import { type HistoryKey, isHistoryKey, isLearnable, kindOf } from '../../model/history.ts';
import type { Id } from '../../model/ids.ts';
import { errorText } from '../../model/thrown.ts';
import type { Log } from '../../observe/log.ts';
import { type ClosableHistory, openHistory } from '../../store/sqlite/history.ts';
import { lessonOf } from './lessons.ts';

interface World {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

const dayMs = 24 * 3600 * 1000;

/** Days that are kept; null where none are. */
export const historyDays = ({ history, checks }: Config): number | null =>
  history.keep === 'off' || checks === 'none' ? null : Math.ceil(history.keep / dayMs);

/** Null where no history is kept. */
export function historyOf(config: Config, world: World): GatewayHistory | null {
  const keepDays = historyDays(config);
  return keepDays === null ? null : new GatewayHistory(config, keepDays, world);
}

export class GatewayHistory {
  readonly #config: Config;
  readonly #keepDays: number;
  readonly #world: World;
  #open: ClosableHistory | null = null;

  constructor(config: Config, keepDays: number, world: World) {
    this.#config = config;
    this.#keepDays = keepDays;
    this.#world = world;
  }

  /** Once the data directory is ours. */
  open(): void {
    const { data_dir: dataDir, history } = this.#config;
    const options = { dataDir, batchMs: 500, keepDays: this.#keepDays, maxEntries: history.max_entries };
    this.#open = openHistory(options, this.#world);
  }

  get counts(): ClosableHistory['counts'] {
    return this.#open?.counts ?? { learnt: 0, lost: 0 };
  }

  async answer(keys: readonly string[]): Promise<HistoryAnswer> {
    if (this.#open === null) return { status: 'failed', reason: 'the history is not open' };
    if (!keys.every(isHistoryKey)) return { status: 'failed', reason: 'what was asked is no key' };
    try {
      const found = await this.#open.find(keys, this.#world.clock.now());
      return { status: 'found', sightings: found.map((sighting, i) => (this.#isKept(keys[i]) ? sighting : null)) };
    } catch (cause) {
      return { status: 'failed', reason: errorText(cause) };
    }
  }

  learn(record: LedgerRecord): void {
    const lesson = lessonOf(record);
    if (lesson === null) return;
    this.#open?.learn({ ...lesson, keys: lesson.keys.filter(key => this.#isKept(key)) });
  }

  released(transaction: Id): void {
    this.#open?.released(transaction);
  }

  async expire(): Promise<void> {
    const { clock, log } = this.#world;
    await this.#open?.expire(clock.now()).then(
      entries => log.info({ entries }, 'history expired'),
      err => log.error({ err }, 'history not expired'),
    );
  }

  async close(): Promise<void> {
    await this.#open?.close();
  }

  #isKept(key: HistoryKey | undefined): boolean {
    return key !== undefined && (this.#config.forwarding.learn !== 'off' || !isLearnable(kindOf(key)));
  }
}
