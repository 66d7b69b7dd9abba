// Which answer a recipient gets from the copy in force and from LDAP, as both come, fail and come again.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { TemporaryFailure } from '../../src/model/failure.ts';
import { type DirectoryEvent, LdapDirectory, type LdapDirectoryOptions } from '../../src/recipients/ldap-directory.ts';
import type { Listed, Reading } from '../../src/recipients/ldap-search.ts';
import { FakeClock } from '../support/clock.ts';
import { tempDir } from '../support/temp.ts';
import { source } from './source.ts';

const minute = 60_000;
const groups = [
  { dn: 'cn=doctors', profile: 'healthcare' },
  { dn: 'cn=books', profile: 'finance' },
];
const reading: Reading = { entries: 0, unreadable: 0, referrals: 0, missingGroups: [], endedEmpty: false };
const down = new TemporaryFailure('LDAP did not answer');
const never = new AbortController().signal;

interface Ldap {
  has: readonly Listed[] | Error;
  /** What it says at once; as `has` where it is not set. */
  says?: readonly Listed[] | Error;
  reading?: Partial<Reading>;
}

function start(t: TestContext, ldap: Ldap, more: Partial<LdapDirectoryOptions> = {}, folder = tempDir(t)) {
  const clock = new FakeClock();
  const asked: (readonly string[])[] = [];
  const events: DirectoryEvent[] = [];
  const options: LdapDirectoryOptions = {
    source: source(['ldap://127.0.0.1'], { groups }),
    file: join(folder, 'recipients.txt'),
    refreshMs: 15 * minute,
    maxAgeMs: 1440 * minute,
    maxShrinkPercent: 50,
    asksUnknown: true,
    unknownMs: 5 * minute,
    pauseMs: 10_000,
    maxAnswers: 100,
    maxQuestions: 2,
    ...more,
  };
  const directory = new LdapDirectory(options, {
    clock,
    heard: event => events.push(event),
    readAll: async () => {
      if (ldap.has instanceof Error) throw ldap.has;
      return { reading: { ...reading, ...ldap.reading }, groups: new Map(ldap.has) };
    },
    askFor: async (_, addresses) => {
      asked.push(addresses);
      const says = ldap.says ?? ldap.has;
      if (says instanceof Error) throw says;
      return says.filter(([address]) => addresses.includes(address));
    },
  });
  const find = (...addresses: [string, ...string[]]) => directory.find(addresses);
  const kinds = () => events.map(event => event.kind);
  return { clock, asked, events, kinds, directory, find, refresh: () => directory.refresh(never), folder };
}

const people = (...names: string[]): Listed[] => names.map(name => [`${name}@x.test`, -1]);

test('before LDAP was read nobody is known or unknown', async t => {
  const { find, directory, asked, refresh, kinds } = start(t, { has: down });
  assert.equal(await find('a@x.test'), 'unavailable');
  assert.equal(await refresh(), false);
  assert.equal(await find('a@x.test'), 'unavailable');
  assert.deepEqual(directory.status, { book: null, fault: 'not_read' });
  assert.deepEqual([asked, kinds()], [[], ['not_read']]);
});

test('a directory without any address is a mistake in the settings, not a reason to refuse everybody', async t => {
  const { find, directory, refresh } = start(t, { has: [] }, { maxShrinkPercent: 100 });
  assert.equal(await refresh(), false);
  assert.equal(await find('a@x.test'), 'unavailable');
  assert.equal(directory.status.fault, 'empty');
});

test('the copy answers, and is not asked about', async t => {
  const { find, asked, refresh, directory, clock } = start(t, { has: people('a') });
  assert.equal(await refresh(), true);
  assert.equal(await find('a@x.test'), 'known');
  assert.equal(await find('a+tag@x.test', 'a@x.test'), 'known');
  assert.deepEqual(asked, []);
  assert.deepEqual(directory.status, { book: { addresses: 1, readAt: clock.now() }, fault: null });
});

