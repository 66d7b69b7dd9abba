// postern rules measure: what each rule does on labelled mail, and what became of that mail.

import type { Command } from 'commander';
import { type MeasuredRules, measuredRules } from '../compose/trials/measuring.ts';
import { loadConfig } from '../config/load.ts';
import { BadInput } from '../model/failure.ts';
import { didYouMean } from '../model/nearest.ts';
import { showPoints } from '../model/verdict.ts';
import { isWanted } from '../trial/label.ts';
import { firedOn, type Hits, type MeasuredMail, measureRules, type RuleMeasure } from '../trial/measure.ts';
import { missed, notDelivered, outcomesBySource, type SourceOutcome } from '../trial/outcomes.ts';
import type { Cli } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { table } from './table.ts';
import { type TrialOptions, trialCommand, trialConfig, whole } from './trial-options.ts';

interface MeasureOptions extends TrialOptions {
  readonly symbol?: string;
  readonly missed?: number;
  readonly false?: boolean;
  readonly json?: boolean;
}

export function addRulesMeasure(rules: Command, { run, out, err }: Pick<Cli, 'run' | 'out' | 'err'>): void {
  trialCommand(rules.command('measure'))
    .description('what each rule does on mail that was sorted into folders ham, bounce, spam and phish')
    .option('--symbol <symbol>', 'one rule, and the messages on which it fired')
    .option('--missed <n>', 'of each source the n spam or phish that came nearest to the quarantine', whole)
    .option('--false', 'the ham that was not simply delivered')
    .option('--json', 'one JSON object')
    .action((paths: string[], options: MeasureOptions) =>
      run(async () => {
        const measured = await measuredRules(trialConfig(loadConfig(options.config ?? null), options), paths, {
          offline: options.online !== true,
          sample: options.sample ?? 1,
        });
        err(`${measured.mails.length} messages, ${measured.inspected} of them inspected now\n`);
        if (measured.late > 0) err(`some evidence of ${measured.late} of them came too late and is missing\n`);
        out(options.json === true ? `${JSON.stringify(jsonOf(measured, options))}\n` : textOf(measured, options));
        return exitCodes.ok;
      }),
    );
}

function textOf(measured: MeasuredRules, options: MeasureOptions): string {
  const { mails } = measured;
  return [
    rulesTable(chosen(measured, options), measured.microseconds),
    ...(options.symbol === undefined ? [outcomesTable(outcomesBySource(mails))] : [mailsOf(options.symbol, mails)]),
    ...(options.missed === undefined ? [] : [list('not stopped', missed(unwantedOf(mails), options.missed))]),
    ...(options.false === true ? [list('not simply delivered', notDelivered(wantedOf(mails)))] : []),
  ].join('\n');
}

/** @throws BadInput for a symbol that no rule has. */
function chosen({ mails, rules }: MeasuredRules, { symbol }: MeasureOptions): readonly RuleMeasure[] {
  const measures = measureRules(mails, rules.rules);
  if (symbol === undefined) return measures;
  const symbols = measures.map(measure => measure.symbol);
  if (!symbols.includes(symbol)) throw new BadInput(`no rule ${symbol} is judged${didYouMean(symbol, symbols)}`);
  return measures.filter(measure => measure.symbol === symbol);
}

const wantedOf = (mails: readonly MeasuredMail[]): readonly MeasuredMail[] => mails.filter(m => isWanted(m.label));
const unwantedOf = (mails: readonly MeasuredMail[]): readonly MeasuredMail[] => mails.filter(m => !isWanted(m.label));

const rulesHead = [
  ' score',
  ' ham',
  ' ham%',
  ' spam',
  ' spam%',
  ' S/O',
  ' sources',
  ' alone',
  ' us',
  'symbol',
  'most with',
  'note',
];

function rulesTable(measures: readonly RuleMeasure[], microseconds: ReadonlyMap<string, number>): string {
  const rows = measures.toSorted((a, b) => b.unwanted.mails - a.unwanted.mails || b.wanted.mails - a.wanted.mails);
  return table([rulesHead, ...rows.map(measure => ruleRow(measure, microseconds.get(measure.symbol) ?? 0))]);
}

function ruleRow(measure: RuleMeasure, microseconds: number): readonly string[] {
  const { symbol, score, wanted, unwanted, purity, overlap } = measure;
  const both = (of: keyof Hits): string => `${wanted[of]}/${unwanted[of]}`;
  return [
    showPoints(score),
    String(wanted.mails),
    percent(wanted.share),
    String(unwanted.mails),
    percent(unwanted.share),
    purity?.toFixed(3) ?? '-',
    both('sources'),
    both('decided'),
    microseconds.toFixed(1),
    symbol,
    overlap === null ? '' : `${overlap.symbol} ${percent(overlap.share)}`,
    noteOn(measure),
  ];
}

function noteOn({ role, onlyWantedSource }: RuleMeasure): string {
  const notes = [
    ...(role === 'shadow' ? ['on trial'] : []),
    ...(onlyWantedSource === null ? [] : [`ham of ${onlyWantedSource} only`]),
  ];
  return notes.join(', ');
}

const outcomesHead = ['label', 'source', ' mails', ' deliver', ' tag', ' quarantine', ' reject', ' stopped', ' 95%'];

export function outcomesTable(outcomes: readonly SourceOutcome[]): string {
  return table([
    outcomesHead,
    ...outcomes.map(({ label, source, mails, actions, stopped, interval }) => [
      label,
      source ?? 'all',
      ...[mails, actions.deliver, actions.tag, actions.quarantine, actions.reject].map(String),
      percent(stopped / mails),
      `${percent(interval.low)} - ${percent(interval.high)}`,
    ]),
  ]);
}

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;

const list = (title: string, mails: readonly MeasuredMail[]): string =>
  `${[`${mails.length} ${title}`, ...mails.map(mailLine)].join('\n')}\n`;

function mailLine({ name, verdict }: MeasuredMail): string {
  const hits = verdict.hits.map(({ symbol, points }) => `${symbol} ${showPoints(points)}`);
  const floors = verdict.floors.map(floor => floor.name);
  return `${verdict.action} ${showPoints(verdict.score)} ${name}: ${[...hits, ...floors].join(', ')}`;
}

/** Wanted mail first; with what the rule saw. */
function mailsOf(symbol: string, mails: readonly MeasuredMail[]): string {
  const lines = [...wantedOf(mails), ...unwantedOf(mails)].flatMap(({ name, verdict }) => {
    const hit = firedOn(verdict).find(fired => fired.symbol === symbol);
    return hit === undefined ? [] : [`${name}: ${hit.because}\n`];
  });
  return lines.join('');
}

function jsonOf(measured: MeasuredRules, options: MeasureOptions) {
  return {
    rules: chosen(measured, options).map(measure => ({
      ...measure,
      score: measure.score / 1000,
      microseconds: measured.microseconds.get(measure.symbol) ?? 0,
    })),
    outcomes: outcomesBySource(measured.mails),
  };
}
