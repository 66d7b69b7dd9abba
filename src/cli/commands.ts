// All commands of the command line.

import { apiAccess } from '../config/api-access.ts';
import { addAccessCommands } from './access.ts';
import { checkCommand } from './check.ts';
import type { Cli } from './command.ts';
import { configCommands } from './config.ts';
import { dkimCommands } from './dkim.ts';
import { dnsCommands } from './dns.ts';
import { docsCommand } from './docs.ts';
import { historyCommands } from './history.ts';
import { profilesCommands } from './profiles.ts';
import { addQuarantineCommands } from './quarantine.ts';
import { replayCommand } from './replay.ts';
import { addReviewCommands } from './review.ts';
import { rulesCommands } from './rules.ts';
import { serveCommand } from './serve.ts';
import { addSettingsCommands } from './settings.ts';
import { shadowCommands } from './shadow.ts';
import { addTraceCommand } from './trace.ts';

export function registerCommands(cli: Cli): void {
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
  addQuarantineCommands(cli.program, { ...apiAccess(), print: cli.out });
  addAccessCommands(cli.program, { ...apiAccess(), print: cli.out });
  addReviewCommands(cli.program, { ...apiAccess(), print: cli.out });
  addSettingsCommands(cli.program, { ...apiAccess(), print: cli.out });
  addTraceCommand(cli.program, { ...apiAccess(), print: cli.out });
}
