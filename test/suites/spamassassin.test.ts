// The real SpamAssassin and ours over the same mail, with Debian's rules and KAM's: those that the import calls exact hit where
// they hit there. The sample is every 29th labelled message; POSTERN_DIFFERENTIAL_STEP says another, 1 being all.
// `node test/suites/spamassassin.test.ts --update` writes what was found into docs/spamassassin.md.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { importedRules } from '../../src/compose/rules/rule-set.ts';
import { labelledMails } from '../../src/compose/stored/labelled-mail.ts';
import { corpusPart, missingCorpus } from '../support/corpus.ts';
import { suiteEnding } from '../support/endings.ts';
import { missing } from '../support/real-parts.ts';
import { type Ending, tempDir } from '../support/temp.ts';
import { hitsBy } from './imported-hits.ts';

const step = Number(process.env.POSTERN_DIFFERENTIAL_STEP ?? 29);

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
    const own = siteRules(folder, ending);
    const theirs = theirHits(folder, own, files);
    const imported = importedRules(['/usr/share/spamassassin', own], new Set());
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

  after(() => {
    if (process.argv.includes('--update')) updatePage(messages, pairs, differences);
  });

  test('of the pairs of a rule and a message that either of us sees, 995 in 1,000 are seen by both', t => {
    const counts = Map.groupBy(differences, ({ symbol, hitBy }) => `${symbol}: ${hitBy}`);
    t.diagnostic(
      `${messages} messages, ${pairs} pairs; otherwise: ${[...counts].map(([who, all]) => `${who} ${all.length}`).join(', ')}`,
    );
    assert.ok(messages > 0 && pairs > 20 * messages, `${pairs} pairs`);
    assert.ok(differences.length < pairs * 0.005, `${differences.length} of ${pairs}`);
  });

  test('no rule differs on more than one message in 100 by itself', () => {
    const bySymbol = Map.groupBy(differences, ({ symbol }) => symbol);
    const most = [...bySymbol].filter(([, all]) => all.length > Math.max(3, messages / 100));
    assert.deepEqual(most, []);
  });
});

/** What a server adds to the rules that come with SpamAssassin: Debian's settings, and KAM's rules. */
function siteRules(folder: string, ending: Ending): string {
  const own = join(folder, 'site');
  cpSync('/etc/spamassassin', own, { recursive: true });
  cpSync(join(corpusPart(ending, '*rules/*') ?? '', 'rules/kam-2026-08'), own, { recursive: true });
  return own;
}

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

function theirHits(folder: string, own: string, files: readonly string[]): ReadonlyMap<string, ReadonlySet<string>> {
  const driver = join(import.meta.dirname, 'spamassassin.pl');
  const { status, stdout, stderr } = spawnSync('perl', [driver, join(folder, 'state'), own, ...files], {
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

/** Between its two marks the page holds what the last run found. */
const marks = /(?<=<!-- differences -->\n).*(?=<!-- end -->)/s;

function updatePage(messages: number, pairs: number, differences: readonly Difference[]): void {
  const page = join(import.meta.dirname, '../../docs/spamassassin.md');
  const share = ((100 * (pairs - differences.length)) / pairs).toFixed(2);
  const rows = [
    ...Map.groupBy(differences, ({ symbol, hitBy }) => `${symbol} | ${hitBy === 'ours' ? 'Postern' : 'SpamAssassin'}`),
  ]
    .map(([row, all]) => `| ${row} | ${all.length} |\n`)
    .sort();
  const found = `${messages} messages, ${pairs} pairs of an exact rule and a message on which one of the two hits at least: on ${share} % both do.\n\n`;
  const table = `| rule | only | messages |\n| --- | --- | --- |\n${rows.join('')}`;
  writeFileSync(page, readFileSync(page, 'utf8').replace(marks, `\n${found}${rows.length === 0 ? '' : `${table}\n`}`));
}
