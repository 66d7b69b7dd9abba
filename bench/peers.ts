// Our entries in the peer benchmark's table: `../shared/bench` is copied and gets them, and their configurations.

import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface Entrant {
  readonly name: string;
  readonly what: string;
  readonly port: number;
  readonly config: Readonly<Record<string, unknown>>;
  readonly needsClamd: boolean;
  /** Messages of one repeat at 1, 8 and 32 connections: enough for the compiler of Node to have settled. */
  readonly messages: readonly [number, number, number];
}

const entrants: readonly Entrant[] = [
  {
    name: 'postern-relay',
    what: 'Postern without checks',
    port: 2591,
    config: { checks: 'none' },
    needsClamd: false,
    messages: [600, 3000, 3000],
  },
  {
    name: 'postern',
    what: 'Postern, all checks, DNS',
    port: 2592,
    config: {},
    needsClamd: false,
    messages: [400, 1000, 1000],
  },
  {
    name: 'postern-av',
    what: 'Postern, all checks, DNS, clamd',
    port: 2593,
    config: { clamd: { address: 'tcp://127.0.0.1:3310' } },
    needsClamd: true,
    messages: [400, 1000, 1000],
  },
];

/** The program as the image has it, built by `npm run build`: from source each thread loads a compiler too. */
export const program = join(import.meta.dirname, '../dist/main.js');

/** Copies the benchmark to `scratch`/bench with our entrants added; returns that folder. */
export function addEntrants(sharedBench: string, scratch: string): string {
  const folder = join(scratch, 'bench');
  cpSync(sharedBench, folder, { recursive: true, force: true });
  const lines = entrants.map(entrant => tableLine(entrant, writeConfig(scratch, entrant)));
  const script = readFileSync(join(sharedBench, 'bench.mjs'), 'utf8');
  const end = '}\nexport const accuracyEngines';
  if (!script.includes(end)) throw new Error('the table of peers in bench.mjs does not end where it did');
  writeFileSync(join(folder, 'bench.mjs'), script.replace(end, `${lines.join('\n')}\n${end}`), { mode: 0o644 });
  return folder;
}

function tableLine({ name, what, port, needsClamd, messages }: Entrant, configFile: string): string {
  const argv = JSON.stringify([program, 'serve', '--config', configFile]);
  const own = `${needsClamd ? 'dep.clamd, ' : ''}() => new Proc('${name}', process.execPath, ${argv})`;
  // The client's address is given by XCLIENT, so that SPF is evaluated as for the peers.
  return `  '${name}': { what: '${what}', mode: 'smtp', port: ${port}, own: [${own}], n: [${messages}], x: X },`;
}

function writeConfig(scratch: string, { name, port, config }: Entrant): string {
  const folder = join(scratch, 'run', name);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'postern.yaml');
  const whole = {
    hostname: 'mx.rcpt-bench.net',
    smtp: {
      listen: [{ address: `127.0.0.1:${port}` }],
      connections_per_source: 1000,
      xclient_from: ['127.0.0.0/8'],
    },
    domains: { 'rcpt-bench.net': {} },
    next_hop: 'smtp://127.0.0.1:2600',
    api: { listen: `127.0.0.1:${port + 1000}` },
    data_dir: join(folder, 'data'),
    dns: { servers: ['127.0.0.153:53'] },
    ...config,
  };
  // JSON is YAML.
  writeFileSync(file, JSON.stringify(whole, null, 2));
  return file;
}
