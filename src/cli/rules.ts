// postern rules test | list | explain: what the rules are, and whether their own tests pass.

import { fitNotesOf, ruleSetOf } from '../compose/rules/rule-set.ts';
import { loadConfig } from '../config/load.ts';
import { BadInput } from '../model/failure.ts';
import { didYouMean } from '../model/nearest.ts';
import { showPoints } from '../model/verdict.ts';
import { printable, printableJson } from '../observe/printable.ts';
import { type ListedRule, listRules, ruleLine } from '../rules/list.ts';
import { runRuleTests } from '../rules/rule-tests.ts';
import type { Cli } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { addRulesFit } from './rules-fit.ts';
import { addRulesImport } from './rules-import.ts';
import { addRulesMeasure } from './rules-measure.ts';

export function rulesCommands(cli: Cli): void {
  const { program, run, out } = cli;
  const rules = program.command('rules').description('test, list, explain, measure and fit rules');
  addRulesImport(rules, cli);
  addRulesMeasure(rules, cli);
  addRulesFit(rules, cli);
  rules
    .command('test')
    .description('run the tests that stand beside the rules; exit 65 when one fails')
    .option('-c, --config <file>', 'configuration file')
    .action(({ config }: { config?: string }) =>
      run(async () => {
        const report = runRuleTests(ruleSetOf(loadConfig(config ?? null)));
        for (const { at, symbol, expected, got } of report.failures) {
          out(`${at}: ${symbol}: expected a ${expected}, got ${got}\n`);
        }
        const failed = report.failures.length;
        out(`${report.rules} rules: ${report.cases - failed} tests passed, ${failed} failed\n`);
        return failed === 0 ? exitCodes.ok : exitCodes.badInput;
      }),
    );
  rules
    .command('list')
    .description('a line for each rule: symbol, score, group, where it stands, what it says')
    .option('-c, --config <file>', 'configuration file')
    .option('--json', 'one JSON object a line')
    .action(({ config, json }: { config?: string; json?: boolean }) =>
      run(async () => {
        for (const rule of listed(config)) {
          out(`${json === true ? printableJson(JSON.stringify(rule)) : printable(ruleLine(rule))}\n`);
        }
        return exitCodes.ok;
      }),
    );
  rules
    .command('explain')
    .description('one rule: what it looks for, where it stands, what is known of its false positives')
    .argument('<symbol>')
    .option('-c, --config <file>', 'configuration file')
    .action((symbol: string, { config }: { config?: string }) =>
      run(async () => {
        const all = listed(config);
        const rule = all.find(candidate => candidate.symbol === symbol);
        const near = didYouMean(
          symbol,
          all.map(candidate => candidate.symbol),
        );
        if (rule === undefined) throw new BadInput(`there is no rule ${symbol}${near}`);
        out(explained(rule));
        return exitCodes.ok;
      }),
    );
}

function listed(file: string | undefined): readonly ListedRule[] {
  const config = loadConfig(file ?? null);
  return listRules(ruleSetOf(config), fitNotesOf(config));
}

function explained(rule: ListedRule): string {
  const lines = [
    `${rule.symbol}${rule.isEnabled ? '' : ' (disabled)'}: ${rule.summary}`,
    `score ${showPoints(rule.score)}, group ${rule.group}, set by ${rule.setBy}`,
    `its score is ${rule.basis.why}`,
    ...rule.patterns.map(pattern => `seeks ${pattern}`),
    ...(rule.condition === null ? [] : [`when ${rule.condition}`]),
    ...rule.falsePositives.map(text => `known false positive: ${text}`),
  ];
  return `${lines.map(printable).join('\n  ')}\n`;
}
