// The gateway as a user runs it: `node src/main.ts serve --config FILE`, in a process of its own that may be killed.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { FaultPoint } from '../../src/model/clock.ts';
import { type Ending, tempDir } from './temp.ts';

export type LogLine = Readonly<Record<string, unknown>>;

export interface GatewayOptions {
  /** Keys of `postern.yaml`; they win over those that this file sets. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** The process kills itself with SIGKILL when it gets here for the `nth` time (1 when left out). */
  readonly dieAt?: { readonly point: FaultPoint; readonly nth?: number };
  /** Keeps the data of an earlier gateway. */
  readonly dataDir?: string;
  /** What to run in place of the gateway: for tests of the harness itself. */
  readonly program?: string;
  /** Options of Node itself. */
  readonly nodeOptions?: readonly string[];
  /** Hears each line as it is logged, also before it listens. */
  readonly heard?: (line: LogLine, kill: Gateway['kill']) => void;
}

export interface Gateway {
  readonly pid: number;
  readonly smtp: { readonly host: string; readonly port: number };
  /** `http://127.0.0.1:port`. */
  readonly api: string;
  /** The bootstrap token. */
  readonly token: string;
  readonly dataDir: string;
  /** What it has logged so far. */
  readonly log: readonly LogLine[];
  /** The first line, past or to come, that `wanted` accepts. Rejects when the process ends without one. */
  logged(wanted: (line: LogLine) => boolean): Promise<LogLine>;
  kill(signal: NodeJS.Signals): void;
  /** How it ended: the exit code, or the signal. */
  readonly exited: Promise<number | NodeJS.Signals>;
  /** A request to its API with the bootstrap token. */
  request(path: string, init?: RequestInit): Promise<Response>;
}

const token = 'a-token-of-the-tests-0123456789abcdef';
/** Generous: other tests may keep the machine busy. */
const startDeadlineMs = 60_000;
const main = join(import.meta.dirname, '../../src/main.ts');

/** Starts it and waits until it listens. Killed, if it still runs, when the test ends. */
export async function startGateway(t: Ending, options: GatewayOptions = {}): Promise<Gateway> {
  const dataDir = options.dataDir ?? join(tempDir(t), 'data');
  mkdirSync(dataDir, { recursive: true });
  const running = new Running(spawnGateway(options, dataDir));
  t.after(() => running.end());
  const { heard } = options;
  if (heard) running.each(line => heard(line, signal => running.child.kill(signal)));
  const tooLate = setTimeout(() => running.child.kill('SIGKILL'), startDeadlineMs);
  const listening = await running.logged(line => line.event === 'listening').finally(() => clearTimeout(tooLate));
  const api = `http://${listening.api}`;
  return {
    pid: running.pid,
    smtp: endpoint((listening.smtp as readonly string[])[0] ?? ''),
    api,
    token,
    dataDir,
    log: running.log,
    logged: wanted => running.logged(wanted),
    kill: signal => running.child.kill(signal),
    exited: running.exited,
    request: (path, init = {}) =>
      fetch(`${api}${path}`, { ...init, headers: { authorization: `Bearer ${token}`, ...init.headers } }),
  };
}

function spawnGateway(options: GatewayOptions, dataDir: string): ChildProcess {
  const file = join(dataDir, '..', 'postern.yaml');
  // JSON is YAML.
  writeFileSync(file, JSON.stringify({ ...basis(dataDir), ...options.config }, null, 2));
  const fault = options.dieAt && `${options.dieAt.point}:${options.dieAt.nth ?? 1}`;
  const argv = [...(options.nodeOptions ?? []), options.program ?? main, 'serve', '--config', file];
  const env = { PATH: process.env.PATH, NODE_ENV: 'test', ...(fault && { POSTERN_FAULT: fault }) };
  return spawn(process.execPath, argv, { env, cwd: join(dataDir, '..'), stdio: ['ignore', 'pipe', 'pipe'] });
}

const basis = (dataDir: string) => ({
  hostname: 'gate.test',
  smtp: { listen: [{ address: '127.0.0.1:0' }] },
  api: { listen: '127.0.0.1:0', bootstrap_token: token },
  data_dir: dataDir,
  // Nothing answers there: no test asks a resolver that it did not name.
  dns: { servers: ['127.0.0.1:9'], timeout: '500ms' },
});

function endpoint(text: string): { host: string; port: number } {
  const colon = text.lastIndexOf(':');
  return { host: text.slice(0, colon), port: Number(text.slice(colon + 1)) };
}

/** A child that logs JSON lines. */
class Running {
  readonly child: ChildProcess;
  readonly log: LogLine[] = [];
  readonly exited: Promise<number | NodeJS.Signals>;
  readonly #complaints: string[] = [];
  readonly #waiting = new Set<(line: LogLine) => void>();

  constructor(child: ChildProcess) {
    this.child = child;
    this.exited = once(child, 'close').then(([code, signal]) => signal ?? code);
    if (child.stdout) createInterface(child.stdout).on('line', line => this.#take(line));
    if (child.stderr) createInterface(child.stderr).on('line', line => this.#complaints.push(line));
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  async logged(wanted: (line: LogLine) => boolean): Promise<LogLine> {
    const past = this.log.find(wanted);
    if (past) return past;
    const { promise, resolve } = Promise.withResolvers<LogLine>();
    const look = (line: LogLine) => wanted(line) && resolve(line);
    this.#waiting.add(look);
    const line = await Promise.race([promise, this.exited]);
    this.#waiting.delete(look);
    if (typeof line === 'object') return line;
    throw new Error(`the gateway ended (${line}) before it logged that:\n${this.#lastWords()}`);
  }

  each(look: (line: LogLine) => void): void {
    this.#waiting.add(look);
  }

  async end(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
  }

  #take(line: string): void {
    const parsed = parseLine(line);
    this.log.push(parsed);
    for (const look of this.#waiting) look(parsed);
  }

  #lastWords(): string {
    return [...this.log.slice(-10).map(line => JSON.stringify(line)), ...this.#complaints.slice(-30)].join('\n');
  }
}

/** A line that is not JSON is a fault of the gateway's log, and kept for the test to find. */
function parseLine(line: string): LogLine {
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return { unparsable: line };
  }
}
