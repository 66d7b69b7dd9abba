// postern config check | print | plan | apply: what the configuration says, before it is in force, and how it comes into force.

import { randomBytes } from 'node:crypto';
import { readEntryFiles } from '../access/entry-files.ts';
import { printRules } from '../compose/rules/rule-origins.ts';
import { entryPlacesOf, loadedRules, ruleSetOf } from '../compose/rules/rule-set.ts';
import { certificateWarnings, reviewerWarnings } from '../compose/site/local-check.ts';
import { reachOf } from '../compose/site/our-site.ts';
import { publishedWarnings } from '../compose/site/published-check.ts';
import { settingWarnings, siteWarnings } from '../compose/site/site-check.ts';
import { configText, loadConfig } from '../config/load.ts';
import { configOrigins } from '../config/origins.ts';
import { printConfig, printOrigins } from '../config/print.ts';
import { namedNextHops } from '../config/routes.ts';
import type { Config } from '../config/schema.ts';
import { systemClock } from '../model/clock.ts';
import { BadInput } from '../model/failure.ts';
import { parseNextHop } from '../next-hop/target.ts';
import { printable } from '../observe/printable.ts';
import type { RuleSet } from '../rules/rule.ts';
import { runRuleTests } from '../rules/rule-tests.ts';
import type { Cli } from './command.ts';
import { addConfigPlan } from './config-plan.ts';
import { exitCodes } from './exit-codes.ts';

interface CheckOptions {
  readonly config?: string;
  readonly offline?: boolean;
  readonly strict?: boolean;
  readonly foreignDomain?: string;
}

interface PrintOptions {
  readonly config?: string;
  readonly origin?: true;
  readonly rules?: true;
}

/**
 * `.invalid` is nobody's (RFC 2606 §2), and refused by servers that look domains up; example.com exists, and is nobody's
 * either, but publishes that it takes no mail. A relay that refuses both needs --foreign-domain to be found out.
 */
const foreignDomains = ['relay-test.invalid', 'example.com'] as const;

export function configCommands(cli: Cli): void {
  const { program, run, out, err } = cli;
  const config = program.command('config').description('check, print, plan or apply the configuration');
  addConfigPlan(config, cli);
  config
    .command('check')
    .description(
      'say what is wrong with configuration, files of entries, rules and profiles; exit 78 when something is',
    )
    .option('-c, --config <file>', 'configuration file')
    .option('--offline', 'ask neither next hops nor the directory, the DNS or the web')
    .option('--strict', 'exit 78 for warnings too')
    .option('--foreign-domain <domain>', 'offer next hops a recipient of this domain, to see whether they relay')
    .action((options: CheckOptions) => run(() => check(options, out, err)));
  config
    .command('print')
    .description('print the configuration in force, defaults and environment included, secrets masked')
    .option('-c, --config <file>', 'configuration file')
    .option('--origin', 'say beside each value where it comes from: file and line, environment, or default')
    .option('--rules', 'with --origin: scores, profiles and lists too, with the file and line or API call of each')
    .action((options: PrintOptions) => run(async () => print(options, out)));
}

function print({ config: named, origin, rules }: PrintOptions, out: Cli['out']): number {
  if (rules === true && origin !== true) throw new BadInput('--rules goes with --origin');
  const file = named ?? null;
  const config = loadConfig(file);
  if (origin !== true) out(printConfig(config));
  else out(printOrigins(config, configOrigins(configText(file), file ?? 'embedded default')));
  // A document of its own: the configuration has `lists` too.
  if (rules === true) out(`---\n${printRules(ruleSetOf(config), entryPlacesOf(config))}`);
  return exitCodes.ok;
}

async function check(options: CheckOptions, out: Cli['out'], err: Cli['err']): Promise<number> {
  const config = loadConfig(options.config ?? null);
  namedNextHops(config).map(parseNextHop);
  await readEntryFiles(config.access.files, config.access.max_entries);
  const { rules, setAside, unused } = loadedRules(config);
  const { cases, failures } = runRuleTests(rules);
  for (const { at, symbol, expected, got } of failures) {
    out(`${at}: ${symbol}: expected a ${expected}, got ${got}\n`);
  }
  if (failures.length > 0) return exitCodes.config;
  const aside = setAside.map(line => `overrides.yaml: ${line}`);
  const warnings = [...aside, ...(await warningsOf(config, rules.profiles, options))];
  // Sets that many have, Debian's among them, have some of them: no reason to refuse one.
  for (const line of unused) err(`note: ${printable(line)}\n`);
  // Some repeat what others publish or answer.
  for (const warning of warnings) err(`warning: ${printable(warning)}\n`);
  out(`ok: ${rules.judged.length} rules with ${cases} tests, ${rules.profiles.size} profiles\n`);
  return options.strict === true && warnings.length > 0 ? exitCodes.config : exitCodes.ok;
}

async function warningsOf(
  config: Config,
  profiles: RuleSet['profiles'],
  { offline, foreignDomain }: CheckOptions,
): Promise<readonly string[]> {
  const local = [
    ...settingWarnings(config, name => profiles.get(name)?.thresholds.quarantine ?? null),
    ...certificateWarnings(config, systemClock.now()),
    ...(await reviewerWarnings(config)),
  ];
  if (offline === true) return local;
  const world = { clock: systemClock, random: (bytes: number) => randomBytes(bytes) };
  const asked = { foreignDomains: foreignDomain === undefined ? foreignDomains : [foreignDomain] };
  const reach = reachOf(config, systemClock);
  try {
    const found = await Promise.all([siteWarnings(config, asked, world), publishedWarnings(config, reach)]);
    return [...local, ...found.flat()];
  } finally {
    reach.close();
  }
}
