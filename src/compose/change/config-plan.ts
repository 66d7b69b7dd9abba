// The plan of a change of configuration and rules: what would differ, whether its tests pass, what it would have done to the
// mail of the last days, and what speaks against applying it. It changes nothing.

import { existsSync } from 'node:fs';
import { type ConfigDifference, configDifferences } from '../../config/differences.ts';
import { namedProfiles } from '../../config/recipient-policy.ts';
import type { Config } from '../../config/schema.ts';
import { firingName } from '../../rules/firing.ts';
import { type RuleTestFailure, runRuleTests } from '../../rules/rule-tests.ts';
import type { ReplayOptions } from '../../trial/replay.ts';
import type { ReplayReport } from '../../trial/replay-report.ts';
import { policyOf, siteOf } from '../parts/judging.ts';
import { effectiveDifference, type RuleDifference } from '../rules/effective-difference.ts';
import { type FixtureResult, profileFixtures, testProfiles } from '../stored/profile-fixtures.ts';
import { judgingUnder, replayBetween } from '../trials/replays.ts';
import type { Side, Sides } from './proposal.ts';

export interface PlanOptions extends ReplayOptions {
  /** Mail that profiles must deliver or catch; null where there is none. */
  readonly fixtures: string | null;
  /** Whether a gateway runs on what is in force. */
  readonly isRunning: boolean;
}

export interface Obstacle {
  readonly kind: 'rule tests' | 'running profiles' | 'recipients' | 'fixtures' | 'moves' | 'untried';
  readonly why: string;
  /** Whether `--force` passes it: a set whose tests fail never replaces the one in force. */
  readonly yields: boolean;
}

export interface ConfigPlan {
  readonly id: string;
  readonly before: string;
  readonly after: string;
  readonly configuration: readonly ConfigDifference[];
  readonly rules: readonly RuleDifference[];
  /** Overrides that would hold no more, because what they are about goes; a line each. */
  readonly setAside: readonly string[];
  readonly tests: { readonly cases: number; readonly failures: readonly RuleTestFailure[] };
  /** `failures`: of those that are as expected by the rules in force. */
  readonly fixtures: { readonly cases: number; readonly failures: readonly FixtureResult[] };
  /** Null where mail is judged alike on both sides. */
  readonly replay: ReplayReport | null;
  /** Share of the replayed verdicts that may move; more is an obstacle. */
  readonly limit: number;
  readonly obstacles: readonly Obstacle[];
}

export async function planOf({ before, after, id }: Sides, options: PlanOptions): Promise<ConfigPlan> {
  const rules = effectiveDifference(before, after);
  const { cases, failures } = runRuleTests(after.rules);
  const isJudgedAlike = rules.length === 0 && judgingName(before) === judgingName(after);
  const fixtures = isJudgedAlike ? { cases: 0, failures: [] } : await fixturesOf(before, after, options.fixtures);
  const [was, is] = [before, after].map(({ config, rules: set }) => judgingUnder(config, set)) as [Judged, Judged];
  const replay = isJudgedAlike ? null : await replayBetween(before.config, was, is, options);
  // The limit that holds, not the one that is proposed: a change does not loosen its own.
  const limit = before.config.rules.apply_limit;
  return {
    id,
    before: before.revision,
    after: after.revision,
    configuration: configDifferences(before, after),
    rules,
    setAside: after.setAside.filter(line => !before.setAside.includes(line)),
    tests: { cases, failures },
    fixtures,
    replay,
    limit,
    obstacles: [
      ...testObstacles(failures.length),
      ...(options.isRunning ? profileObstacles(before, after) : []),
      ...recipientObstacles(before, after),
      ...fixtureObstacles(fixtures.failures.length),
      ...(replay === null ? [] : replayObstacles(replay, limit)),
    ],
  };
}

type Judged = ReturnType<typeof judgingUnder>;

/** Of all beside the rules' settings by which mail is judged. */
const judgingName = ({ config, rules }: Side): string =>
  JSON.stringify([firingName(rules, siteOf(config)), policyOf(config)]);

