// postern replay: what a change would have done to the mail of the last days. It changes nothing.

import { replayChange } from '../compose/trials/replays.ts';
import { loadConfig } from '../config/load.ts';
import { readChange } from '../config/rule-files.ts';
import { parseDuration } from '../config/units.ts';
import { type EpochMs, systemClock } from '../model/clock.ts';
import { BadInput } from '../model/failure.ts';
import { printable, printableJson } from '../observe/printable.ts';
import { replayLines } from '../trial/replay-lines.ts';
import type { Cli } from './command.ts';
import { exitCodes } from './exit-codes.ts';

interface ReplayCommand {
  readonly change: readonly string[];
  readonly config?: string;
  readonly last: string;
  readonly against: string;
  readonly named: string;
  readonly json?: boolean;
  readonly exitCode?: boolean;
}

const baselines = { 'in-force': 'in_force', recorded: 'recorded' } as const;

export function replayCommand({ program, run, out, err }: Cli): void {
  program
    .command('replay')
    .description('what a change of rules, scores, lists or profiles would have done to the ledger’s mail')
    .requiredOption('--change <path...>', 'files or folders of rules, profiles, lists and overrides that would win')
    .option('-c, --config <file>', 'configuration file')
    .option('--last <duration>', 'mail of so long: 24h, 7d', '7d')
    .option('--against <what>', '`in-force`: what the rules say today; `recorded`: what was said then', 'in-force')
    .option('--named <n>', 'messages that flip and are named', '20')
    .option('--json', 'the whole report as JSON')
    .option('--exit-code', 'exit 1 when a verdict flips')
    .action((options: ReplayCommand) => run(() => replayed(options, out, err)));
}

async function replayed(options: ReplayCommand, out: Cli['out'], err: Cli['err']): Promise<number> {
  const now = systemClock.now();
  const from = systemClock.monotonic();
  const report = await replayChange(loadConfig(options.config ?? null), readChange(options.change), {
    since: sinceOf(options.last, now),
    before: now,
    baseline: baselineOf(options.against),
    named: countOf('--named', options.named),
  });
  const ms = systemClock.monotonic() - from;
  if (options.json === true) out(`${printableJson(JSON.stringify(report, null, 2))}\n`);
  else for (const line of replayLines(report)) out(`${printable(line)}\n`);
  err(`${report.messages} messages in ${(ms / 1000).toFixed(1)} s\n`);
  return options.exitCode === true && report.flipped > 0 ? exitCodes.found : exitCodes.ok;
}

/** @throws BadInput where it is no duration. */
export function sinceOf(last: string, now: EpochMs): EpochMs {
  const ms = parseDuration(last);
  if (ms === null || ms === 0) throw new BadInput(`--last takes a duration such as 24h or 7d, not ${last}`);
  return now - ms;
}

function baselineOf(text: string): (typeof baselines)[keyof typeof baselines] {
  if (text === 'in-force' || text === 'recorded') return baselines[text];
  throw new BadInput(`--against takes in-force or recorded, not ${text}`);
}

function countOf(option: string, text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new BadInput(`${option} takes a number, not ${text}`);
  return Number(text);
}
