// postern profiles list | test | calibrate: which industries there are, and whether their policies still do what their fixtures say.

import { join } from 'node:path';
import { ruleSetOf } from '../compose/rules/rule-set.ts';
import {
  type FixtureResult,
  profileFixtures,
  type TestedProfile,
  testProfiles,
} from '../compose/stored/profile-fixtures.ts';
import { apiAccess } from '../config/api-access.ts';
import { loadConfig } from '../config/load.ts';
import { BadInput } from '../model/failure.ts';
import { didYouMean } from '../model/nearest.ts';
import { showPoints } from '../model/verdict.ts';
import type { Profile } from '../rules/profile.ts';
import type { RuleSet } from '../rules/rule.ts';
import type { Cli } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { addProfilesCalibrate } from './profiles-calibrate.ts';

/** Those that were made with the shipped profiles. */
export const shippedFixtures = join(import.meta.dirname, '../../fixtures/profiles');

interface ListOptions {
  readonly config?: string;
  readonly json?: boolean;
}

interface TestOptions extends ListOptions {
  readonly fixtures: string;
  readonly verbose?: boolean;
}

export function profilesCommands(cli: Cli): void {
  const { program, run, out } = cli;
  const profiles = program.command('profiles').description('list, test and calibrate the policies of industries');
  profiles
    .command('list')
    .description('a line for each profile: version, thresholds (tag/quarantine/reject), whom it is for')
    .option('-c, --config <file>', 'configuration file')
    .option('--json', 'one JSON object a line')
    .action(({ config, json }: ListOptions) =>
      run(async () => {
        for (const profile of ruleSetOf(loadConfig(config ?? null)).profiles.values()) {
          out(`${json === true ? JSON.stringify(summaryOf(profile)) : profileLine(profile)}\n`);
        }
        return exitCodes.ok;
      }),
    );
  profiles
    .command('test')
    .description('judge the mail that profiles must deliver or catch, offline; exit 65 where one does not')
    .argument('[name...]', 'profiles; otherwise all that have such mail')
    .option('-c, --config <file>', 'configuration file')
    .option('--fixtures <folder>', 'NAME/deliver and NAME/catch with .eml files', shippedFixtures)
    .option('--verbose', 'a line for each message, not only for those that fail')
    .option('--json', 'one JSON object a message')
    .action((names: string[], options: TestOptions) => run(() => test(names, options, out)));
  addProfilesCalibrate(profiles, cli, apiAccess());
}

async function test(names: readonly string[], options: TestOptions, out: Cli['out']): Promise<number> {
  const config = loadConfig(options.config ?? null);
  const rules = ruleSetOf(config);
  const fixtures = await profileFixtures(options.fixtures, wanted(names, rules));
  if (fixtures.length === 0) throw new BadInput(`no fixtures in ${options.fixtures}`);
  const tested = await testProfiles(config, rules, fixtures);
  for (const result of tested.flatMap(profile => profile.results)) {
    if (options.json === true) out(`${JSON.stringify(result)}\n`);
    else if (options.verbose === true || !result.isAsExpected) out(`${resultLine(result)}\n`);
  }
  if (options.json !== true) for (const profile of tested) out(`${countLine(profile)}\n`);
  return tested.every(({ results }) => results.every(result => result.isAsExpected))
    ? exitCodes.ok
    : exitCodes.badInput;
}

function wanted(names: readonly string[], { profiles }: RuleSet): ReadonlySet<string> {
  for (const name of names) {
    if (!profiles.has(name)) throw new BadInput(`there is no profile ${name}${didYouMean(name, profiles.keys())}`);
  }
  return new Set(names.length > 0 ? names : profiles.keys());
}

function summaryOf({ name, version, summary, languages, thresholds, changes, at }: Profile) {
  const { tag, quarantine, reject } = thresholds;
  const points = { tag: tag / 1000, quarantine: quarantine / 1000, reject: reject === null ? null : reject / 1000 };
  return { profile: name, version, summary, languages, thresholds: points, changes, at };
}

function profileLine({ name, version, summary, thresholds, at }: Profile): string {
  const { tag, quarantine, reject } = thresholds;
  const shown = [tag, quarantine, reject].map(points => (points === null ? 'none' : showPoints(points))).join('/');
  return `${name.padEnd(20)} v${version} ${shown.padEnd(12)} ${summary} (${at})`;
}

function resultLine({ file, isAsExpected, expected, action, score, because }: FixtureResult): string {
  return `${isAsExpected ? 'ok  ' : 'FAIL'} ${file}: expected ${expected}, got ${action} at ${score}: ${because.join(' ')}`;
}

function countLine({ profile, results }: TestedProfile): string {
  const failed = results.filter(result => !result.isAsExpected).length;
  return `${profile}: ${results.length - failed} as expected, ${failed} not`;
}
