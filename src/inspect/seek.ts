// The search for patterns in one message. What could not be sought is said to have overrun: it is never "no hit".

import type { Facts, PatternHits } from '../model/evidence.ts';
import { errorText } from '../model/thrown.ts';
import type { PatternMatcher } from '../rules/patterns/patterns.ts';
import { cut } from './facts.ts';
import { type ReadField, readFields, type Unread } from './read-fields.ts';
import { late } from './within.ts';

export interface Sought {
  readonly patternHits: PatternHits;
  /** `texts`, failed, where some could not be read. */
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

/** Never throws. A field that cannot be read leaves open what is sought in it, and nothing else. */
export async function seek(
  read: ReadField,
  matcher: PatternMatcher,
  { deadlineMs, budgetMs, costs, now }: SeekLimits,
): Promise<Sought> {
  const startedAt = now();
  const ms = () => Math.round((now() - startedAt) * 10) / 10;
  const failed = (reason: string, afterMs: number): Facts => ({
    texts: { state: 'failed', ms: afterMs, reason: cut(reason, 200) },
  });
  try {
    const { texts, unread } = await readFields(read, matcher.fields, deadlineMs);
    const readMs = ms();
    const found = matcher.match(texts, { budgetMs, costs, now });
    const sought: Sought = { patternHits: found, facts: {}, ms: Math.round((ms() - readMs) * 10) / 10 };
    if (unread.size === 0) return sought;
    const patternHits = withOverrun(found, matcher.symbolsIn(new Set(unread.keys())));
    return { ...sought, patternHits, facts: failed(reasonOf(unread), readMs) };
  } catch (error) {
    const patternHits = { digest: matcher.digest, hits: [], overran: matcher.symbols };
    return { patternHits, facts: failed(errorText(error), ms()), ms: 0 };
  }
}

/** Begins with `deadline` where another reading may find more. */
function reasonOf(unread: Unread): string {
  const lateOnes = [...unread].filter(([, why]) => why === late).map(([field]) => field);
  const others = [...unread].filter(([, why]) => why !== late).map(([field, why]) => `${field}: ${String(why)}`);
  return [...(lateOnes.length === 0 ? [] : [`deadline: ${lateOnes.join(', ')}`]), ...others].join('; ');
}

/** A hit in another field is one all the same. */
function withOverrun(found: PatternHits, open: readonly string[]): PatternHits {
  const overran = new Set([...found.overran, ...open]);
  for (const { symbol } of found.hits) overran.delete(symbol);
  return { ...found, overran: [...overran] };
}
