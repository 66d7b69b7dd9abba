// A check observes one message and never scores it. One file each; `index.ts` is the list.

import type { Mail } from '../content/mail.ts';
import type { Ask } from '../model/ask.ts';
import type { EpochMs } from '../model/clock.ts';
import type { Envelope } from '../model/envelope.ts';
import type { Facts } from '../model/evidence.ts';
import type { Shape, ValueOf } from '../model/shape.ts';
import type { Site } from '../model/site.ts';

/** All that a check may look at. */
export interface Subject {
  readonly envelope: Envelope;
  readonly receivedAt: EpochMs;
  readonly site: Site;
  /** The content, read lazily and once for all checks. */
  readonly mail: Mail;
  readonly ask: Ask;
  /** What the checks named in `after` left. */
  readonly facts: Facts;
}

export interface Check<S extends Shape = Shape> {
  /** Dotted, as conditions read it: `auth.spf`. */
  readonly name: string;
  /** Names of checks whose facts this one reads. */
  readonly after: readonly string[];
  readonly timeoutMs: number;
  /** One sentence for the reference page. */
  readonly about: string;
  readonly evidence: S;
  /** The value, or `Skipped` where there is nothing to look at. Throwing makes the observation `failed`. */
  observe(subject: Subject): ValueOf<S> | Skipped | Promise<ValueOf<S> | Skipped>;
}

/** Returned by a check that does not apply. */
export class Skipped {
  readonly reason: string;
  constructor(reason: string) {
    this.reason = reason;
  }
}

/** Keeps the evidence type of a literal check. */
export const check = <const S extends Shape>(definition: Check<S>): Check<S> => definition;
