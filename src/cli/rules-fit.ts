// postern rules fit: scores from labelled mail, with what they are worth on collections that they never saw.

import { basename } from 'node:path';
import type { Command } from 'commander';
import { writeFitted } from '../compose/trials/fitted-files.ts';
import { fitting } from '../compose/trials/fitting.ts';
import { loadConfig } from '../config/load.ts';
import { systemClock } from '../model/clock.ts';
import { BadInput } from '../model/failure.ts';
import { showPoints } from '../model/verdict.ts';
import { leastSupport, type Stopped, sumOf } from '../trial/fit.ts';
import { type FitReport, type FittedScore, type Occasion, settingsText } from '../trial/fit-report.ts';
import type { Cli } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { table } from './table.ts';
import { collected, type TrialOptions, trialCommand, trialConfig } from './trial-options.ts';

interface FitCommandOptions extends TrialOptions {
  readonly keep: readonly string[];
  readonly mostHam: number;
  readonly mostOfSource: number;
  readonly mostLatest: number;
  readonly mostUnseen: number;
  readonly date?: string;
  readonly write?: boolean;
  readonly json?: boolean;
}

export function addRulesFit(rules: Command, { run, out }: Pick<Cli, 'run' | 'out'>): void {
  trialCommand(rules.command('fit'))
    .description('scores from labelled mail; with --write where they stand')
    .option('--most-ham <share>', 'of all ham, what a score may stop', share, 0.001)
    .option('--most-of-source <share>', 'of the ham of any one collection', share, 0.015)
    .option('--most-latest <share>', 'of the latest ham, under scores of the earlier', share, 0.003)
    .option('--most-unseen <share>', 'of the ham of collections, under scores that never saw them', share, 0.01)
    .option(
      '--keep <name>',
      'leave alone the score of this rule, or those of this group; may be given again',
      collected,
      [],
    )
    .option('--write', 'write the scores into the rule files, and what they stand on into fit.yaml beside them')
    .option('--date <date>', 'of the record; otherwise today', date)
    .option('--json', 'one JSON object')
    .action((paths: string[], options: FitCommandOptions) =>
      run(async () => {
        const config = trialConfig(loadConfig(options.config ?? null), options);
        const { keep, mostHam: most, mostOfSource, mostLatest, mostUnseen } = options;
        const limits = { most, mostOfSource, mostLatest, mostUnseen };
        const report = await fitting(config, paths, {
          ...{ keep, limits },
          offline: options.online !== true,
          sample: options.sample ?? 1,
        });
        out(options.json === true ? `${JSON.stringify(report)}\n` : textOf(report));
        if (options.write !== true) return exitCodes.ok;
        if (!report.chosen.isWithin)
          throw new BadInput('nothing is written: under no settings is ham spared as it was asked');
        if (report.late > 0)
          throw new BadInput(
            `nothing is written: some evidence of ${report.late} messages came too late and is missing`,
          );
        for (const path of writeFitted(config, report, occasionOf(paths, options))) out(`${path} written\n`);
        return exitCodes.ok;
      }),
    );
}

function share(text: string): number {
  const match = /^(\d+(?:\.\d+)?)%$/.exec(text);
  if (match === null || Number(match[1]) > 100) throw new BadInput(`expected a share such as 0.3%, not ${text}`);
  return Number(match[1]) / 100;
}

function date(text: string): string {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || Number.isNaN(Date.parse(text)))
    throw new BadInput(`expected a date such as 2026-11-22, not ${text}`);
  return text;
}

/** As decimals, and not as the binary fractions that stand for them. */
const percentOf = (of: number): string => `${Number((100 * of).toFixed(4))}%`;

/** What the record needs so that somebody else can do it again; where the mail lies is everybody’s own matter. */
function occasionOf(paths: readonly string[], options: FitCommandOptions): Occasion {
  const { keep, mostHam, mostOfSource, mostLatest, mostUnseen, online, sample } = options;
  const given = [
    ...paths.map(path => basename(path)),
    `--most-ham ${percentOf(mostHam)}`,
    `--most-of-source ${percentOf(mostOfSource)}`,
    `--most-latest ${percentOf(mostLatest)}`,
    `--most-unseen ${percentOf(mostUnseen)}`,
    ...keep.map(name => `--keep ${name}`),
    ...(online === true ? ['--online'] : []),
    ...(sample === undefined ? [] : [`--sample ${sample}`]),
  ];
  return {
    command: `postern rules fit ${given.join(' ')}`,
    date: options.date ?? new Date(systemClock.now()).toISOString().slice(0, 10),
  };
}

function textOf({ scores, chosen, candidates, before }: FitReport): string {
  const { settings, isWithin, seen, validated } = chosen;
  const within = isWithin ? '' : '; under none is ham spared as it was asked';
  return [
    scoresTable(scores),
    `Settings ${settingsText(settings)}, the best of ${candidates}${within}.\n`,
    'What scores alone stop of each collection, fitted to all of them:',
    stoppedTable([...seen, { ...sumOf(seen), source: 'all' }]),
    'Fitted without it, and of the last quarter of each fitted to the first three:',
    stoppedTable([...validated, { ...sumOf(validated), source: 'all unseen' }]),
    `The scores in force stop ${showStopped(before)}.\n`,
  ].join('\n');
}

const scoresHead = ['symbol', ' hand', ' now', ' fitted', ' ham', ' spam', ' sources', 'by'];

function scoresTable(scores: readonly FittedScore[]): string {
  return table([
    scoresHead,
    ...scores.map(({ symbol, hand, now, fitted, wanted, unwanted, sources }) => [
      symbol,
      ...[hand, now].map(showPoints),
      fitted === null ? '-' : showPoints(fitted),
      ...[wanted, unwanted, sources].map(String),
      fitted === null ? `hand: below ${leastSupport.hits} messages or ${leastSupport.sources} collections` : 'data',
    ]),
  ]);
}

const stoppedTable = (rows: readonly Stopped[]): string =>
  table([
    ['collection', ' ham', ' stopped', ' spam', ' stopped', ' '],
    ...rows.map(({ source, wanted, wantedStopped, unwanted, unwantedStopped }) => [
      source ?? 'latest',
      ...[wanted, wantedStopped, unwanted, unwantedStopped].map(String),
      unwanted === 0 ? '' : percent(unwantedStopped / unwanted),
    ]),
  ]);

const showStopped = ({ wanted, wantedStopped, unwanted, unwantedStopped }: Stopped): string =>
  `${wantedStopped} of ${wanted} ham (${percent(wantedStopped / wanted)}) and ${unwantedStopped} of ${unwanted} spam (${percent(unwantedStopped / unwanted)})`;

const percent = (of: number): string => `${(100 * of).toFixed(1)}%`;
