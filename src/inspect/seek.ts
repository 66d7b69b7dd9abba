// The search for patterns in one message. What could not be sought is said to have overrun: it is never "no hit".

import type { Facts, PatternHits, Texts } from '../model/evidence.ts';
import type { PatternMatcher } from '../rules/patterns/patterns.ts';
import { cut } from './facts.ts';
import { late, within } from './within.ts';

export interface Sought {
  readonly patternHits: PatternHits;
  /** `texts`, failed, where the texts could not be read. */
  readonly facts: Facts;
  /** Of the search, without the reading of the texts. */
  readonly ms: number;
}

export interface SeekLimits {
  /** For the reading of the texts. */
  readonly deadlineMs: number;
  /** For the search. */
  readonly budgetMs: number;
  /** Where the matcher adds what each symbol took. */
  readonly costs: Float64Array;
  readonly now: () => number;
}

/** Never throws. */
export async function seek(
  read: () => Promise<Texts>,
  matcher: PatternMatcher,
  { deadlineMs, budgetMs, costs, now }: SeekLimits,
): Promise<Sought> {
  const startedAt = now();
  const ms = () => Math.round((now() - startedAt) * 10) / 10;
  const failed = (reason: string): Sought => ({
    patternHits: { digest: matcher.digest, hits: [], overran: matcher.symbols },
    facts: { texts: { state: 'failed', ms: ms(), reason: cut(reason, 200) } },
    ms: 0,
  });
  try {
    const texts = await within(deadlineMs, read);
    if (texts === late) return failed('deadline');
    const readMs = ms();
    const patternHits = matcher.match(texts, { budgetMs, costs, now });
    return { patternHits, facts: {}, ms: Math.round((ms() - readMs) * 10) / 10 };
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  }
}
