// A real server in the foreground that writes a log: started, waited for by what it logs, and ended by its process id.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type FSWatcher, readFileSync, watch, writeFileSync } from 'node:fs';

export interface DaemonOptions {
  readonly program: string;
  readonly argv: readonly string[];
  /** Made empty, for the daemon to append to. */
  readonly logFile: string;
  readonly env?: Readonly<Record<string, string>>;
}

export class Daemon {
  readonly #child: ChildProcess;
  readonly #name: string;
  readonly #logFile: string;
  readonly #watcher: FSWatcher;
  readonly #exited: Promise<unknown>;
  readonly #waiters = new Set<() => void>();
  #output = '';

  constructor({ program, argv, logFile, env = {} }: DaemonOptions) {
    writeFileSync(logFile, '', { flag: 'a' });
    this.#name = program;
    this.#logFile = logFile;
    this.#watcher = watch(logFile, () => this.#notify());
    this.#child = spawn(program, argv, { env: { PATH: process.env.PATH, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
      });
    }
    // Not `close`: what it forked for a connection may hold its output for as long as the connection is kept.
    this.#exited = once(this.#child, 'exit').then(() => this.#notify());
  }

  get log(): string {
    return readFileSync(this.#logFile, 'utf8');
  }

  /** Resolves when `pattern` is in the log `count` times. @throws when the daemon ended before. */
  async untilLog(pattern: RegExp, count = 1): Promise<void> {
    const all = new RegExp(pattern, 'g');
    while ((this.log.match(all) ?? []).length < count) {
      if (this.#child.exitCode !== null) throw new Error(`${this.#name} ended: ${this.#output}\n${this.log}`);
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiters.add(resolve);
      await promise;
    }
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGTERM');
    await this.#exited;
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
    this.#watcher.close();
  }

  #notify(): void {
    for (const resolve of this.#waiters) resolve();
    this.#waiters.clear();
  }
}
