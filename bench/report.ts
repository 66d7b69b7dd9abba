// The measured rows as the page docs/benchmarks.md: medians, and ratios to the peer of the same run.

import type { Delays } from './delays.ts';
import type { GatewayCosts } from './gateway-costs.ts';

/** A line of the peer benchmark's results. */
export type Row =
  | { readonly type: 'start'; readonly peer: string; readonly cold_ms: readonly number[]; readonly idle_rss: number }
  | {
      readonly type: 'run';
      readonly peer: string;
      readonly conns: number;
      readonly rate: number;
      readonly p50: number;
      readonly p99: number;
      readonly own_cpu: number;
      readonly cpu_ms_per_msg: Readonly<Record<string, number>>;
      readonly foreign_cores: number;
      readonly codes: Readonly<Record<string, number>>;
    }
  | { readonly type: 'after' | 'failed' | 'virus'; readonly peer: string };

type RunRow = Extract<Row, { type: 'run' }>;

/** Ours, the peer that its budget names, and the budget as a factor (DESIGN.md section 7). */
const budgets = [
  { ours: 'postern-relay', peer: 'pf-proxy', most: 2, aim: 1.5 },
  { ours: 'postern', peer: 'pf-rspamd', most: 1, aim: 0.5 },
  { ours: 'postern-av', peer: 'pf-rspamd-av', most: 1, aim: 0.5 },
] as const;

/** Measured of the gateway without the peer benchmark. */
export interface Alone {
  readonly costs: GatewayCosts;
  readonly delays: { readonly calm: Delays; readonly hostile: Delays };
}

export function report(rows: readonly Row[], { costs, delays }: Alone): string {
  const runs = rows.filter(row => row.type === 'run');
  return `${[
    '# Benchmarks',
    '',
    'Written by `node bench/run.ts`; what is measured and how: [bench/README.md](../bench/README.md). Compare figures only',
    'within this page: all were measured in one run, on two cores that the load generator and the next hop share.',
    ...disturbance(runs),
    '',
    ...peerTable(rows, runs),
    '',
    ...ratioTable(runs),
    '',
    ...costTable(costs),
    '',
    ...delayTable(delays),
  ].join('\n')}\n`;
}

function disturbance(runs: readonly RunRow[]): string[] {
  const cores = medianOf(runs, 'foreign_cores');
  if (cores < 0.2) return [];
  return [
    '',
    `The machine was not quiet: other work used ${cores.toFixed(1)} cores. Times and rates say little then; CPU and ratios hold within`,
    'some 20 %.',
  ];
}

function peerTable(rows: readonly Row[], runs: readonly RunRow[]): string[] {
  const lines = [...Map.groupBy(runs, run => `${run.peer} ${run.conns}`).values()].map(group => {
    const [{ peer, conns, codes } = { peer: '', conns: 0, codes: {} }] = group;
    const start = rows.find(row => row.type === 'start' && row.peer === peer);
    const [cold, rss] =
      start?.type === 'start' ? [median(start.cold_ms).toFixed(0), start.idle_rss.toFixed(0)] : ['', ''];
    const cells = [
      peer,
      conns,
      medianOf(group, 'own_cpu').toFixed(2),
      medianOf(group, 'rate').toFixed(0),
      medianOf(group, 'p50').toFixed(1),
      medianOf(group, 'p99').toFixed(1),
      cold,
      rss,
      Object.entries(codes)
        .map(([code, n]) => `${n} ${code.replace('body:', '')}`)
        .join(', '),
      medianOf(group, 'foreign_cores').toFixed(1),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    '| peer | connections | CPU ms a message | messages/s | p50 ms | p99 ms | cold start ms | idle RSS MiB | replies | cores used by others |',
    '| --- | --: | --: | --: | --: | --: | --: | --: | --- | --: |',
    ...lines,
  ];
}

function ratioTable(runs: readonly RunRow[]): string[] {
  const lines = budgets.flatMap(({ ours, peer, most, aim }) => {
    const conns = [...new Set(runs.filter(run => run.peer === ours).map(run => run.conns))];
    return conns.flatMap(count => {
      const [own, other] = [ours, peer].map(name => cpuWithoutClamd(runs, name, count));
      if (own === undefined || other === undefined || Number.isNaN(own / other)) return [];
      return [`| ${ours} / ${peer} | ${count} | ${(own / other).toFixed(2)} | ${most} | ${aim} |`];
    });
  });
  return [
    'CPU as a ratio, clamd’s own share left out on both sides:',
    '',
    '| ratio | connections | measured | at most | aim |',
    '| --- | --: | --: | --: | --: |',
    ...lines,
  ];
}

function costTable({ idleMiB, thousandConnectionsMiB, ordinaryMs, dotsMs }: GatewayCosts): string[] {
  return [
    'The gateway alone, without checks:',
    '',
    '| what | measured |',
    '| --- | --: |',
    `| resident memory after start | ${idleMiB.toFixed(0)} MiB |`,
    `| 1,000 idle connections add | ${thousandConnectionsMiB.toFixed(0)} MiB |`,
    `| 2 MB of ordinary lines | ${ordinaryMs.toFixed(0)} ms CPU |`,
    `| 2 MB of lines that are a dot | ${dotsMs.toFixed(0)} ms CPU |`,
  ];
}

function delayTable({ calm, hostile }: Alone['delays']): string[] {
  return [
    'What another client waits for at most, with all checks, while mail that is hostile to parsers comes in:',
    '',
    '| what | beside ordinary mail | beside hostile mail |',
    '| --- | --: | --: |',
    `| NOOP | ${calm.noopMs.toFixed(0)} ms | ${hostile.noopMs.toFixed(0)} ms |`,
    `| final dot to reply of a plain mail | ${calm.transactionMs.toFixed(0)} ms | ${hostile.transactionMs.toFixed(0)} ms |`,
  ];
}

function cpuWithoutClamd(runs: readonly RunRow[], peer: string, conns: number): number {
  const own = runs.filter(run => run.peer === peer && run.conns === conns);
  return median(own.map(run => run.own_cpu - (peer.endsWith('-av') ? (run.cpu_ms_per_msg.clamd ?? 0) : 0)));
}

const medianOf = (rows: readonly RunRow[], key: 'own_cpu' | 'rate' | 'p50' | 'p99' | 'foreign_cores'): number =>
  median(rows.map(row => row[key]));

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return ((sorted[(sorted.length - 1) >> 1] ?? Number.NaN) + (sorted[sorted.length >> 1] ?? Number.NaN)) / 2;
}
