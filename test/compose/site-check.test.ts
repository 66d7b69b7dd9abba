// What `postern config check` finds out by asking: relays, catch-alls, and what does not answer.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { settingWarnings, siteWarnings } from '../../src/compose/site-check.ts';
import { parseConfig } from '../../src/config/load.ts';
import { countingRandom, FakeClock } from '../support/clock.ts';
import { type Step, startFakeNextHop } from '../support/fake-next-hop.ts';
import { tempDir } from '../support/temp.ts';

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

test('settings that are allowed and seldom meant', () => {
  assert.deepEqual(settingWarnings(configOf({})), []);
  assert.match(settingWarnings(configOf({ recipients: 'none' })).join('\n'), /^recipients is "none": .*backscatter/);
  assert.match(settingWarnings(configOf({ accept_any_domain: true })).join('\n'), /^accept_any_domain is true/);
});