/** What fails under the rules in force too is not the change's fault. */
async function fixturesOf(before: Side, after: Side, folder: string | null): Promise<ConfigPlan['fixtures']> {
  if (folder === null || !existsSync(folder)) return { cases: 0, failures: [] };
  const fixtures = await profileFixtures(folder, new Set(after.rules.profiles.keys()));
  const tested = async (of: Side, mail: typeof fixtures): Promise<readonly FixtureResult[]> =>
    mail.length === 0 ? [] : (await testProfiles(of.config, of.rules, mail)).flatMap(({ results }) => results);
  const failing = async (of: Side, mail: typeof fixtures) =>
    (await tested(of, mail)).filter(({ isAsExpected }) => !isAsExpected);
  // On a busy machine single ones may not be read in time: they are asked once more, and are few.
  const failures = await failing(after, named(fixtures, await failing(after, fixtures)));
  const known = named(fixtures, failures).filter(({ profile }) => before.rules.profiles.has(profile));
  const excused = new Set((await failing(before, known)).map(({ file }) => file));
  return { cases: fixtures.length, failures: failures.filter(({ file }) => !excused.has(file)) };
}

function named<F extends { readonly file: string }>(all: readonly F[], by: readonly { readonly file: string }[]): F[] {
  const files = new Set(by.map(({ file }) => file));
  return all.filter(({ file }) => files.has(file));
}

const testObstacles = (failed: number): readonly Obstacle[] =>
  failed === 0 ? [] : [{ kind: 'rule tests', why: `tests of rules fail: ${failed}`, yields: false }];

/** A running gateway keeps the profiles of its recipients until it is started again, and so do the rules that it takes. */
function profileObstacles(before: Side, after: Side): readonly Obstacle[] {
  const gone = namedProfiles(before.config).filter(({ profile }) => !after.rules.profiles.has(profile));
  return gone.map(({ key, profile }) => ({
    kind: 'running profiles',
    why: `the profile ${profile} goes, and ${key} of the configuration in force names it: map its recipients first`,
    yields: false,
  }));
}

/** A replay judges a message by the profile and in the mode that the ledger has. */
function recipientObstacles(before: Side, after: Side): readonly Obstacle[] {
  const [was, is] = [before.written, after.written];
  // A domain that comes had no mail, and one that goes will have none.
  const domains = Object.keys(was.domains).filter(name => name in is.domains);
  if (recipientPolicy(was, domains) === recipientPolicy(is, domains)) return [];
  const why = 'recipients get another profile or mode, or mail is not judged: what that does cannot be replayed';
  return [{ kind: 'recipients', why, yields: true }];
}

const recipientPolicy = (config: Config, domains: readonly string[]): string =>
  JSON.stringify([
    [config.checks, config.mode, config.profile],
    domains.map(name => [config.domains[name]?.profile ?? config.profile, config.domains[name]?.mode ?? config.mode]),
    config.recipient_profiles,
    config.ldap?.groups,
  ]);

const fixtureObstacles = (failed: number): readonly Obstacle[] =>
  failed === 0 ? [] : [{ kind: 'fixtures', why: `mail of profiles goes another way: ${failed}`, yields: true }];

function replayObstacles({ verdicts, unchanged, flipped }: ReplayReport, limit: number): readonly Obstacle[] {
  if (unchanged + flipped === 0) {
    const why =
      verdicts === 0 ? 'the ledger has no mail to try it on' : 'of no mail can be told what would become of it';
    return [{ kind: 'untried', why, yields: true }];
  }
  const unknown = verdicts - unchanged - flipped;
  // What cannot be told is not known to stay.
  if ((flipped + unknown) / verdicts <= limit) return [];
  const why = `of ${verdicts} verdicts ${flipped} would move and ${unknown} cannot be told: more than rules.apply_limit`;
  return [{ kind: 'moves', why, yields: true }];
}
