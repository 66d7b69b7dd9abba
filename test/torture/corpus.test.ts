// All labelled mails of the development corpus; `node test/torture/corpus.ts` is the same by hand.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { corpusFolder, corpusLines, corpusMails, corpusRun, fates } from './corpus-run.ts';

test('each mail of the corpus is relayed but for the listed edits, quarantined or refused', async t => {
  const folder = corpusFolder(t);
  if (folder === null)
    return t.skip('no corpus: POSTERN_CORPUS is not set, and the archive is not beside this checkout');
  const report = await corpusRun(t, corpusMails(folder));
  for (const line of corpusLines(report)) t.diagnostic(line);
  assert.deepEqual(report.faults, []);
  const counted = [...report.counts.values()].flatMap(row => fates.map(fate => row[fate]));
  assert.ok(report.mails > 6000, `only ${report.mails} mails were found`);
  assert.equal(
    counted.reduce((sum, n) => sum + n, 0),
    report.mails,
  );
});
