// The kill harness by hand: `node test/torture/kill.ts --seconds 600 [--seed N]`. Exit code 1 when anything is wrong.

import { parseArgs } from 'node:util';
import { isFlawless, killLines, killRun } from './kill-run.ts';

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string' } } });
const seed = Number(values.seed ?? Date.now() % 1_000_000);
console.log(`seed ${seed}`);

const endings: (() => void | Promise<void>)[] = [];
const report = await killRun({ after: fn => void endings.unshift(fn) }, { seconds: Number(values.seconds), seed });
for (const end of endings) await end();

console.log(killLines(report).join('\n'));
process.exitCode = isFlawless(report) ? 0 : 1;
