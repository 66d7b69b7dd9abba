// The ask port as mailauth sees it: errors with the codes of node:dns, a share of the queries, and an end.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lookups, queryShares } from '../../src/auth/lookups.ts';
import type { Ask, DnsAnswer } from '../../src/model/ask.ts';
import { nothingKnown } from '../support/ask.ts';

function asking(answer: (name: string) => DnsAnswer | Promise<DnsAnswer>) {
  const asked: string[] = [];
  const ask: Ask = {
    dns: async name => {
      asked.push(name);
      return answer(name);
    },
    scan: async () => ({ status: 'absent' }),
    ...nothingKnown,
  };
  return { ask, asked };
}

const unlimited = { queries: 100, atOnce: 100, elapsedMs: 60_000 };

test('what was found is given as node:dns gives it', async () => {
  const { ask } = asking(() => ({ status: 'found', records: [['v=spf1 -all']] }));
  assert.deepEqual(await lookups(ask, unlimited).resolve('example.com', 'TXT'), [['v=spf1 -all']]);
});

const errors: readonly { answer: DnsAnswer; code: string; failures: number }[] = [
  { answer: { status: 'none', code: 'ENOTFOUND' }, code: 'ENOTFOUND', failures: 0 },
  { answer: { status: 'none', code: 'ENODATA' }, code: 'ENODATA', failures: 0 },
  { answer: { status: 'failed', code: 'ESERVFAIL' }, code: 'ESERVFAIL', failures: 1 },
];
for (const { answer, code, failures } of errors)
  test(`an error bears the code of the answer: ${code}`, async () => {
    const { ask } = asking(() => answer);
    const dns = lookups(ask, unlimited);
    await assert.rejects(dns.resolve('example.com', 'TXT'), { code });
    assert.equal(dns.failures, failures);
  });

test('a question is asked once', async () => {
  const { ask, asked } = asking(() => ({ status: 'found', records: [] }));
  const dns = lookups(ask, unlimited);
  await Promise.all([
    dns.resolve('example.com', 'TXT'),
    dns.resolve('EXAMPLE.com', 'TXT'),
    dns.resolve('example.com', 'A'),
  ]);
  assert.deepEqual(asked, ['example.com', 'example.com']);
});

test('threat 27: questions over the share fail and are not asked', async () => {
  const { ask, asked } = asking(() => ({ status: 'none', code: 'ENODATA' }));
  const dns = lookups(ask, { ...unlimited, queries: 2 });
  await assert.rejects(dns.resolve('a.example', 'A'), { code: 'ENODATA' });
  await assert.rejects(dns.resolve('b.example', 'A'), { code: 'ENODATA' });
  await assert.rejects(dns.resolve('c.example', 'A'), { code: 'EBUDGET' });
  await assert.rejects(dns.resolve('a.example', 'A'), { code: 'ENODATA' });
  assert.deepEqual(asked, ['a.example', 'b.example']);
});

test('threat 28: what is not answered in time is a timeout, then and later', async () => {
  const { ask, asked } = asking(() => new Promise(() => {}));
  const dns = lookups(ask, { ...unlimited, elapsedMs: 1 });
  await assert.rejects(dns.resolve('slow.example', 'A'), { code: 'ETIMEOUT' });
  await assert.rejects(dns.resolve('later.example', 'A'), { code: 'ETIMEOUT' });
  assert.deepEqual(asked, ['slow.example']);
});

test('threat 26: slow answers hold up the other questions of their check, and of no other', async () => {
  const slow = Promise.withResolvers<DnsAnswer>();
  const { ask, asked } = asking(name => (name.startsWith('slow') ? slow.promise : { status: 'none', code: 'ENODATA' }));
  const dkim = lookups(ask, { ...unlimited, atOnce: 2 });
  const waiting = ['slow1.example', 'slow2.example', 'slow3.example'].map(name => dkim.resolve(name, 'TXT'));
  await assert.rejects(lookups(ask, unlimited).resolve('other.example', 'TXT'), { code: 'ENODATA' });
  assert.deepEqual(asked, ['slow1.example', 'slow2.example', 'other.example']);
  slow.resolve({ status: 'none', code: 'ENODATA' });
  for (const question of waiting) await assert.rejects(question, { code: 'ENODATA' });
  assert.equal(asked.at(-1), 'slow3.example');
});

test('threat 26: all checks together ask no more than a message may, in all and at once', () => {
  const atOnce = Object.values(queryShares).reduce((sum, share) => sum + share.atOnce, 0);
  assert.equal(atOnce, 9);
  const queries = Object.values(queryShares).reduce((sum, share) => sum + share.queries, 0);
  assert.equal(queries, 60);
});
