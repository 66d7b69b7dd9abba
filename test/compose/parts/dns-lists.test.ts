// The lists of the configuration as they are asked: presets filled in, keys in their place, and what is said of them.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { stringify } from 'yaml';
import { listsHealth, startDnsLists } from '../../../src/compose/parts/dns-lists.ts';
import { dnsListPresets } from '../../../src/config/dns-list-presets.ts';
import { parseConfig } from '../../../src/config/load.ts';
import type { DnsAnswer } from '../../../src/model/ask.ts';
import { isCodeOf } from '../../../src/model/dns-list.ts';
import { withFields } from '../../../src/observe/log.ts';
import { countingRandom, FakeClock } from '../../support/clock.ts';
import type { Ending } from '../../support/temp.ts';

const none: DnsAnswer = { status: 'none', code: 'ENOTFOUND' };
const found = (code: string): DnsAnswer => ({ status: 'found', records: [code] });
const isTestPoint = (name: string) => /^2\.0\.0\.(?:127\.|0\.0\.0\.f\.7\.)/.test(name);

function started(t: Ending, lists: readonly object[], answer: (name: string) => DnsAnswer = () => none) {
  const asked: string[] = [];
  const said: object[] = [];
  const running = startDnsLists(parseConfig(stringify({ dns_lists: lists }), 'x', {}), {
    resolve: async name => {
      asked.push(name);
      return isTestPoint(name) ? found('127.0.0.2') : answer(name);
    },
    clock: new FakeClock(),
    random: countingRandom(),
    log: withFields({}, (level, fields, event) => said.push({ level, event, ...fields })),
  });
  t.after(() => running?.close());
  return { running, asked, said };
}

test('without lists there is nothing to run', t => {
  assert.equal(started(t, []).running, null);
  assert.equal(listsHealth(null).state, 'absent');
});

const zones: readonly { entry: object; name: string; zone: string }[] = [
  { entry: { preset: 'spamhaus-zen' }, name: 'spamhaus-zen', zone: 'zen.spamhaus.org' },
  { entry: { preset: 'spamhaus-zen', key: 'AbC1' }, name: 'spamhaus-zen', zone: 'abc1.zen.dq.spamhaus.net' },
  { entry: { preset: 'abusix', key: 'k' }, name: 'abusix', zone: 'k.combined.mail.abusix.zone' },
  { entry: { preset: 'dnswl' }, name: 'dnswl', zone: 'list.dnswl.org' },
  {
    entry: { name: 'ours', zone: 'BL.example.net.', codes: { '127.0.0.2': { label: 'spam', weight: 'weak' } } },
    name: 'ours',
    zone: 'bl.example.net',
  },
];
for (const { entry, name, zone } of zones)
  test(`asked: ${zone}`, async t => {
    const { running, asked } = started(t, [entry]);
    assert.deepEqual(await running?.listed(name, '192.0.2.1'), { status: 'not-listed' });
    assert.deepEqual(
      asked.filter(other => !other.includes('0.0.127.') && !other.includes('f.f.f.f')),
      [`1.2.0.192.${zone}`],
    );
  });

test('checks see no zone, where keys may stand', t => {
  const { running } = started(t, [{ preset: 'spamhaus-zen', key: 'hunter2' }]);
  assert.ok(!JSON.stringify(running?.known).includes('hunter2'));
});

const codes: readonly (readonly [preset: string, code: string, label: string | null])[] = [
  ['spamhaus-zen', '127.0.0.2', 'sbl'],
  ['spamhaus-zen', '127.0.0.3', 'css'],
  ['spamhaus-zen', '127.0.0.4', 'xbl'],
  ['spamhaus-zen', '127.0.0.7', 'xbl'],
  ['spamhaus-zen', '127.0.0.9', 'drop'],
  ['spamhaus-zen', '127.0.0.10', 'pbl'],
  ['spamhaus-zen', '127.0.0.11', 'pbl'],
  ['spamhaus-zen', '127.0.0.12', null],
  ['spamhaus-zen', '127.0.1.2', null],
  ['dnswl', '127.0.10.0', 'none'],
  ['dnswl', '127.0.3.1', 'low'],
  ['dnswl', '127.0.15.2', 'medium'],
  ['dnswl', '127.0.2.3', 'high'],
  // The complaint that has been taken for a listing by many.
  ['dnswl', '127.0.0.255', null],
  ['dnswl', '127.0.0.3', null],
];
for (const [preset, code, label] of codes)
  test(`${preset} answers ${code}: ${label ?? 'not a listing'}`, t => {
    const [list] = started(t, [{ preset }]).running?.known ?? [];
    assert.deepEqual(
      list?.classes.filter(each => isCodeOf(each.codes, code)).map(each => each.name),
      label === null ? [] : [label],
    );
  });

test('several codes with one label are one class', t => {
  const x = { label: 'x', weight: 'weak' };
  const entry = {
    name: 'a',
    zone: 'a.example',
    codes: { '127.0.0.2': x, '127.0.0.9': x, '127.0.0.3': { label: 'y', weight: 'strong' } },
  };
  const [list] = started(t, [entry]).running?.known ?? [];
  assert.deepEqual(
    list?.classes.map(({ name, codes }) => [name, codes.length]),
    [
      ['x', 2],
      ['y', 1],
    ],
  );
});

test('each label of a preset has its rule, and each rule of a preset its label', () => {
  const rules = readFileSync(join(import.meta.dirname, '../../../rules/reputation/dns-lists.yaml'), 'utf8');
  const judged = [...rules.matchAll(/when: dns_lists\.(block|allow) == '([^']+)'/g)].map(
    ([, kind, label]) => `${kind} ${label}`,
  );
  const labels = Object.entries(dnsListPresets).flatMap(([name, { kind, classes }]) =>
    Object.keys(classes).map(label => `${kind} ${name}/${label}`),
  );
  // Its operator says of these only that they should not be refused outright.
  const unjudged = ['allow dnswl/none'];
  assert.deepEqual(judged.sort(), labels.filter(label => !unjudged.includes(label)).sort());
});

test('DNSWL.org’s complaint about too many questions suspends it, and is said', async t => {
  const { running, said } = started(t, [{ preset: 'dnswl' }], () => found('127.0.0.255'));
  assert.deepEqual(await running?.listed('dnswl', '192.0.2.1'), { status: 'suspended' });
  assert.deepEqual(said, [
    {
      level: 'warn',
      event: 'dns list suspended',
      list: 'dnswl',
      family: 'ipv4',
      reason: 'it answers with the error code 127.0.0.255',
    },
  ]);
  assert.deepEqual(listsHealth(running), {
    state: 'degraded',
    reason: 'some DNS lists answer wrongly and are not asked; the log says which',
    figures: { configured: 1, suspended: 1 },
  });
});
