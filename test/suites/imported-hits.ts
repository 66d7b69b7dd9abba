// What each of SpamAssassin's rules, as they are imported, says of a message; metas by what the others say.

import { readMail } from '../../src/content/mail.ts';
import { compilePatterns } from '../../src/rules/patterns/patterns.ts';
import { compileExpression } from '../../src/rules/spamassassin/expression.ts';
import type { SpamAssassinImport } from '../../src/rules/spamassassin/import.ts';

/** Whether a symbol hits. No rule that ends runs out of time. */
export type Hits = (symbol: string) => boolean;

export function hitsBy({ rules }: Pick<SpamAssassinImport, 'rules'>): (bytes: Buffer) => Promise<Hits> {
  const matcher = compilePatterns(rules.flatMap(rule => rule.patterns));
  const metas = new Map(
    rules.flatMap(({ symbol, counting }) => (counting ? [[symbol, compileExpression(counting.expression)]] : [])),
  );
  const fields = new Set(rules.flatMap(rule => rule.patterns.map(pattern => pattern.field)));
  return async bytes => {
    const { hits } = matcher.match(await readMail(bytes).texts(fields), {
      budgetMs: 60_000,
      now: () => performance.now(),
    });
    const counts = new Map(hits.map(({ symbol, count = 1 }) => [symbol, count]));
    const known = new Map<string, number>();
    const value = (symbol: string): number => {
      const count = known.get(symbol) ?? metas.get(symbol)?.(value) ?? counts.get(symbol) ?? 0;
      known.set(symbol, count);
      return count;
    };
    return symbol => value(symbol) > 0;
  };
}
