// Who is taken at RCPT: ours or not, known or not, and what is remembered for how long.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Reply, reply, replyText } from '../../src/model/reply.ts';
import { type DirectoryOptions, recipientDirectory } from '../../src/next-hop/directory.ts';
import { FakeClock } from '../support/clock.ts';
import { startFakeNextHop } from '../support/fake-next-hop.ts';
import { makeSmtp } from './options.ts';

const minute = 60_000;
const ok = reply(250, '2.1.5', 'Fine');
const unknown = reply(550, '5.1.1', 'No such user');
const full = reply(452, '4.2.2', 'Full');

const preset: DirectoryOptions = {
  mode: 'next_hop',
  domains: ['example.test', 'Second.Test'],
  acceptAnyDomain: false,
  list: [],
  delimiters: '',
  validMs: 60 * minute,
  invalidMs: 5 * minute,
  failedMs: minute,
  refusedMs: 120 * minute,
  deferredMs: 15 * minute,
  maxEntries: 100,
  maxQuestions: 3,
};

/** A directory over a next hop that says `answer`, and the questions it was asked. */
type Standing = 'known' | 'unknown' | 'unavailable';

function start(
  more: Partial<DirectoryOptions> = {},
  answer: (path: string) => Reply | Promise<Reply> = () => ok,
  standing: (addresses: readonly string[]) => Standing = () => 'unavailable',
) {
  const clock = new FakeClock();
  const asked: string[] = [];
  const verify = async (path: string) => {
    asked.push(path);
    return answer(path);
  };
  const find = async (addresses: readonly string[]) => {
    asked.push(...addresses);
    return standing(addresses);
  };
  const directory = recipientDirectory({ ...preset, ...more }, { clock, verify, find });
  const code = async (path: string, from = 'a@b.test') => (await directory.lookup(path, from)).code;
  return { clock, asked, directory, code };
}

describe('THREATS 8: no relay', () => {
  for (const path of [
    'user@elsewhere.test',
    'user@sub.example.test',
    'user@example.test.elsewhere.test',
    'user%elsewhere.test@example.test',
    'elsewhere.test!user@example.test',
    'user@elsewhere.test@example.test',
    '"user@elsewhere.test"@example.test',
    '@example.test:user@elsewhere.test',
    '@elsewhere.test:user@example.test',
    'user@[127.0.0.1]',
    'user',
    '',
  ]) {
    for (const mode of ['none', 'list', 'ldap', 'next_hop'] as const) {
      test(`<${path}> is refused, and nobody is asked (${mode})`, async () => {
        const { asked, directory } = start({ mode, list: ['@example.test'] });
        assert.match(replyText(await directory.lookup(path, '')), /^550 5\.7\.1 Relaying denied/);
        assert.deepEqual(asked, []);
      });
    }
  }

  test('any domain, where that is configured, but no sender-specified route', async () => {
    const { code } = start({ mode: 'none', domains: [], acceptAnyDomain: true });
    assert.deepEqual([await code('a@elsewhere.test'), await code('a%b@elsewhere.test')], [250, 550]);
  });
});

describe('none', () => {
  test('takes every recipient of our domains, however the domain is written', async () => {
    const { code, asked } = start({ mode: 'none' });
    for (const path of ['a@example.test', 'A@EXAMPLE.TEST', 'a@example.test.', '"a b"@second.test', 'Postmaster']) {
      assert.equal(await code(path), 250);
    }
    assert.deepEqual(asked, []);
  });
});

describe('list', () => {
  const list = ['Ann@example.test', '@second.test'];
  for (const [path, code] of [
    ['ann@example.test', 250],
    ['ANN@Example.Test', 250],
    ['bob@example.test', 550],
    ['anyone@second.test', 250],
    // RFC 5321 §4.5.1: postmaster is there, listed or not.
    ['postmaster@example.test', 250],
    ['abuse@example.test', 550],
    ['ann@elsewhere.test', 550],
  ] as const) {
    test(`<${path}> gets ${code}`, async () => assert.equal(await start({ mode: 'list', list }).code(path), code));
  }
});

