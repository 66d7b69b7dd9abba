#!/usr/bin/env node
// The command line: registers the commands, and is the only place that ends the process.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import type { Cli } from './cli/command.ts';
import { exitCodeOf, exitCodes, explained } from './cli/exit-codes.ts';
import { serveCommand } from './cli/serve.ts';

const packageFile = join(import.meta.dirname, '../package.json');
const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string };

const program = new Command('postern')
  .description('A filtering gateway for mail.')
  .version(version)
  .exitOverride()
  .showHelpAfterError();

const cli: Cli = {
  program,
  version,
  out: text => void process.stdout.write(text),
  err: text => void process.stderr.write(text),
  run: async work => {
    const code = await work().catch(failed);
    await written(process.stdout);
    process.exit(code);
  },
};

/** When a pipe has taken what was written to it. */
function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise(resolve => stream.write('', () => resolve()));
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // Whoever reads has seen enough, as `head` has: this ends as what SIGPIPE ends, which Node ignores.
  if (error.code === 'EPIPE') process.exit(exitCodes.readerGone);
  process.stderr.write(`standard output: ${error.message}\n`);
  process.exit(exitCodes.inputOutput);
});
// What is said there is for whoever listens; nobody has to.
process.stderr.on('error', () => {});

/** What a person should do about it stands in the message and its cause; a stack only where the fault is ours. */
function failed(error: unknown): number {
  const code = exitCodeOf(error);
  const text = code === exitCodes.software && error instanceof Error ? error.stack : explained(error);
  process.stderr.write(`${text}\n`);
  return code;
}

// A gateway does not load what only other commands need.
if (process.argv[2] === 'serve') serveCommand(cli);
else (await import('./cli/commands.ts')).registerCommands(cli);

try {
  await program.parseAsync();
  process.exit(exitCodes.ok);
} catch (error) {
  const isHelp = error instanceof CommanderError && error.exitCode === 0;
  process.exit(isHelp ? exitCodes.ok : error instanceof CommanderError ? exitCodes.usage : failed(error));
}
