// Reviewed mail by sample and action: how much each message that was looked at stands for, and what is known of the rest.

import type { Id } from '../model/ids.ts';
import type { Action, Points } from '../model/verdict.ts';
import { lowerBound } from './proportion.ts';
import { type Reviewed, type ReviewedMail, reachOf, stops, type Weights } from './reviewed.ts';
import { independence, similarity } from './senders.ts';

/** A message before it is known how many others there are like it. */
export interface Weighed extends Pick<ReviewedMail, 'sender' | 'hits' | 'floor'> {
  readonly action: Action;
  readonly score: Points;
}

/** For what a message speaks. */
export type Standing =
  /** It was labelled before the draw. */
  | { readonly for: 'itself'; readonly isWanted: boolean }
  | { readonly for: 'others'; readonly isWanted: boolean }
  /** The sample speaks for it; wanted mail that somebody came upon afterwards is counted beside it, to be on the safe side. */
  | { readonly for: 'nothing'; readonly isOpen: boolean; readonly isFoundWanted: boolean };

export interface StrataReviewed extends Reviewed {
  /** All, labelled or not. */
  readonly messages: number;
  /** Drawn, and not labelled. */
  readonly open: number;
}

interface Seen {
  readonly mail: Weighed;
  readonly isWanted: boolean;
}

/** Mail of one sample and action that was not labelled before the draw. */
class Stratum {
  readonly action: Action;
  readonly seen: Seen[] = [];
  /** All, by sender. */
  readonly senders = new Map<string, number>();
  messages = 0;
  /** Of those that nobody looked at. */
  top: Points = Number.NEGATIVE_INFINITY;

  constructor(action: Action) {
    this.action = action;
  }

  get perSeen(): number {
    return this.seen.length === 0 ? Number.POSITIVE_INFINITY : this.messages / this.seen.length;
  }

  get isWhole(): boolean {
    return this.seen.length === this.messages;
  }
}

export class Strata {
  readonly #weights: Weights;
  readonly #strata = new Map<string, Stratum>();
  readonly #alone: Seen[] = [];
  /** Wanted mail that somebody came upon where a sample stands for it already: one error more, no more mail. */
  readonly #found: Seen[] = [];
  readonly #messagesOf = new Map<string, number>();
  readonly #delivered = new Map<string, number[]>();
  #messages = 0;
  #open = 0;

  constructor(weights: Weights) {
    this.#weights = weights;
  }

  add(mail: Weighed, sample: Id, standing: Standing): void {
    this.#messages += 1;
    count(this.#messagesOf, mail.sender);
    if (!stops(mail.action)) this.#deliveredOf(mail.sender).push(mail.score);
    if (standing.for === 'itself') {
      this.#alone.push({ mail, isWanted: standing.isWanted });
      return;
    }
    const stratum = this.#stratum(sample, mail.action);
    stratum.messages += 1;
    count(stratum.senders, mail.sender);
    if (standing.for === 'others') stratum.seen.push({ mail, isWanted: standing.isWanted });
    else {
      stratum.top = Math.max(stratum.top, reachOf(mail, this.#weights));
      if (standing.isFoundWanted) this.#found.push({ mail, isWanted: true });
      if (standing.isOpen) this.#open += 1;
    }
  }

  /** Who sends what nobody wants makes up senders as he likes, alike or not: those of wanted mail are asked by themselves too. */
  #similarity(strata: readonly Stratum[]): number {
    const seen = [...this.#alone, ...this.#found, ...strata.flatMap(of => of.seen)];
    const wanted = new Set(seen.filter(({ isWanted }) => isWanted).map(({ mail }) => mail.sender));
    const ofWanted = new Map([...this.#delivered].filter(([sender]) => wanted.has(sender)));
    return Math.max(similarity(this.#delivered), similarity(ofWanted));
  }

  #deliveredOf(sender: string): number[] {
    const scores = this.#delivered.get(sender) ?? [];
    this.#delivered.set(sender, scores);
    return scores;
  }

  #stratum(sample: Id, action: Action): Stratum {
    const key = `${sample} ${action}`;
    const stratum = this.#strata.get(key) ?? new Stratum(action);
    this.#strata.set(key, stratum);
    return stratum;
  }

  reviewed(confidence: number): StrataReviewed {
    const strata = [...this.#strata.values()];
    const alike = this.#similarity(strata);
    const worth = (sender: string): number => independence(this.#messagesOf.get(sender) ?? 1, alike);
    const reviewed = ({ mail, isWanted }: Seen, standsFor: number): ReviewedMail => {
      const { sender, hits, floor } = mail;
      return { isWanted, sender, standsFor, independence: worth(sender), hits, floor };
    };
    const ofSamples = strata.flatMap(({ seen, perSeen }) => seen.map(of => reviewed(of, perSeen)));
    const single = [...this.#alone, ...this.#found].map(of => reviewed(of, 1));
    return {
      mails: [...single, ...ofSamples],
      unseen: strata.filter(({ isWhole }) => !isWhole).map(({ perSeen, top }) => ({ perSeen, top })),
      independent: worthOf(this.#alone, worth) + worthOfStrata(strata, worth, confidence),
      similarity: alike,
      messages: this.#messages,
      open: this.#open,
    };
  }
}

type Worth = (sender: string) => number;

const worthOf = (seen: readonly Seen[], worth: Worth): number =>
  sumOf(seen.filter(({ isWanted }) => isWanted).map(({ mail }) => worth(mail.sender)));

/** What the wanted mail among `strata` is worth: of an action, as much as its samples show with this confidence. */
function worthOfStrata(strata: readonly Stratum[], worth: Worth, confidence: number): number {
  const { whole = [], part = [] } = Object.groupBy(strata, ({ isWhole }) => (isWhole ? 'whole' : 'part'));
  const actions = Map.groupBy(part, ({ action }) => action).values();
  return sumOf([
    ...whole.map(({ seen }) => worthOf(seen, worth)),
    ...[...actions].map(of => worthOfPart(of, worth, confidence)),
  ]);
}

function worthOfPart(strata: readonly Stratum[], worth: Worth, confidence: number): number {
  const looked = strata.filter(({ seen }) => seen.length > 0);
  const seen = looked.flatMap(of => of.seen);
  const all = looked.flatMap(({ senders }) => [...senders].map(([sender, messages]) => messages * worth(sender)));
  const wanted = seen.filter(({ isWanted }) => isWanted).length;
  if (wanted === 0) return 0;
  // The senders of unwanted mail, however many they say they are, are nothing to the wanted: all is worth no more than if
  // all were of such senders as those of the wanted mail that was seen.
  const ofWanted = sumOf(looked.map(stratum => stratum.perSeen * worthOf(stratum.seen, worth)));
  const asWanted = (ofWanted * seen.length) / wanted;
  return lowerBound(wanted, seen.length, confidence) * Math.min(sumOf(all), asWanted);
}

const sumOf = (of: readonly number[]): number => of.reduce((sum, value) => sum + value, 0);

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
