// What SIGHUP does: each part by itself, one reload after the other.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reloader } from '../../../src/compose/change/reload.ts';
import type { RuleLists } from '../../../src/config/changed-keys.ts';
import { parseConfig } from '../../../src/config/load.ts';
import { ConfigError } from '../../../src/model/failure.ts';
import { withFields } from '../../../src/observe/log.ts';

const config = parseConfig('hostname: a.example', 'postern.yaml', {});
const broken = () => {
  throw new ConfigError('broken');
};

function reloading(given: {
  read?: () => typeof config;
  certificates?: () => void;
  rules?: (lists: RuleLists) => Promise<void>;
  access?: () => Promise<void>;
}) {
  const events: string[] = [];
  const log = withFields({}, (level, _fields, event) => events.push(`${level}: ${event}`));
  const gateway = {
    reloadRules: given.rules ?? (async () => {}),
    reloadAccess: given.access ?? (async () => {}),
    replaceCertificates: given.certificates ?? (() => {}),
  };
  return { events, reload: reloader(gateway, config, given.read ?? (() => config), log) };
}

const read = 'info: configuration read again';
const kept = 'error: configuration not read again: the one in force stays';
const rules = 'info: rules reloaded';
const access = 'info: access files reloaded';
const cases = [
  { name: 'all is well', given: {}, says: [read, rules, access] },
  { name: 'a configuration that does not load', given: { read: broken }, says: [kept, rules, access] },
  { name: 'a certificate that cannot be used', given: { certificates: broken }, says: [kept, rules, access] },
  {
    name: 'rules that do not load',
    given: { rules: async () => broken() },
    says: [read, 'error: rules not reloaded: those in force stay', access],
  },
  {
    name: 'entries that do not load',
    given: { access: async () => broken() },
    says: [read, rules, 'error: access files not reloaded: the entries in force stay'],
  },
  {
    name: 'a change that needs a restart',
    given: { read: () => parseConfig('hostname: b.example', 'postern.yaml', {}) },
    says: [read, 'warn: changed, and in force only after a restart', rules, access],
  },
];
for (const { name, given, says } of cases) {
  test(name, async () => {
    const { events, reload } = reloading(given);
    await reload();
    assert.deepEqual(events, says);
  });
}

test('rules are loaded with the lists of the configuration that was read last', async () => {
  const known: (readonly string[])[] = [];
  const readings = ['[l.example]', null, '[l.example, m.example]'];
  const { reload } = reloading({
    read: () => {
      const list = readings.shift() ?? null;
      return list === null ? broken() : parseConfig(`lists: { known: ${list} }`, 'postern.yaml', {});
    },
    rules: async ({ lists }) => void known.push(lists.known),
  });
  for (let i = 0; i < 3; i++) await reload();
  assert.deepEqual(known, [['l.example'], ['l.example'], ['l.example', 'm.example']]);
});

test('the next one waits for the one before', async () => {
  const first = Promise.withResolvers<void>();
  let begun = 0;
  const { reload } = reloading({
    rules: async () => {
      begun += 1;
      if (begun === 1) await first.promise;
    },
  });
  const [one, two] = [reload(), reload()];
  while (begun === 0) await Promise.resolve();
  assert.equal(begun, 1);
  first.resolve();
  await Promise.all([one, two]);
  assert.equal(begun, 2);
});
