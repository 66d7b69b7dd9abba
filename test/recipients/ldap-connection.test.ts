// Servers that are hostile, broken or slow cost a failure in its time: no crash, no endless wait, no password in the clear.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TemporaryFailure } from '../../src/model/failure.ts';
import { readInThread } from '../../src/recipients/ldap-reader.ts';
import { askFor } from '../../src/recipients/ldap-search.ts';
import {
  ldapMessage,
  morePages,
  octets,
  operations,
  result,
  type Script,
  startFakeLdap,
  tlv,
} from '../support/fake-ldap.ts';
import { source } from './source.ts';

const { bind, bound, search, entry, done, extended, extendedDone } = operations;
const timeoutMs = 300;
const never = new AbortController().signal;

/** Takes every password, and gives `answer` to a search. */
const searched =
  (answer: Script): Script =>
  (request, socket) =>
    request.operation === bind ? result(request.id, bound) : answer(request, socket);

const closes: Script = (_, socket) => {
  socket.destroy();
  return null;
};

const garbage = Buffer.alloc(100_000, 0xff);
/** The shortest message there is, as often as fits into one read of a socket, and more. */
const flood = (id: number) =>
  Buffer.concat(Array.from({ length: 100_000 }, () => Buffer.from([0x30, 5, 2, 1, id, 0x73, 0])));

const failures: readonly { name: string; script: Script; says: RegExp; more?: Partial<ReturnType<typeof source>> }[] = [
  // First, as long as ldapts' recursion is not compiled: each message takes more of the stack then.
  {
    name: 'sends thousands of messages at once',
    script: searched(({ id }) => flood(id)),
    says: /timed out/,
  },
  { name: 'says nothing', script: () => null, says: /no answer in time|timed out/ },
  { name: 'says nothing to a search', script: searched(() => null), says: /timed out/ },
  { name: 'closes at once', script: closes, says: /closed|ECONNRESET/ },
  { name: 'answers a search with garbage', script: searched(() => garbage), says: /timed out/ },
  { name: 'speaks SMTP', script: () => Buffer.from('220 mail.test ESMTP\r\n'), says: /no answer in time|timed out/ },
  {
    name: 'announces a message without an end',
    script: searched(() => Buffer.concat([Buffer.from([0x30, 0x84, 0x7f, 0xff, 0xff, 0xff]), Buffer.alloc(200_000)])),
    says: /more than 100000 bytes/,
    more: { maxBytes: 100_000 },
  },
  {
    name: 'sends entries without an end',
    script: searched(({ id }) =>
      Buffer.concat(Array.from({ length: 5000 }, () => ldapMessage(id, entry, Buffer.from([4, 0, 0x30, 0])))),
    ),
    says: /more than 50000 bytes/,
    more: { maxBytes: 50_000 },
  },
  { name: 'refuses the password', script: ({ id }) => result(id, bound, 49), says: /InvalidCredentials/ },
  { name: 'refers to another server', script: searched(({ id }) => result(id, done, 10)), says: /0xa/ },
  { name: 'is busy', script: searched(({ id }) => result(id, done, 51)), says: /Busy/ },
];

for (const ask of ['one address', 'all of them'] as const) {
  describe(`asked for ${ask}, a server that`, () => {
    for (const { name, script, says, more } of failures) {
      test(name, async t => {
        const { url } = await startFakeLdap(t, script);
        const from = source([url], { timeoutMs, ...more });
        const answer = ask === 'one address' ? askFor(from, ['a@x.test']) : readInThread(from, never);
        await assert.rejects(answer, (error: unknown) => error instanceof TemporaryFailure && says.test(error.message));
      });
    }
  });
}

describe('the password never leaves without TLS where StartTLS is asked for', () => {
  const cases: readonly { name: string; script: Script }[] = [
    { name: 'StartTLS is refused', script: ({ id }) => result(id, extendedDone, 2) },
    { name: 'TLS does not begin', script: ({ id }) => result(id, extendedDone) },
    {
      name: 'words in the clear follow the answer',
      script: ({ id }) => Buffer.concat([result(id, extendedDone), result(id + 1, bound)]),
    },
    {
      name: 'the connection ends',
      script: ({ id }, socket) => {
        socket.end(result(id, extendedDone));
        return null;
      },
    },
  ];
  for (const { name, script } of cases) {
    test(name, async t => {
      const { url, heard } = await startFakeLdap(t, script);
      await assert.rejects(askFor(source([url], { isStartTls: true, timeoutMs }), ['a@x.test']), TemporaryFailure);
      assert.equal(heard[0], extended);
      // What follows is the client's part of a TLS handshake, or nothing.
      assert.ok(!heard.includes(bind) && !heard.includes(search));
    });
  }
});

test('the next server is asked where one fails, and not with a password that one refused', async t => {
  const dead = await startFakeLdap(t, closes);
  const refusing = await startFakeLdap(t, ({ id }) => result(id, bound, 49));
  const well = await startFakeLdap(
    t,
    searched(({ id }) => result(id, done)),
  );
  assert.deepEqual(await askFor(source([dead.url, well.url], { timeoutMs }), ['a@x.test']), []);
  assert.deepEqual(well.heard, [bind, search]);
  await assert.rejects(askFor(source([refusing.url, well.url], { timeoutMs }), ['a@x.test']), /InvalidCredentials/);
  assert.equal(well.heard.length, 2);
});

test('what a server gave before it failed is no part of what the next one gives', async t => {
  const person = (id: number, mail: string) =>
    ldapMessage(
      id,
      entry,
      Buffer.concat([octets('cn=a'), tlv(0x30, tlv(0x30, octets('mail'), tlv(0x31, octets(mail))))]),
    );
  let asked = 0;
  const failing = await startFakeLdap(
    t,
    searched(({ id }, socket) => {
      asked += 1;
      if (asked === 1) return Buffer.concat([person(id, 'old@x.test'), result(id, done, 0, morePages)]);
      socket.destroy();
      return null;
    }),
  );
  const well = await startFakeLdap(
    t,
    searched(({ id }) => Buffer.concat([person(id, 'new@x.test'), result(id, done)])),
  );
  const { groups, reading } = await readInThread(source([failing.url, well.url], { timeoutMs }), never);
  assert.deepEqual([asked, [...groups.keys()], reading.entries], [2, ['new@x.test'], 1]);
});

test('a reading ends when it is told to', async t => {
  const stopping = new AbortController();
  const { url } = await startFakeLdap(
    t,
    searched(() => {
      stopping.abort();
      return null;
    }),
  );
  await assert.rejects(readInThread(source([url]), stopping.signal), /not read in time/);
});
