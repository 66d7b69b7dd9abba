// What `postern config check` finds out by asking: relays, catch-alls, and what does not answer.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { settingWarnings, siteWarnings } from '../../../src/compose/site/site-check.ts';
import { parseConfig } from '../../../src/config/load.ts';
import { countingRandom, FakeClock } from '../../support/clock.ts';
import { type Step, startFakeNextHop } from '../../support/fake-next-hop.ts';
import { tempDir } from '../../support/temp.ts';

const configOf = (keys: Record<string, unknown>) =>
  parseConfig(JSON.stringify({ domains: { 'ours.test': {} }, ...keys }), 'postern.yaml', {});
const world = { clock: new FakeClock(), random: countingRandom() };
const foreignDomains = ['a.invalid', 'b.test'];

const refuses = '550 5.1.1 No such user';
const takes = '250 2.1.5 Ok';
const denies = '554 5.7.1 Relay access denied';

const cases: readonly {
  name: string;
  RCPT: Step;
  keys?: Record<string, unknown>;
  says: readonly RegExp[];
}[] = [
  {
    name: 'one that is as it should be',
    RCPT: command => (command.includes('@ours.test') ? refuses : denies),
    says: [],
  },
  {
    name: 'one that takes everything',
    RCPT: takes,
    says: [
      /takes mail for other domains .*<no-such-user-\w+@a\.invalid> heard "250 2\.1\.5 Ok"/,
      /^ours\.test: .*catch-all/,
    ],
  },
  {
    name: 'one that looks domains up before it relays',
    RCPT: command => (command.includes('@b.test') ? takes : refuses),
    says: [/takes mail for other domains .*@b\.test> heard/],
  },
  {
    name: 'one that relays while we take mail for every domain',
    RCPT: command => (command.includes('@ours.test') ? refuses : takes),
    keys: { accept_any_domain: true },
    says: [/so may everybody who reaches this gateway/],
  },
  { name: 'one that defers', RCPT: '450 4.2.0 Later', says: [/^ours\.test: .*could not be found out/] },
  {
    name: 'one that is not asked for recipients',
    RCPT: command => (command.includes('@ours.test') ? takes : denies),
    keys: { recipients: 'none' },
    says: [],
  },
  {
    name: 'one that takes the foreign domains, which are ours',
    RCPT: command => (/@(?:ours|b)\.test/.test(command) ? takes : denies),
    keys: { recipients: 'none', domains: { 'ours.test': {}, 'b.test': {} } },
    says: [],
  },
];

describe('a next hop', () => {
  for (const { name, RCPT, keys, says } of cases) {
    test(name, async t => {
      const fake = await startFakeNextHop(t, { RCPT });
      const config = configOf({ next_hop: `smtp://127.0.0.1:${fake.port}`, ...keys });
      const warnings = await siteWarnings(config, { foreignDomains }, world);
      assert.equal(warnings.length, says.length, warnings.join('\n'));
      for (const [i, pattern] of says.entries()) assert.match(warnings[i] ?? '', pattern);
      assert.deepEqual(fake.received, []);
      assert.ok(!fake.commands.includes('DATA'));
    });
  }

  test('that does not answer is named, and its domain is not called fine', async () => {
    const warnings = await siteWarnings(configOf({ next_hop: 'smtp://127.0.0.1:9' }), { foreignDomains }, world);
    assert.equal(warnings.length, 2);
    assert.match(warnings[0] ?? '', /^the next hop smtp:\/\/127\.0\.0\.1:9 does not answer: .*ECONNREFUSED/);
    assert.match(warnings[1] ?? '', /could not be found out/);
  });

  test('that is a Maildir is no relay', async t => {
    const config = configOf({ next_hop: `maildir:${tempDir(t)}` });
    const warnings = await siteWarnings(config, { foreignDomains }, world);
    assert.deepEqual(
      warnings.map(warning => /catch-all|other domains/.exec(warning)?.[0]),
      ['catch-all'],
    );
  });
});

test('a directory that does not answer', async t => {
  const keys = {
    recipients: 'ldap',
    ldap: { url: ['ldap://127.0.0.1:9'], base: 'dc=x' },
    next_hop: `maildir:${tempDir(t)}`,
  };
  const [warning, ...more] = await siteWarnings(configOf(keys), { foreignDomains }, world);
  assert.match(warning ?? '', /^ldap: LDAP did not answer: .*ECONNREFUSED/);
  assert.deepEqual(more, []);
});

const thresholds = new Map([
  ['default', 8000],
  ['finance', 6500],
]);
const warned = (keys: Record<string, unknown>) => settingWarnings(configOf(keys), name => thresholds.get(name) ?? null);

test('settings that are allowed and seldom meant', () => {
  assert.deepEqual(warned({}), []);
  assert.match(warned({ recipients: 'none' }).join('\n'), /^recipients is "none": .*backscatter/);
  assert.match(warned({ accept_any_domain: true }).join('\n'), /^accept_any_domain is true/);
});

const doNothing: readonly { name: string; keys: Record<string, unknown>; says: readonly RegExp[] }[] = [
  { name: 'greylisting below quarantine', keys: { greylist: { from_score: 7.999 } }, says: [] },
  {
    name: 'greylisting from where mail is quarantined on',
    keys: { greylist: { from_score: 8 } },
    says: [/^greylist\.from_score is 8, and profile "default" \(profile\) quarantines from 8 on: .* is greylisted/],
  },
  {
    name: 'greylisting that one of the profiles leaves nothing to do',
    keys: {
      greylist: { from_score: 7 },
      domains: { 'ours.test': { profile: 'finance' }, 'b.test': { profile: 'finance' } },
    },
    says: [
      /^greylist\.from_score is 7, and profile "finance" \(domains\.ours\.test\.profile\) quarantines from 6\.5 on/,
    ],
  },
  {
    name: 'greylisting that only a profile which nobody has leaves nothing to do',
    keys: { greylist: { from_score: 7 }, profile: 'finance', domains: { 'ours.test': { profile: 'default' } } },
    says: [],
  },
  {
    name: 'profiles of addresses of ours, however they are written',
    keys: { recipient_profiles: { 'Boss@OURS.test': 'finance' } },
    says: [],
  },
  {
    name: 'a profile of an address outside of domains',
    keys: { recipient_profiles: { 'boss@ours.test': 'finance', 'boss@our.test': 'finance' } },
    says: [/^recipient_profiles\.boss@our\.test: our\.test is not in domains/],
  },
  {
    name: 'profiles where any domain is taken',
    keys: { accept_any_domain: true, recipient_profiles: { 'boss@our.test': 'finance' } },
    says: [/^accept_any_domain/],
  },
  { name: 'a ledger that is kept just as long as samples need', keys: { ledger: { keep: '9d' } }, says: [] },
  {
    name: 'samples of mail that the ledger has no more',
    keys: { ledger: { keep: '9d' }, review: { sample_after: '3d' } },
    says: [/^review draws samples of mail up to 10d old, and ledger\.keep is 9d/],
  },
  { name: 'no samples of it', keys: { ledger: { keep: '1d' }, review: { sample_size: 0 } }, says: [] },
];
for (const { name, keys, says } of doNothing) {
  test(`settings that do nothing: ${name}`, () => {
    const warnings = warned(keys);
    assert.equal(warnings.length, says.length, warnings.join('\n'));
    for (const [i, pattern] of says.entries()) assert.match(warnings[i] ?? '', pattern);
  });
}
