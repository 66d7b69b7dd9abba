// The account of a run: what was sent and how it was answered, held against what is found at the next hop and in the
// quarantine.

import type { NumberedMail, Place } from './numbered-mail.ts';
import type { Cut, Sending } from './sending-mta.ts';

/** One recipient's copy, where it was found. */
export interface Copy {
  readonly mail: string;
  readonly recipient: string;
  readonly place: Exclude<Place, 'nowhere'>;
  /** How it differs from what was sent, or null. */
  readonly damage: string | null;
}

export interface Account {
  readonly mails: number;
  /** Recipients' copies that were answered 2xx, by where they belong; and those answered 5xx. */
  readonly settled: Readonly<Record<Place, number>>;
  /** Copies more than one that THREATS.md allows, by what ended the gateway's life. */
  readonly duplicates: ReadonlyMap<string, number>;
  /** All of these must be empty. */
  readonly faults: Readonly<Record<FaultKind, readonly string[]>>;
}

/** `stranded`: given up after too many 4xx. `excess`: more copies than can be explained. `stray`: of no mail that was sent. */
export const faultKinds = ['lost', 'damaged', 'misplaced', 'excess', 'stray', 'stranded'] as const;
export type FaultKind = (typeof faultKinds)[number];

/** `mayDuplicate`: whether an attempt that was cut so may have left a copy. */
export function accountOf(
  sendings: readonly Sending<NumberedMail>[],
  copies: Iterable<Copy>,
  mayDuplicate: (cut: Cut) => boolean,
): Account {
  const book = new Book(copies);
  for (const sending of sendings)
    for (const [path, place] of sending.mail.places) book.enter(sending, path, place, mayDuplicate);
  return book.close(sendings.length);
}

class Book {
  readonly #copies: Map<string, Copy[]>;
  readonly #settled: Record<Place, number> = { 'next hop': 0, quarantine: 0, nowhere: 0 };
  readonly #duplicates = new Map<string, number>();
  readonly #faults: Record<FaultKind, string[]> = {
    lost: [],
    damaged: [],
    misplaced: [],
    excess: [],
    stray: [],
    stranded: [],
  };

  constructor(copies: Iterable<Copy>) {
    this.#copies = Map.groupBy(copies, copy => `${copy.mail} ${copy.recipient}`);
  }

  enter(sending: Sending, path: string, place: Place, mayDuplicate: (cut: Cut) => boolean): void {
    const key = `${sending.mail.name} ${path}`;
    const found = this.#copies.get(key) ?? [];
    this.#copies.delete(key);
    const answer = sending.answers.get(path);
    const story = `${key}: ${answer?.text ?? 'never settled'}; cut by [${sending.cuts.map(cut => cut.by)}]`;
    for (const copy of found) if (copy.damage !== null) this.#faults.damaged.push(`${story}: ${copy.damage}`);
    if (answer === undefined) this.#faults.stranded.push(story);
    else this.#settle(found, place, answer.code < 300, story);
    const expected = answer !== undefined && answer.code < 300 ? 1 : 0;
    if (found.length > expected) this.#explain(found.length - expected, sending.cuts.filter(mayDuplicate), story);
  }

  #settle(found: readonly Copy[], place: Place, isAccepted: boolean, story: string): void {
    this.#settled[place]++;
    const isRight = isAccepted ? found.some(copy => copy.place === place) : place === 'nowhere';
    if (isRight) return;
    const isLost = isAccepted && found.length === 0 && place !== 'nowhere';
    this.#faults[isLost ? 'lost' : 'misplaced'].push(
      `${story}: belongs ${place}, found [${found.map(copy => copy.place)}]`,
    );
  }

  #explain(extra: number, reasons: readonly Cut[], story: string): void {
    for (const cut of reasons.slice(0, extra)) this.#duplicates.set(cut.by, (this.#duplicates.get(cut.by) ?? 0) + 1);
    if (extra > reasons.length) this.#faults.excess.push(`${story}: ${extra} more than one`);
  }

  close(mails: number): Account {
    this.#faults.stray.push(...this.#copies.keys());
    return { mails, settled: this.#settled, duplicates: this.#duplicates, faults: this.#faults };
  }
}

export function accountLines(account: Account): string[] {
  const { settled, duplicates, faults } = account;
  const counts = faultKinds.map(kind => `${faults[kind].length} ${kind}`).join(', ');
  return [
    `${account.mails} mails; copies relayed ${settled['next hop']}, quarantined ${settled.quarantine}, refused ${settled.nowhere}`,
    counts,
    `duplicates that are allowed: ${[...duplicates].map(([by, n]) => `${n} by ${by}`).join(', ') || 'none'}`,
    ...faultKinds.flatMap(kind => faults[kind].slice(0, 10).map(story => `${kind}: ${story}`)),
  ];
}
