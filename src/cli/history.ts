// postern history lists | forwarders: who has proven to send on the mail of others, for the configuration to name.

import { existsSync } from 'node:fs';
import { historyDays } from '../compose/parts/history.ts';
import { loadConfig } from '../config/load.ts';
import { systemClock } from '../model/clock.ts';
import { BadInput } from '../model/failure.ts';
import { isLearnt, type LearnableKind, learntAfter } from '../model/history.ts';
import { printable, printableJson } from '../observe/printable.ts';
import type { Named } from '../store/history.ts';
import { openHistoryReader } from '../store/sqlite/history.ts';
import { historyFile } from '../store/sqlite/layout.ts';
import type { Cli } from './command.ts';
import { exitCodes } from './exit-codes.ts';

interface HistoryOptions {
  readonly config?: string;
  readonly all?: boolean;
  readonly json?: boolean;
}

const { days, good } = learntAfter;

export function historyCommands({ program, run, out }: Cli): void {
  const history = program.command('history').description('what was learnt from the mail of the past');
  const command = (name: string, kind: LearnableKind, about: string) =>
    history
      .command(name)
      .description(`${about}, seen on ${days} days with ${good} good messages and no bad one`)
      .option('-c, --config <file>', 'configuration file')
      .option('--all', 'those that are not there yet, too')
      .option('--json', 'one JSON object a line')
      .action((options: HistoryOptions) =>
        run(async () => {
          for (const named of namedIn(kind, options)) out(options.json === true ? jsonLine(named) : textLine(named));
          return exitCodes.ok;
        }),
      );
  command('lists', 'list', 'mailing lists (List-Id, and the domain that signs)');
  command('forwarders', 'forwarder', 'forwarders (`arc` or `spf`, and the domain that it proves)');
}

function namedIn(kind: LearnableKind, { config: file, all }: HistoryOptions): readonly Named[] {
  const config = loadConfig(file ?? null);
  const keepDays = historyDays(config);
  if (keepDays === null) throw new BadInput('no history is kept: history.keep is off');
  if (!existsSync(historyFile(config.data_dir))) throw new BadInput(`there is no history in ${config.data_dir} yet`);
  const reader = openHistoryReader(config.data_dir, keepDays);
  try {
    const named = reader.named(kind, systemClock.now());
    return all === true ? named : named.filter(({ sighting }) => isLearnt(sighting));
  } finally {
    reader.close();
  }
}

/** `list.example lists.example  20 days, 120 good, 0 bad, last 2026-11-21`. Names are a sender's. */
function textLine({ name, sighting }: Named): string {
  const last = new Date(sighting.lastAt).toISOString().slice(0, 10);
  const seen = `${sighting.days} days, ${sighting.good} good, ${sighting.bad} bad, last ${last}`;
  return `${printable(`${name}  ${seen}`)}\n`;
}

function jsonLine({ name, sighting: { firstAt, lastAt, ...counts } }: Named): string {
  const at = (ms: number) => new Date(ms).toISOString();
  return `${printableJson(JSON.stringify({ name, ...counts, first_at: at(firstAt), last_at: at(lastAt) }))}\n`;
}
