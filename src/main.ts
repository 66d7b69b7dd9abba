#!/usr/bin/env node
// The command line: registers the commands, and is the only place that ends the process.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { addAccessCommands } from './cli/access.ts';
import { checkCommand } from './cli/check.ts';
import type { Cli } from './cli/command.ts';
import { configCommands } from './cli/config.ts';
import { dkimCommands } from './cli/dkim.ts';
import { dnsCommands } from './cli/dns.ts';
import { docsCommand } from './cli/docs.ts';
import { exitCodeOf, exitCodes, explained } from './cli/exit-codes.ts';
import { historyCommands } from './cli/history.ts';
import { profilesCommands } from './cli/profiles.ts';
import { addQuarantineCommands } from './cli/quarantine.ts';
import { replayCommand } from './cli/replay.ts';
import { rulesCommands } from './cli/rules.ts';
import { serveCommand } from './cli/serve.ts';
import { addSettingsCommands } from './cli/settings.ts';
import { shadowCommands } from './cli/shadow.ts';
import { addTraceCommand } from './cli/trace.ts';
import { apiAccess } from './config/api-access.ts';

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

/** When a pipe has taken what was written to it; at once where nobody reads it any more. */
function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise(resolve => {
    stream.once('error', () => resolve());
    stream.write('', () => resolve());
  });
}

/** What a person should do about it stands in the message and its cause; a stack only where the fault is ours. */
function failed(error: unknown): number {
  const code = exitCodeOf(error);
  const text = code === exitCodes.software && error instanceof Error ? error.stack : explained(error);
  process.stderr.write(`${text}\n`);
  return code;
}

for (const register of [
  serveCommand,
  checkCommand,
  rulesCommands,
  profilesCommands,
  configCommands,
  replayCommand,
  shadowCommands,
  historyCommands,
  dkimCommands,
  dnsCommands,
  docsCommand,
]) {
  register(cli);
}
addQuarantineCommands(program, { ...apiAccess(), print: cli.out });
addAccessCommands(program, { ...apiAccess(), print: cli.out });
addSettingsCommands(program, { ...apiAccess(), print: cli.out });
addTraceCommand(program, { ...apiAccess(), print: cli.out });

try {
  await program.parseAsync();
  process.exit(exitCodes.ok);
} catch (error) {
  const isHelp = error instanceof CommanderError && error.exitCode === 0;
  process.exit(isHelp ? exitCodes.ok : error instanceof CommanderError ? exitCodes.usage : failed(error));
}
