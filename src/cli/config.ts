// postern config check | print: what the configuration says, before it is in force.

import { ruleSetOf } from '../compose/rule-set.ts';
import { loadConfig } from '../config/load.ts';
import { printConfig } from '../config/print.ts';
import { namedNextHops } from '../config/recipient-policy.ts';
import { parseNextHop } from '../next-hop/target.ts';
import { runRuleTests } from '../rules/rule-tests.ts';
import type { Cli } from './command.ts';
import { exitCodes } from './exit-codes.ts';

export function configCommands({ program, run, out }: Cli): void {
  const config = program.command('config').description('check or print the configuration');
  config
    .command('check')
    .description('say what is wrong with configuration, rules and profiles; exit 78 when something is')
    .option('-c, --config <file>', 'configuration file')
    .action(({ config: file }: { config?: string }) =>
      run(async () => {
        const loaded = loadConfig(file ?? null);
        namedNextHops(loaded).map(parseNextHop);
        const rules = ruleSetOf(loaded);
        const { cases, failures } = runRuleTests(rules);
        for (const { at, symbol, expected, got } of failures) {
          out(`${at}: ${symbol}: expected a ${expected}, got ${got}\n`);
        }
        if (failures.length > 0) return exitCodes.config;
        out(`ok: ${rules.judged.length} rules with ${cases} tests, ${rules.profiles.size} profiles\n`);
        return exitCodes.ok;
      }),
    );
  config
    .command('print')
    .description('print the configuration in force, defaults and environment included, secrets masked')
    .option('-c, --config <file>', 'configuration file')
    .action(({ config: file }: { config?: string }) =>
      run(async () => {
        out(printConfig(loadConfig(file ?? null)));
        return exitCodes.ok;
      }),
    );
}