describe('an address that the copy lacks', () => {
  test('is asked for, and known at once when it was just made', async t => {
    const ldap: Ldap = { has: people('a'), says: people('new') };
    const { find, asked, refresh, clock } = start(t, ldap);
    await refresh();
    assert.equal(await find('new@x.test'), 'known');
    assert.equal(await find('new@x.test'), 'known');
    assert.equal(await find('new+tag@x.test', 'new@x.test'), 'known');
    clock.advance(14 * minute);
    assert.equal(await find('new@x.test'), 'known');
    assert.equal(asked.length, 1);
  });

  test('is forgotten with the next reading, which knows better', async t => {
    const ldap: Ldap = { has: people('a'), says: people('gone') };
    const { find, refresh } = start(t, ldap);
    await refresh();
    assert.deepEqual([await find('gone@x.test'), await find('late@x.test')], ['known', 'unknown']);
    ldap.says = people('late');
    await refresh();
    assert.deepEqual([await find('gone@x.test'), await find('late@x.test')], ['unknown', 'known']);
  });

  test('is unknown for five minutes', async t => {
    const ldap: Ldap = { has: people('a') };
    const { find, asked, refresh, clock } = start(t, ldap);
    await refresh();
    for (const pause of [0, 4 * minute]) {
      clock.advance(pause);
      assert.equal(await find('b@x.test'), 'unknown');
    }
    assert.equal(asked.length, 1);
    ldap.says = people('b');
    clock.advance(2 * minute);
    assert.equal(await find('b@x.test'), 'known');
  });

  test('is neither while LDAP does not answer, and not everybody waits for it', async t => {
    const ldap: Ldap = { has: people('a'), says: down };
    const { find, asked, refresh, clock, kinds } = start(t, ldap);
    await refresh();
    assert.equal(await find('b@x.test'), 'unavailable');
    assert.equal(await find('c@x.test'), 'unavailable');
    assert.equal(asked.length, 1);
    assert.equal(await find('a@x.test'), 'known');
    ldap.says = [];
    clock.advance(11_000);
    assert.equal(await find('b@x.test'), 'unknown');
    assert.deepEqual(kinds(), ['read', 'not_asked']);
  });

  test('is asked for once at a time, and only so many are', async t => {
    const { find, asked, refresh } = start(t, { has: people('a') });
    await refresh();
    const answers = await Promise.all(['b', 'b', 'c', 'd'].map(name => find(`${name}@x.test`)));
    assert.deepEqual(answers, ['unknown', 'unknown', 'unknown', 'unavailable']);
    assert.equal(asked.length, 2);
    assert.equal(await find('d@x.test'), 'unknown');
  });

  test('is unknown unasked where that is the setting, until the copy is too old to say so', async t => {
    const { find, asked, refresh, clock } = start(t, { has: people('a') }, { asksUnknown: false });
    await refresh();
    assert.equal(await find('b@x.test'), 'unknown');
    clock.advance(1441 * minute);
    assert.equal(await find('b@x.test'), 'unavailable');
    assert.equal(await find('a@x.test'), 'known');
    assert.deepEqual(asked, []);
  });

  test('memory of them is bounded', async t => {
    const { find, asked, refresh } = start(t, { has: people('a') }, { maxAnswers: 2 });
    await refresh();
    for (const name of ['b', 'c', 'd', 'b']) await find(`${name}@x.test`);
    assert.equal(asked.length, 4);
  });
});

