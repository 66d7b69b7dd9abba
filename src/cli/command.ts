// What every command is given by main.ts: commander's program to register on, and a way to end with an exit code.

import type { Command } from 'commander';

export interface Cli {
  readonly program: Command;
  /** Runs `work` and ends the process with the code that it gives, or with that of its failure. */
  run(work: () => Promise<number>): Promise<void>;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly version: string;
}
