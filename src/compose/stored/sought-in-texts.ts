// Patterns that were not sought in a message when it came, sought in the texts that were kept of it.

import type { TextField } from '../../model/evidence.ts';
import { type KeptTexts, wasKept } from '../../model/kept-texts.ts';
import { compilePatterns, type PatternMatcher, type PatternSpec } from '../../rules/patterns/patterns.ts';
import type { RuleSet } from '../../rules/rule.ts';
import type { TextsReader } from '../../store/texts.ts';
import type { ReplayPorts } from '../../trial/replay.ts';
import { patternBudgetMs } from '../parts/inspection.ts';

interface Search {
  readonly matcher: PatternMatcher;
  readonly fieldsBySymbol: ReadonlyMap<string, readonly TextField[]>;
}

export function soughtInTexts(texts: TextsReader): ReplayPorts['seek'] {
  /** What is open is the same set for all messages in which the same patterns were sought. */
  const searches = new WeakMap<ReadonlySet<string>, Search>();
  return async ({ id, at }, open, rules) => {
    const kept = await texts.of(id, at);
    if (kept === null) return null;
    const search = searches.get(open) ?? searchFor(open, rules);
    searches.set(open, search);
    const now = (): number => performance.now();
    const patternHits = search.matcher.match(kept.texts, { budgetMs: patternBudgetMs, now });
    const hits = new Set(patternHits.hits.map(({ symbol }) => symbol));
    return { by: 'texts', patternHits, unknown: unknownIn(kept, search, hits) };
  };
}

function searchFor(open: ReadonlySet<string>, { patterns }: RuleSet): Search {
  const wanted = patterns.filter(({ symbol }) => open.has(symbol));
  const bySymbol = Map.groupBy(wanted, ({ symbol }) => symbol);
  const fieldsOf = (specs: readonly PatternSpec[]) => specs.map(({ field }) => field);
  return {
    matcher: compilePatterns(wanted),
    fieldsBySymbol: new Map([...bySymbol].map(([symbol, specs]) => [symbol, fieldsOf(specs)])),
  };
}

/** A field that was not kept may hold what was sought. */
function unknownIn(kept: KeptTexts, { fieldsBySymbol }: Search, hits: ReadonlySet<string>): ReadonlySet<string> {
  const missing = [...fieldsBySymbol].filter(
    ([symbol, fields]) => !hits.has(symbol) && !fields.every(field => wasKept(kept, field)),
  );
  return new Set(missing.map(([symbol]) => symbol));
}