describe('a reading that is in doubt replaces nothing', () => {
  const ten = people(...'abcdefghij');
  const cases = [
    { name: 'less than half is left', next: { has: ten.slice(0, 4) }, taken: false },
    { name: 'half is left', next: { has: ten.slice(0, 5) }, taken: true },
    { name: 'every reading is let in', next: { has: ten.slice(0, 1) }, percent: 100, taken: true },
    { name: 'none may be missing', next: { has: ten.slice(0, 9) }, percent: 0, taken: false },
    { name: 'nothing is left', next: { has: [] }, percent: 100, taken: false },
    { name: 'LDAP failed', next: { has: down }, taken: false },
    {
      name: 'one is missing, and the last page was empty',
      next: { has: ten.slice(0, 9), reading: { endedEmpty: true } },
      taken: false,
    },
    {
      name: 'none is missing, and the last page was empty',
      next: { has: ten, reading: { endedEmpty: true } },
      taken: true,
    },
  ];
  for (const { name, next, percent = 50, taken } of cases) {
    test(`${name}: ${taken ? 'taken' : 'kept back'}`, async t => {
      const ldap: Ldap = { has: ten };
      const { find, refresh, directory, clock } = start(t, ldap, { maxShrinkPercent: percent, asksUnknown: false });
      await refresh();
      const readAt = clock.now();
      clock.advance(minute);
      Object.assign(ldap, next);
      assert.equal(await refresh(), taken);
      const left = taken && Array.isArray(next.has) ? next.has.length : 10;
      assert.deepEqual(directory.status.book, { addresses: left, readAt: taken ? clock.now() : readAt });
      assert.equal(directory.status.fault === null, taken);
      assert.equal(await find('j@x.test'), left === 10 ? 'known' : 'unknown');
    });
  }

  test('and the next good one is in force again', async t => {
    const ldap: Ldap = { has: ten };
    const { refresh, directory, kinds } = start(t, ldap);
    await refresh();
    ldap.has = [];
    await refresh();
    ldap.has = ten.slice(1);
    assert.equal(await refresh(), true);
    assert.deepEqual([directory.status.fault, kinds()], [null, ['read', 'held_back', 'read']]);
  });
});

describe('a restart', () => {
  test('while LDAP is down answers by the copy on disk, with its age and its groups', async t => {
    const first = start(t, { has: [['a@x.test', 1]] });
    await first.refresh();
    const second = start(t, { has: down }, {}, first.folder);
    await second.directory.load();
    await second.refresh();
    assert.equal(await second.find('a@x.test'), 'known');
    assert.equal(await second.find('b@x.test'), 'unavailable');
    assert.equal(second.directory.profileOf('a@x.test'), 'finance');
    assert.deepEqual(second.directory.status.book, first.directory.status.book);
    assert.deepEqual(second.kinds(), ['loaded', 'not_read', 'not_asked']);
  });

  test('with a damaged copy is a first start, and says why', async t => {
    const folder = tempDir(t);
    writeFileSync(join(folder, 'recipients.txt'), 'nonsense');
    const { directory, find, kinds } = start(t, { has: down }, {}, folder);
    await directory.load();
    assert.equal(await find('a@x.test'), 'unavailable');
    assert.deepEqual(kinds(), ['not_loaded']);
  });

  test('a copy that cannot be written is in force all the same', async t => {
    const folder = tempDir(t);
    mkdirSync(join(folder, 'recipients.txt'));
    const { find, refresh, kinds } = start(t, { has: people('a') }, {}, folder);
    assert.equal(await refresh(), true);
    assert.equal(await find('a@x.test'), 'known');
    assert.deepEqual(kinds(), ['not_kept', 'read']);
  });
});

test('profiles come from the copy, or from what LDAP said at once', async t => {
  const { find, refresh, directory } = start(t, {
    has: [
      ['a@x.test', 1],
      ['b@x.test', -1],
    ],
    says: [['new@x.test', 0]],
  });
  await refresh();
  await find('new@x.test');
  await find('nobody@x.test');
  const profiles = ['a', 'b', 'new', 'nobody', 'never-asked'].map(name => directory.profileOf(`${name}@x.test`));
  assert.deepEqual(profiles, ['finance', null, 'healthcare', null, null]);
});

test('a reading that is stopped with the gateway is no failure to tell of', async t => {
  const { directory, kinds } = start(t, { has: down });
  assert.equal(await directory.refresh(AbortSignal.abort()), false);
  assert.deepEqual(kinds(), []);
});
