// postern shadow report: what rules and profiles on trial would have done.

import { shadowReportOf } from '../compose/trials/shadow.ts';
import { loadConfig } from '../config/load.ts';
import { systemClock } from '../model/clock.ts';
import { printable, printableJson } from '../observe/printable.ts';
import { shadowLines } from '../trial/shadow-lines.ts';
import type { Cli } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { sinceOf } from './replay.ts';

interface ShadowOptions {
  readonly config?: string;
  readonly last: string;
  readonly json?: boolean;
}

export function shadowCommands({ program, run, out }: Cli): void {
  program
    .command('shadow')
    .description('rules and profiles on trial')
    .command('report')
    .description('what they would have done with the ledger’s mail, and what reviewers made of that mail')
    .option('-c, --config <file>', 'configuration file')
    .option('--last <duration>', 'mail of so long: 24h, 7d', '7d')
    .option('--json', 'the report as JSON')
    .action(({ config, last, json }: ShadowOptions) =>
      run(async () => {
        const now = systemClock.now();
        const report = await shadowReportOf(loadConfig(config ?? null), sinceOf(last, now), now);
        if (json === true) out(`${printableJson(JSON.stringify(report, null, 2))}\n`);
        else for (const line of shadowLines(report)) out(`${printable(line)}\n`);
        return exitCodes.ok;
      }),
    );
}
