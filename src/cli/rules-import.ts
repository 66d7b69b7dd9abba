// postern rules import: what SpamAssassin's rules are here, rule by rule.

import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { importedRules, ruleSetOf } from '../compose/rules/rule-set.ts';
import { loadConfig } from '../config/load.ts';
import { printable, printableJson } from '../observe/printable.ts';
import type { SpamAssassinImport } from '../rules/spamassassin/import.ts';
import { countsByType, differenceLines, exactPercent, standings } from '../rules/spamassassin/report.ts';
import type { Cli } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { table } from './table.ts';

interface ImportOptions {
  readonly config?: string;
  readonly json?: boolean;
}

export function addRulesImport(rules: Command, { run, out, err }: Pick<Cli, 'run' | 'out' | 'err'>): void {
  rules
    .command('import')
    .description('read SpamAssassin’s rules, and say of each how true it is here; rules.spamassassin loads them')
    .argument('<path...>', '.cf files, or folders of them')
    .option('-c, --config <file>', 'configuration file, for the symbols that are taken')
    .option('--json', 'one JSON object')
    .action((paths: string[], { config, json }: ImportOptions) =>
      run(async () => {
        const missing = paths.find(path => !existsSync(path));
        if (missing !== undefined) {
          err(`${missing} is not there\n`);
          return exitCodes.noInput;
        }
        const imported = importedRules(paths, symbolsBeside(config ?? null));
        if (imported.report.length === 0) {
          err(`${differencesOf(imported)}no rule in ${paths.join(', ')}\n`);
          return exitCodes.badInput;
        }
        out(json === true ? `${printableJson(JSON.stringify(jsonOf(imported)))}\n` : textOf(imported));
        return exitCodes.ok;
      }),
    );
}

/** Of the rules that are not SpamAssassin's. */
function symbolsBeside(file: string | null): ReadonlySet<string> {
  const config = loadConfig(file);
  const { rules } = ruleSetOf({ ...config, rules: { ...config.rules, spamassassin: [] } });
  return new Set(rules.map(rule => rule.symbol));
}

function textOf(imported: SpamAssassinImport): string {
  const rows = [...countsByType(imported.report)].map(([type, counts]) => [
    type,
    ...standings.map(standing => String(counts[standing])),
  ]);
  const percent = exactPercent(imported.report);
  return [
    differencesOf(imported),
    table([['rules', ...standings.map(standing => ` ${standing}`)], ...rows]),
    percent === null ? '' : `${percent}% of the rules in force that seek or add up are exact\n`,
    settingsLine(imported),
  ].join('');
}

const differencesOf = (imported: SpamAssassinImport): string =>
  differenceLines(imported)
    .map(line => `${printable(line)}\n`)
    .join('');

/** Settings that eval functions look into. */
const listsRead: ReadonlySet<string> = new Set(['enlist_addrlist', 'enlist_uri_host', 'freemail_domains']);

function settingsLine({ settings }: SpamAssassinImport): string {
  const named = [...settings]
    .filter(([name]) => !listsRead.has(name))
    .map(([name, times]) => (times === 1 ? name : `${name} ×${times}`));
  return named.length === 0 ? '' : `${printable(`settings that are not used: ${named.join(', ')}`)}\n`;
}

function jsonOf({ report, misread, unclaimed, settings }: SpamAssassinImport) {
  return {
    counts: Object.fromEntries(countsByType(report)),
    exact_percent: exactPercent(report),
    not_exact: report
      .filter(({ standing }) => standing.kind !== 'exact')
      .map(({ standing, ...rule }) => ({
        ...rule,
        standing: standing.kind,
        why: 'why' in standing ? standing.why : '',
      })),
    misread,
    unclaimed,
    settings: Object.fromEntries(settings),
  };
}
