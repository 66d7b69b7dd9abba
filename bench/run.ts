// One command that measures the gateway beside its peers and writes docs/benchmarks.md: `node bench/run.ts`.
// Needs root, Debian 12 and ../shared/bench; see bench/README.md.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { delays } from './delays.ts';
import { gatewayCosts } from './gateway-costs.ts';
import { addEntrants } from './peers.ts';
import { type Row, report } from './report.ts';

const { values } = parseArgs({
  options: {
    scratch: { type: 'string', default: process.env.RUN ?? join(tmpdir(), 'postern-bench') },
    peers: { type: 'string', default: 'pf-proxy,noderelay,postern-relay,pf-rspamd,postern,pf-rspamd-av,postern-av' },
    conns: { type: 'string', default: '1,8' },
    reps: { type: 'string', default: '3' },
    out: { type: 'string', default: join(import.meta.dirname, '../docs/benchmarks.md') },
  },
});
const sharedBench = join(import.meta.dirname, '../../shared/bench');
const scratch = values.scratch;
const environment = { ...process.env, RUN: scratch };

function run(cwd: string, command: string, ...argv: string[]): void {
  const { status, error } = spawnSync(command, argv, { cwd, env: environment, stdio: 'inherit' });
  if (status !== 0) throw new Error(`${command} ${argv.join(' ')} ended with ${status ?? error}`);
}

run(join(import.meta.dirname, '..'), 'npm', 'run', '-s', 'build');
mkdirSync(scratch, { recursive: true, mode: 0o755 });
if (!existsSync(join(scratch, 'sets/mixed'))) run(scratch, 'sh', join(sharedBench, 'install.sh'));
if (!existsSync(join(scratch, 'run/postfix-proxy'))) run(scratch, 'bash', join(sharedBench, 'peers/setup.sh'));
const bench = addEntrants(sharedBench, scratch);

const results = join(scratch, 'results.jsonl');
rmSync(results, { force: true });
const { peers, conns, reps } = values;
const measure = [join(bench, 'bench.mjs'), '--peers', peers, '--conns', conns, '--reps', reps, '--out', results];
run(scratch, 'sh', join(bench, 'tools/ns.sh'), process.execPath, ...measure);

const rows = readFileSync(results, 'utf8').trim().split('\n');
const endings: (() => void | Promise<void>)[] = [];
const t = { after: (fn: () => void | Promise<void>) => void endings.unshift(fn) };
const alone = { costs: await gatewayCosts(t), delays: await delays(t) };
for (const end of endings) await end();
writeFileSync(
  values.out,
  report(
    rows.map(line => JSON.parse(line) as Row),
    alone,
  ),
);
console.log(`written: ${values.out}`);
