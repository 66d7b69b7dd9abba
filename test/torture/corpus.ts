// The corpus run by hand: `node test/torture/corpus.ts [--step N] [--dir DIR]`. Exit code 1 when anything is wrong.

import { parseArgs } from 'node:util';
import { corpusFolder, corpusLines, corpusMails, corpusRun } from './corpus-run.ts';

const { values } = parseArgs({ options: { step: { type: 'string', default: '1' }, dir: { type: 'string' } } });
const endings: (() => void | Promise<void>)[] = [];
const t = { after: (fn: () => void | Promise<void>) => void endings.unshift(fn) };

const folder = values.dir ?? corpusFolder(t);
if (folder === null)
  throw new Error('no corpus: give --dir, or POSTERN_CORPUS, or put the archive beside the checkout');
const report = await corpusRun(t, corpusMails(folder, Number(values.step)));
for (const end of endings) await end();

console.log(corpusLines(report).join('\n'));
process.exitCode = report.faults.length === 0 ? 0 : 1;
