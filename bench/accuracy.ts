// How much spam is stopped, and how much ham with it, on labelled mail and offline: `node bench/accuracy.ts [--corpus DIR]`.
// `--write` puts the tables into docs/accuracy.md and README.md; `--spamassassin N` asks the real one about every N-th message.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { measuredRules } from '../src/compose/trials/measuring.ts';
import { parseConfig } from '../src/config/load.ts';
import { fitRecordName, shippedRules } from '../src/config/rule-files.ts';
import { corpusPart, missingCorpus } from '../test/support/corpus.ts';
import { accuracyPage, readmeTable, withTable } from './accuracy-page.ts';
import { spamAssassinOn } from './spamassassin.ts';

const { values } = parseArgs({
  options: {
    corpus: { type: 'string' },
    write: { type: 'boolean', default: false },
    spamassassin: { type: 'string' },
  },
});

const endings: (() => void | Promise<void>)[] = [];
const folder = values.corpus ?? corpusPart({ after: ending => void endings.unshift(ending) }, '*mail/*.eml');
if (folder === null) console.log(`skipped: ${missingCorpus()}`);
else await measure(folder);
for (const end of endings) await end();

async function measure(corpus: string): Promise<void> {
  const config = parseConfig('', 'embedded default', {});
  const { rules, mails } = await measuredRules(config, [corpus], { offline: true, sample: 1 });
  const other = values.spamassassin === undefined ? null : await spamAssassinOn(corpus, Number(values.spamassassin));
  const record = join(shippedRules, fitRecordName);
  const page = accuracyPage({
    mails,
    rules: rules.judged.filter(({ role }) => role === 'scored').length,
    record: existsSync(record) ? readFileSync(record, 'utf8') : null,
    other,
  });
  console.log(page);
  if (!values.write) return;
  const root = join(import.meta.dirname, '..');
  const readme = join(root, 'README.md');
  writeFileSync(join(root, 'docs/accuracy.md'), page);
  writeFileSync(readme, withTable(readFileSync(readme, 'utf8'), readmeTable(mails)));
}
