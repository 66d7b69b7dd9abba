// Mail that a profile must deliver or must catch, judged by the real line without DNS: NAME/deliver/*.eml and NAME/catch/*.eml.

import { existsSync, globSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../config/schema.ts';
import { BadInput } from '../../model/failure.ts';
import { fieldValue, headerSection } from '../../model/header.ts';
import { type Action, showPoints, type Verdict } from '../../model/verdict.ts';
import { judge } from '../../rules/judge.ts';
import type { RuleSet } from '../../rules/rule.ts';
import { noEvidence, policyOf, profileIn, siteOf } from '../parts/judging.ts';
import { startStoredLine } from './stored-line.ts';
import { type StoredMail, storedMails } from './stored-mail.ts';

/** Everybody in fixtures works here. */
const fixtureDomain = 'westgate.test';
const reader = `reader@${fixtureDomain}`;

export interface ProfileFixture {
  readonly profile: string;
  /** `healthcare/deliver/en-referral.eml`. */
  readonly file: string;
  readonly expected: 'deliver' | 'deliver or tag' | 'quarantine or reject';
  readonly mail: StoredMail;
}

export interface FixtureResult extends Pick<ProfileFixture, 'profile' | 'file' | 'expected'> {
  readonly isAsExpected: boolean;
  readonly action: Action;
  readonly score: number;
  /** Symbols with their points, and what policy asks for. */
  readonly because: readonly string[];
}

export interface TestedProfile {
  readonly profile: string;
  readonly results: readonly FixtureResult[];
}

/** Those in `folder` of the profiles that are wanted. @throws BadInput where the folder is not there. */
export async function profileFixtures(folder: string, wanted: ReadonlySet<string>): Promise<readonly ProfileFixture[]> {
  if (!existsSync(folder)) throw new BadInput(`${folder} is not there`);
  const files = globSync('*/{deliver,catch}/*.eml', { cwd: folder }).sort();
  const fixtures: ProfileFixture[] = [];
  for (const file of files) {
    const [profile = '', kind] = file.split('/');
    if (!wanted.has(profile)) continue;
    for await (const mail of storedMails(join(folder, file))) {
      fixtures.push({ profile, file, expected: kind === 'catch' ? 'quarantine or reject' : mildest(mail), mail });
    }
  }
  return fixtures;
}

/** `Comments: may be tagged: WHY` allows a tag: the sender does much that spammers do, too. */
function mildest({ bytes }: StoredMail): ProfileFixture['expected'] {
  const comments = headerSection(bytes).fields.filter(field => field.name === 'comments');
  return comments.some(field => /^may be tagged:/.test(fieldValue(bytes, field).trim())) ? 'deliver or tag' : 'deliver';
}

/** In the order of `fixtures`, by profile. Each message is judged under its own profile, whatever the configuration maps. */
export async function testProfiles(
  config: Config,
  rules: RuleSet,
  fixtures: readonly ProfileFixture[],
): Promise<readonly TestedProfile[]> {
  const site: Config = { ...withoutMappings(config), domains: { [fixtureDomain]: {} } };
  const line = await startStoredLine(site, { offline: true, rcpt: reader }, rules);
  try {
    const evidence = await Promise.all(fixtures.map(({ mail }) => line.inspect(mail)));
    const results = fixtures.map((fixture, index) => {
      const { facts, patternHits } = evidence[index] ?? noEvidence;
      const profile = profileIn(rules, fixture.profile);
      return resultOf(fixture, judge(facts, patternHits, rules, profile, siteOf(site), policyOf(site)));
    });
    return [...Map.groupBy(results, ({ profile }) => profile)].map(([profile, of]) => ({ profile, results: of }));
  } finally {
    await line.close();
  }
}

/** Policies and rules are tried, and nothing that looks elsewhere or at single recipients. */
function withoutMappings({ clamd: _, ldap: __, ...config }: Config): Config {
  return { ...config, recipient_profiles: {}, shadow_profiles: {}, access: { ...config.access, files: [] } };
}

function resultOf({ profile, file, expected }: ProfileFixture, verdict: Verdict): FixtureResult {
  const points = verdict.hits.map(hit => `${hit.symbol} ${showPoints(hit.points)}`);
  return {
    profile,
    file,
    expected,
    isAsExpected: isWithin(expected, verdict.action),
    action: verdict.action,
    score: verdict.score / 1000,
    because: [...points, ...verdict.floors.map(floor => floor.name)],
  };
}

function isWithin(expected: ProfileFixture['expected'], action: Action): boolean {
  switch (expected) {
    case 'deliver':
      return action === 'deliver';
    case 'deliver or tag':
      return action === 'deliver' || action === 'tag';
    case 'quarantine or reject':
      return action === 'quarantine' || action === 'reject';
  }
}
