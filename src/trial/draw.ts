// Samples for review: so many messages of each profile and action, drawn by chance from those that nobody has labelled, so that
// what people say of them can be taken for what they would say of all.

import { createHash } from 'node:crypto';
import type { EpochMs } from '../model/clock.ts';
import type { Id } from '../model/ids.ts';
import { type Action, actions } from '../model/verdict.ts';
import type { LedgerLines } from '../store/ledger.ts';
import type { LedgerLine, LineGroup } from '../store/ledger-line.ts';
import type { DrawnSample, SampleBand, SampledMessage } from '../store/reviews.ts';

export interface DrawOptions {
  /** The sample's. The draw follows from it: who asks again gets the same messages. */
  readonly id: Id;
  readonly since: EpochMs;
  readonly before: EpochMs;
  readonly drawnAt: EpochMs;
  /** Of each profile and action, at most. */
  readonly perBand: number;
}

export async function drawSample(
  ledger: LedgerLines,
  labelled: ReadonlySet<Id>,
  options: DrawOptions,
): Promise<DrawnSample> {
  const { id, since, before, drawnAt, perBand } = options;
  const bands = new Map<string, Band>();
  for await (const lines of ledger.lines(since, before)) {
    for (const line of lines) {
      for (const { profile, action } of judgedOnce(line)) {
        const key = `${profile} ${action}`;
        const band = bands.get(key) ?? new Band(profile, action, id, perBand);
        bands.set(key, band);
        band.add(line.id, labelled.has(line.id));
      }
    }
  }
  const drawn = [...bands].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, band]) => band);
  const messages = drawn.flatMap(band => band.messages());
  return { id, since, before, drawnAt, bands: drawn.map(band => band.counts()), messages };
}

/**
 * The verdicts of a message that people can have an opinion on, one for each profile: the strictest. Role addresses get their
 * mail whatever is said of it.
 */
export function judgedOnce({ groups }: LedgerLine): readonly LineGroup[] {
  const byProfile = new Map<string, LineGroup>();
  for (const group of groups ?? []) {
    if (group.isRole || group.basis === null) continue;
    const other = byProfile.get(group.profile);
    if (other === undefined || actions.indexOf(group.action) > actions.indexOf(other.action))
      byProfile.set(group.profile, group);
  }
  return [...byProfile.values()];
}

interface Ticket {
  readonly message: Id;
  readonly lot: string;
}

class Band {
  readonly #of: Pick<SampleBand, 'profile' | 'action'>;
  readonly #salt: string;
  readonly #most: number;
  /** Those with the least lots so far. */
  #drawn: readonly Ticket[] = [];
  #messages = 0;
  #labelled = 0;

  constructor(profile: string, action: Action, salt: string, most: number) {
    this.#of = { profile, action };
    this.#salt = salt;
    this.#most = most;
  }

  add(message: Id, isLabelled: boolean): void {
    this.#messages += 1;
    if (isLabelled) this.#labelled += 1;
    else this.#draw(message);
  }

  #draw(message: Id): void {
    const lot = createHash('sha256').update(`${this.#salt} ${message}`).digest('hex');
    const last = this.#drawn.at(-1);
    if (this.#drawn.length === this.#most && (last === undefined || lot >= last.lot)) return;
    const drawn = [...this.#drawn, { message, lot }].sort((a, b) => (a.lot < b.lot ? -1 : 1));
    this.#drawn = drawn.slice(0, this.#most);
  }

  counts(): SampleBand {
    return { ...this.#of, messages: this.#messages, labelled: this.#labelled, drawn: this.#drawn.length };
  }

  messages(): readonly SampledMessage[] {
    const weight = (this.#messages - this.#labelled) / this.#drawn.length;
    return this.#drawn.map(({ message }) => ({ message, ...this.#of, weight }));
  }
}