describe('tags', () => {
  const list = ['ann@example.test', 'bob+own@example.test'];
  for (const [path, delimiters, code] of [
    ['Ann+lists@example.test', '+', 250],
    ['ann+a+b@example.test', '+', 250],
    ['ann-lists@example.test', '+-', 250],
    ['ann+lists@example.test', '', 550],
    ['bob+own@example.test', '+', 250],
    ['bob+other@example.test', '+', 550],
    ['+ann@example.test', '+', 550],
  ] as const) {
    test(`<${path}> with '${delimiters}' gets ${code}`, async () =>
      assert.equal(await start({ mode: 'list', list, delimiters }).code(path), code));
  }
});

describe('ldap', () => {
  for (const [standing, reply] of [
    ['known', '250 2.1.5 Ok'],
    // 5.1.1: what counts as harvesting.
    ['unknown', '550 5.1.1 No such user here'],
    ['unavailable', '451 4.4.3 Recipient cannot be verified at the moment, try again later'],
  ] as const) {
    test(`${standing}: ${reply}`, async () => {
      const { directory } = start({ mode: 'ldap' }, undefined, () => standing);
      assert.equal(replyText(await directory.lookup('ann@example.test', '')), reply);
    });
  }

  test('is asked for the address in lower case, and for the one without its tag', async () => {
    const { code, asked } = start({ mode: 'ldap', delimiters: '+' }, undefined, () => 'known');
    await code('Ann+Lists@Example.TEST.');
    assert.deepEqual(asked, ['ann+lists@example.test', 'ann@example.test']);
  });

  test('is not asked for postmaster', async () => {
    const { code, asked } = start({ mode: 'ldap' }, undefined, () => 'unknown');
    assert.deepEqual([await code('postmaster@example.test'), await code('Postmaster'), asked], [250, 250, []]);
  });
});

