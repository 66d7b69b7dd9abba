// The rules in force, with what the configuration adds to their lists.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { siteOf } from '../../../src/compose/parts/judging.ts';
import { ruleSetOf } from '../../../src/compose/rules/rule-set.ts';
import { parseConfig } from '../../../src/config/load.ts';
import type { Facts } from '../../../src/model/evidence.ts';
import { judge } from '../../../src/rules/judge.ts';

const observed = (value: object) => ({ state: 'observed', ms: 1, value }) as const;

/** A failed p=reject that came by way of somebody. */
function factsOf(by: { address?: string; spf?: string; dkim?: string; listId?: string; sealer?: string }): Facts {
  const { address = '203.0.113.1', spf = '', dkim, listId = '', sealer = '' } = by;
  return {
    client: observed({ origin_address: address }),
    message: observed({ list_id: listId }),
    'auth.spf': observed({ result: spf === '' ? 'none' : 'pass', domain: spf }),
    'auth.dkim': observed({ domains: dkim === undefined ? [] : [dkim] }),
    'auth.dmarc': observed({ result: 'fail', policy: 'reject', domain: 'author.test', reason: '' }),
    'auth.arc': observed({
      result: sealer === '' ? 'none' : 'pass',
      sealer,
      sealers: [sealer],
      said_dmarc: 'pass',
      said_from: 'author.test',
      seals: [],
    }),
  };
}

const cases: readonly { name: string; config: string; facts: Facts; lifts: string }[] = [
  {
    name: 'a network',
    config: 'forwarders: [{ networks: [198.51.100.0/24] }]',
    facts: factsOf({ address: '198.51.100.9' }),
    lifts: 'KNOWN_FORWARDER',
  },
  {
    name: 'the reverse-path that it writes, whatever case the configuration has',
    config: 'forwarders: [{ spf_domain: Srs.Forwarder.Test }]',
    facts: factsOf({ spf: 'srs.forwarder.test' }),
    lifts: 'KNOWN_FORWARDER',
  },
  {
    name: 'its signature',
    config: 'forwarders: [{ dkim_domain: forwarder.test }]',
    facts: factsOf({ dkim: 'mail.forwarder.test' }),
    lifts: 'KNOWN_FORWARDER',
  },
  {
    name: 'a list',
    config: 'lists: { known: [lists.community.test] }',
    facts: factsOf({ listId: 'users.lists.community.test', dkim: 'community.test' }),
    lifts: 'KNOWN_LIST',
  },
  {
    name: 'a sealer',
    config: 'arc: { trusted_sealers: [sealer.test, sealer.test] }',
    facts: factsOf({ sealer: 'arc.sealer.test' }),
    lifts: 'TRUSTED_FORWARDER',
  },
];

function floorsFor(text: string, facts: Facts) {
  const config = parseConfig(text, 'postern.yaml', {});
  const rules = ruleSetOf(config);
  const profile = rules.profiles.get('default');
  assert.ok(profile);
  const nothingSought = { digest: rules.patternDigest, hits: [], overran: [] };
  return judge(facts, nothingSought, rules, profile, siteOf(config), { dmarcEnforce: ['*'] }).floors;
}

for (const { name, config, facts, lifts } of cases) {
  test(`the configuration names whom to believe: ${name}`, () => {
    const [floor, ...others] = floorsFor(config, facts);
    assert.deepEqual([floor?.action, floor?.name, others], ['deliver', 'policy:dmarc-overridden', []]);
    assert.match(floor?.because ?? '', new RegExp(`DMARC of author.test fails.* lifted by ${lifts}: `));
  });

  test(`and where it does not, nothing is lifted: ${name}`, () => {
    assert.deepEqual(
      floorsFor('', facts).map(floor => [floor.action, floor.name]),
      [['reject', 'policy:dmarc']],
    );
  });
}
