// The real SpamAssassin and ours over the same mail: rules that the import calls exact hit where they hit there. The sample is
// every 21st labelled message; POSTERN_DIFFERENTIAL_STEP says another, 1 being all.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { labelledMails } from '../../src/compose/labelled-mail.ts';
import { importedRules } from '../../src/compose/rule-set.ts';
import { readMail } from '../../src/content/mail.ts';
import { compilePatterns } from '../../src/rules/patterns/patterns.ts';
import type { SpamAssassinImport } from '../../src/rules/spamassassin/import.ts';
import { corpusPart, missingCorpus } from '../support/corpus.ts';
import { suiteEnding } from '../support/endings.ts';
import { missing } from '../support/real-parts.ts';
import { type Ending, tempDir } from '../support/temp.ts';

const step = Number(process.env.POSTERN_DIFFERENTIAL_STEP ?? 21);

interface Difference {
  readonly symbol: string;
  readonly file: string;
  readonly hitBy: 'ours' | 'theirs';
}

describe('the real SpamAssassin', { skip: missing('spamassassin', 'spamassassin') || missingCorpus() }, () => {
  const ending = suiteEnding();
  const differences: Difference[] = [];
  let messages = 0;
  let pairs = 0;

  before(async () => {
    const folder = tempDir(ending);
    const files = await writtenMails(folder, ending);
    messages = files.length;
    const theirs = theirHits(folder, files);
    const imported = importedRules(['/etc/spamassassin', '/usr/share/spamassassin'], new Set());
    const exact = imported.report.filter(({ standing }) => standing.kind === 'exact').map(({ symbol }) => symbol);
    const ours = hitsBy(imported);
    for (const file of files) {
      const hitThere = theirs.get(file);
      assert.ok(hitThere !== undefined, file);
      const hitHere = await ours(readFileSync(file));
      for (const symbol of exact) {
        const isHere = hitHere(symbol);
        const isThere = hitThere.has(symbol);
        if (isHere || isThere) pairs += 1;
        if (isHere !== isThere) differences.push({ symbol, file, hitBy: isHere ? 'ours' : 'theirs' });
      }
    }
  });

  test('of the pairs of a rule and a message that either of us sees, 995 in 1,000 are seen by both', t => {
    const counts = Map.groupBy(differences, ({ symbol, hitBy }) => `${symbol}: ${hitBy}`);
    t.diagnostic(`${pairs} pairs; otherwise: ${[...counts].map(([who, all]) => `${who} ${all.length}`).join(', ')}`);
    assert.ok(messages > 0 && pairs > 20 * messages, `${pairs} pairs`);
    assert.ok(differences.length < pairs * 0.005, `${differences.length} of ${pairs}`);
  });

  test('no rule differs on more than one message in 100 by itself', () => {
    const bySymbol = Map.groupBy(differences, ({ symbol }) => symbol);
    const most = [...bySymbol].filter(([, all]) => all.length > Math.max(3, messages / 100));
    assert.deepEqual(most, []);
  });
});

async function writtenMails(folder: string, ending: Ending): Promise<readonly string[]> {
  const corpus = corpusPart(ending, '*mail/*') ?? '';
  const files: string[] = [];
  mkdirSync(join(folder, 'mails'));
  for await (const { bytes } of labelledMails([join(corpus, 'mail')], step)) {
    const file = join(folder, 'mails', `${files.length}.eml`);
    writeFileSync(file, bytes);
    files.push(file);
  }
  return files;
}

function theirHits(folder: string, files: readonly string[]): ReadonlyMap<string, ReadonlySet<string>> {
  const driver = join(import.meta.dirname, 'spamassassin.pl');
  const { status, stdout, stderr } = spawnSync('perl', [driver, join(folder, 'state'), ...files], {
    encoding: 'utf8',
    maxBuffer: 1e9,
    env: { ...process.env, HOME: folder },
  });
  assert.equal(status, 0, stderr);
  const lines = stdout.trimEnd().split('\n');
  return new Map(
    lines.map(line => {
      const { file, hits } = JSON.parse(line) as { readonly file: string; readonly hits: readonly string[] };
      return [file, new Set(hits)];
    }),
  );
}

/** What each rule says of a message, metas by what the others say. */
function hitsBy({ rules }: SpamAssassinImport): (bytes: Buffer) => Promise<(symbol: string) => boolean> {
  const matcher = compilePatterns(rules.flatMap(rule => rule.patterns));
  const bySymbol = new Map(rules.map(rule => [rule.symbol, rule]));
  const fields = new Set(rules.flatMap(rule => rule.patterns.map(pattern => pattern.field)));
  return async bytes => {
    const costs = new Float64Array(matcher.symbols.length);
    const options = { budgetMs: 60_000, costs, now: () => performance.now() };
    const { hits } = matcher.match(await readMail(bytes).texts(fields), options);
    const counts = new Map(hits.map(({ symbol, count = 1 }) => [symbol, count]));
    const known = new Map<string, number>();
    const value = (symbol: string): number => {
      const counting = bySymbol.get(symbol)?.counting ?? null;
      const count = known.get(symbol) ?? (counting === null ? (counts.get(symbol) ?? 0) : counting.value(value));
      known.set(symbol, count);
      return count;
    };
    return symbol => value(symbol) > 0;
  };
}