describe('next_hop', () => {
  test('a known recipient is remembered for an hour, and our reply does not show the next hop’s', async () => {
    const { clock, asked, code, directory } = start();
    assert.equal(replyText(await directory.lookup('a@example.test', '')), '250 2.1.5 Ok');
    clock.advance(59 * minute);
    assert.equal(replyText(await directory.lookup('a@EXAMPLE.test', 'other@b.test')), '250 2.1.5 Ok');
    assert.equal(asked.length, 1);
    clock.advance(2 * minute);
    assert.equal(await code('a@example.test'), 250);
    assert.equal(asked.length, 2);
  });

  test('an unknown one for five minutes, with the next hop’s words', async () => {
    const { clock, asked, directory } = start({}, () => unknown);
    for (const pause of [0, 4 * minute]) {
      clock.advance(pause);
      assert.deepEqual(await directory.lookup('a@example.test', ''), unknown);
    }
    assert.equal(asked.length, 1);
    clock.advance(2 * minute);
    await directory.lookup('a@example.test', '');
    assert.equal(asked.length, 2);
  });

  test('a failure briefly: it is no answer', async () => {
    let answer = full;
    const { clock, asked, code } = start({}, () => answer);
    assert.equal(await code('a@example.test'), 452);
    answer = ok;
    assert.equal(await code('a@example.test'), 452);
    clock.advance(2 * minute);
    assert.equal(await code('a@example.test'), 250);
    assert.equal(asked.length, 2);
  });

  test('local parts that differ in case are different recipients', async () => {
    const { asked, code } = start({}, path => (path.startsWith('A') ? unknown : ok));
    assert.deepEqual([await code('a@example.test'), await code('A@example.test')], [250, 550]);
    assert.deepEqual(asked, ['a@example.test', 'A@example.test']);
  });

  test('the same question is asked once at a time, and only so many at all', async () => {
    const gate = Promise.withResolvers<Reply>();
    const { asked, code } = start({}, () => gate.promise);
    const answers = ['a', 'a', 'b', 'c', 'a', 'd'].map(name => code(`${name}@example.test`));
    assert.equal(await answers[5], 451);
    gate.resolve(ok);
    assert.deepEqual(await Promise.all(answers), [250, 250, 250, 250, 250, 451]);
    assert.deepEqual(asked, ['a@example.test', 'b@example.test', 'c@example.test']);
    assert.equal(await code('d@example.test'), 250);
  });

  test('a question that throws is thrown to who asked, and asked again', async () => {
    let isBroken = true;
    const { code } = start({}, () => {
      if (isBroken) throw new Error('bug');
      return ok;
    });
    await assert.rejects(code('a@example.test'), /bug/);
    isBroken = false;
    assert.equal(await code('a@example.test'), 250);
  });

  test('memory is bounded', async () => {
    const { asked, code } = start({ maxEntries: 2 });
    for (const name of ['a', 'b', 'c', 'a']) await code(`${name}@example.test`);
    assert.equal(asked.length, 4);
  });

  test('<postmaster> without a domain is taken unasked', async () => {
    const { asked, code } = start({}, () => unknown);
    assert.equal(await code('PostMaster'), 250);
    assert.deepEqual(asked, []);
  });

  test('a next hop that is down defers, with a real client', async t => {
    const fake = await startFakeNextHop(t, {
      RCPT: command => (command.includes('gone') ? '550 5.1.1 Gone' : '250 Ok'),
    });
    const nextHop = makeSmtp(t, `smtp://127.0.0.1:${fake.port}`);
    const clock = new FakeClock();
    const find = async () => 'unavailable' as const;
    const directory = recipientDirectory(preset, { clock, find, verify: path => nextHop.verify(path) });
    assert.equal((await directory.lookup('gone@example.test', '')).code, 550);
    fake.dropConnections();
    await fake.close();
    assert.equal(replyText(await directory.lookup('b@example.test', '')).slice(0, 9), '451 4.4.1');
    assert.equal((await directory.lookup('gone@example.test', '')).code, 550);
    await fake.listen();
    clock.advance(2 * minute);
    assert.equal((await directory.lookup('b@example.test', '')).code, 250);
  });
});

describe('THREATS 42: what delivery refused is answered at RCPT when the client comes again', () => {
  for (const mode of ['none', 'list', 'ldap', 'next_hop'] as const) {
    test(`for longer than clients pause, and then asked again (${mode})`, async () => {
      const { clock, directory, code } = start({ mode, list: ['@example.test'] }, undefined, () => 'known');
      assert.equal(await code('a@example.test'), 250);
      directory.learn('a@example.test', unknown, 'a@b.test');
      clock.advance(100 * minute);
      assert.deepEqual(await directory.lookup('a@Example.test', 'a@b.test'), unknown);
      assert.equal(await code('b@example.test'), 250);
      clock.advance(30 * minute);
      assert.equal(await code('a@example.test'), 250);
    });
  }

  test('a deferral for less', async () => {
    const { clock, directory, code } = start({ mode: 'none' });
    directory.learn('a@example.test', full, 'a@b.test');
    clock.advance(10 * minute);
    assert.equal(await code('a@example.test'), 452);
    clock.advance(10 * minute);
    assert.equal(await code('a@example.test'), 250);
  });

  // Else whoever sends as an address that the next hop refuses could cut a recipient off from everybody.
  test('only to the reverse-path that it may have been about', async () => {
    const { directory, code } = start();
    directory.learn('a@example.test', unknown, 'blocked@b.test');
    assert.deepEqual(
      [await code('a@example.test', 'blocked@b.test'), await code('a@example.test', 'c@b.test')],
      [550, 250],
    );
  });

  test('a recipient that was known an hour ago is asked for again', async () => {
    let answer = ok;
    const { directory, code, asked } = start({}, () => answer);
    await code('a@example.test');
    answer = unknown;
    directory.learn('a@example.test', unknown, 'a@b.test');
    assert.equal(await code('a@example.test', 'other@b.test'), 550);
    assert.equal(asked.length, 2);
  });
});
