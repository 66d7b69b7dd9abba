// What every Quarantine owes, whatever keeps it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Id } from '../../src/model/ids.ts';
import type { Message } from '../../src/model/message.ts';
import { reply } from '../../src/model/reply.ts';
import { retryWindowMs } from '../../src/store/memory-of-attempts.ts';
import type { Entry, EntryFilter, Quarantine } from '../../src/store/quarantine.ts';
import { day, message, newEntry, noon, sampleId, spam } from '../store/samples.ts';
import type { Ending } from '../support/temp.ts';

/** An empty quarantine, and a reader of it such as the API has. */
export type OpenQuarantine = (t: Ending) => Promise<{
  readonly quarantine: Quarantine;
  readonly reader: Pick<Quarantine, 'get' | 'list' | 'message'>;
}>;

const entryOf = (places: ReadonlyMap<string, Id>): Id => {
  const [first] = places.values();
  assert.ok(first);
  return first;
};

export async function contentOf(kept: Message | null): Promise<Buffer> {
  assert.ok(kept);
  const chunks: Uint8Array[] = [];
  for await (const chunk of kept.chunks()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function walk(quarantine: Pick<Quarantine, 'list'>, filter: EntryFilter, limit: number): Promise<Entry[]> {
  const found: Entry[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<Quarantine['list']>> = await quarantine.list(filter, limit, cursor);
    assert.ok(page.items.length <= limit);
    found.push(...page.items);
    cursor = page.cursor;
  } while (cursor !== null);
  return found;
}

export function quarantineContract(open: OpenQuarantine): void {
  const contents = [
    { name: 'plain text', content: Buffer.from('Subject: a\r\n\r\nb\r\n') },
    { name: 'nothing at all', content: Buffer.alloc(0) },
    { name: 'every byte', content: Buffer.from(Array.from({ length: 512 }, (_, i) => i & 255)) },
    { name: 'a first line that looks like a label', content: Buffer.from('{"format":1}\n\n{"format":1}\n') },
    { name: '700 kB in many chunks', content: Buffer.alloc(700_000, 'abc\r\n') },
  ];
  for (const { name, content } of contents)
    test(`the bytes come back as they were: ${name}`, async t => {
      const { quarantine, reader } = await open(t);
      const entry = entryOf(await quarantine.keep(newEntry(), message(content, 10_000), 'held'));
      for (const kept of [await quarantine.message(entry), await reader.message(entry)]) {
        assert.deepEqual(await contentOf(kept), content);
        assert.deepEqual(Buffer.from((await kept?.bytes()) ?? []), content);
        assert.equal(kept?.sizeBytes, content.length);
        assert.equal(kept?.sha256, message(content).sha256);
      }
    });

  test('the header of a kept message ends with its empty line', async t => {
    const { quarantine } = await open(t);
    const entry = entryOf(await quarantine.keep(newEntry(), message('A: 1\r\nB: 2\r\n\r\nbody'), 'held'));
    assert.equal(Buffer.from((await quarantine.message(entry))?.header ?? []).toString(), 'A: 1\r\nB: 2\r\n\r\n');
  });

  test('an entry comes back as it was given', async t => {
    const { quarantine, reader } = await open(t);
    const recipients = ['x@b', '"q q"@C', '用户@bücher.example'] as const;
    const dsn = { parameters: ['RET=hdrs'], recipients: [{ path: 'x@b', parameters: ['NOTIFY=NEVER'] }] };
    const given = newEntry({ recipients, is8bit: true, isUtf8: true, dsn, reply: reply(554, null, 'a', 'b') });
    const entry = entryOf(await quarantine.keep(given, spam(1), 'held'));
    const copy = { state: 'held', reply: null, releasedAt: null };
    const expected = {
      ...given,
      id: entry,
      sizeBytes: spam(1).sizeBytes,
      sha256: spam(1).sha256,
      state: 'held',
      recipients: given.recipients.map(path => ({ path, ...copy })),
    };
    assert.deepEqual(await quarantine.get(entry), expected);
    assert.deepEqual(await reader.get(entry), expected);
  });

  test('pending copies are not listed until they are held', async t => {
    const { quarantine } = await open(t);
    const places = await quarantine.keep(newEntry({ recipients: ['x@b', 'y@b'] }), spam(1), 'pending');
    assert.deepEqual((await quarantine.list({}, 10, null)).items, []);
    assert.equal((await quarantine.list({ state: 'pending' }, 10, null)).items.length, 1);
    await quarantine.hold(places);
    assert.deepEqual(
      (await quarantine.list({}, 10, null)).items.map(entry => entry.recipients.map(copy => copy.state)),
      [['held', 'held']],
    );
  });

  test('a copy that is gone cannot be held', async t => {
    const { quarantine } = await open(t);
    const places = await quarantine.keep(newEntry(), spam(1), 'pending');
    await quarantine.delete(entryOf(places));
    await assert.rejects(quarantine.hold(places), { name: 'TemporaryFailure' });
    assert.equal(quarantine.isSound, true);
  });

  const retries = [
    { name: 'pending, and again pending', first: 'pending', second: 'pending', state: 'pending' },
    { name: 'pending, then held', first: 'pending', second: 'held', state: 'held' },
    { name: 'held, and again held', first: 'held', second: 'held', state: 'held' },
    { name: 'held, then pending', first: 'held', second: 'pending', state: 'held' },
  ] as const;
  for (const { name, first, second, state } of retries)
    test(`a retry finds its entry: ${name}`, async t => {
      const { quarantine } = await open(t);
      const before = await quarantine.keep(newEntry(), spam(1), first);
      const again = newEntry({ receivedAt: noon + retryWindowMs - 1, transaction: sampleId(2) });
      assert.deepEqual(await quarantine.keep(again, spam(1), second), before);
      assert.equal((await quarantine.get(entryOf(before)))?.state, state);
    });

  test('a retry finds a copy that is being released meanwhile', async t => {
    const { quarantine } = await open(t);
    const before = await quarantine.keep(newEntry(), spam(1), 'held');
    await quarantine.beginRelease(entryOf(before), 'all', noon);
    assert.deepEqual(await quarantine.keep(newEntry(), spam(1), 'held'), before);
    assert.equal((await quarantine.get(entryOf(before)))?.state, 'releasing');
  });

  const others = [
    { name: 'other bytes', entry: {}, content: spam(2) },
    { name: 'another reverse-path', entry: { reversePath: '' }, content: spam(1) },
    { name: 'another recipient', entry: { recipients: ['X@rcpt.example'] }, content: spam(1) },
    { name: 'after the time for retries', entry: { receivedAt: noon + retryWindowMs }, content: spam(1) },
  ] as const;
  for (const { name, entry, content } of others)
    test(`not the same copy: ${name}`, async t => {
      const { quarantine } = await open(t);
      const before = await quarantine.keep(newEntry(), spam(1), 'held');
      assert.notEqual(entryOf(await quarantine.keep(newEntry(entry), content, 'held')), entryOf(before));
    });

  test('a retry with more recipients gets an entry for those who have none', async t => {
    const { quarantine } = await open(t);
    const before = entryOf(await quarantine.keep(newEntry({ recipients: ['x@b'] }), spam(1), 'pending'));
    const places = await quarantine.keep(newEntry({ recipients: ['x@b', 'y@b'] }), spam(1), 'held');
    const other = places.get('y@b');
    assert.ok(other);
    assert.deepEqual([places.get('x@b'), other === before], [before, false]);
    assert.deepEqual(
      (await quarantine.get(other))?.recipients.map(copy => copy.path),
      ['y@b'],
    );
    assert.deepEqual(await contentOf(await quarantine.message(other)), await contentOf(spam(1)));
  });

  test('a released or deleted copy is not reused', async t => {
    const { quarantine } = await open(t);
    const released = entryOf(await quarantine.keep(newEntry(), spam(1), 'held'));
    await quarantine.beginRelease(released, 'all', noon);
    await quarantine.endRelease(released, new Map([['x@rcpt.example', reply(250, null, 'Ok')]]), noon);
    const second = entryOf(await quarantine.keep(newEntry(), spam(1), 'held'));
    assert.notEqual(second, released);
    await quarantine.delete(second);
    const third = entryOf(await quarantine.keep(newEntry(), spam(1), 'held'));
    assert.deepEqual(await contentOf(await quarantine.message(third)), await contentOf(spam(1)));
  });

  test('the same copy kept twenty times at once is one entry', async t => {
    const { quarantine } = await open(t);
    const kept = await Promise.all(Array.from({ length: 20 }, () => quarantine.keep(newEntry(), spam(1), 'held')));
    assert.equal(new Set(kept.map(entryOf)).size, 1);
    assert.equal((await quarantine.list({}, 100, null)).items.length, 1);
    assert.deepEqual(
      await contentOf(await quarantine.message(entryOf(kept[0] ?? new Map()))),
      await contentOf(spam(1)),
    );
  });

  test('pages are newest first and hold each entry once', async t => {
    const { quarantine, reader } = await open(t);
    const times = [3, 1, 1, 2, 1, 5, 4];
    for (const [n, hour] of times.entries())
      await quarantine.keep(newEntry({ receivedAt: noon + hour }), spam(n), 'held');
    for (const limit of [1, 2, 3, 7, 50]) {
      const found = await walk(reader, {}, limit);
      assert.deepEqual(
        found.map(entry => entry.receivedAt - noon),
        [5, 4, 3, 2, 1, 1, 1],
      );
      assert.equal(new Set(found.map(entry => entry.id)).size, times.length);
    }
  });

  test('a cursor that is none of ours is a bad input', async t => {
    const { quarantine } = await open(t);
    for (const cursor of ['', 'x', 'MS4w', "' OR 1=1 --"])
      await assert.rejects(quarantine.list({}, 1, cursor), { name: 'BadInput' });
  });

  test('a domain beyond ASCII is found in either form', async t => {
    const { quarantine } = await open(t);
    await quarantine.keep(newEntry({ recipients: ['用户@Bücher.example'], isUtf8: true }), spam(1), 'held');
    for (const recipientDomain of ['bücher.example', 'XN--BCHER-KVA.example'])
      assert.equal((await quarantine.list({ recipientDomain }, 10, null)).items.length, 1);
  });

  const filters: readonly { readonly filter: EntryFilter; readonly finds: readonly number[] }[] = [
    { filter: { state: 'held' }, finds: [2, 1] },
    { filter: { state: 'releasing' }, finds: [3] },
    { filter: { recipient: 'X@B.example' }, finds: [1] },
    { filter: { recipientDomain: 'C.example' }, finds: [3, 2] },
    { filter: { reversePath: '' }, finds: [2] },
    { filter: { symbol: 'OFFER' }, finds: [3, 1] },
    { filter: { symbol: 'OFF' }, finds: [] },
    { filter: { reason: 'undelivered' }, finds: [2] },
    { filter: { since: noon + 2 }, finds: [3, 2] },
    { filter: { before: noon + 2 }, finds: [1] },
    { filter: { text: 'INVOICE' }, finds: [2] },
    { filter: { text: '%' }, finds: [2] },
    { filter: { text: 'bob@' }, finds: [3] },
    { filter: { text: '_' }, finds: [] },
    { filter: { recipientDomain: 'c.example', reason: 'policy', symbol: 'OFFER' }, finds: [3] },
  ];
  for (const { filter, finds } of filters)
    test(`the filter ${JSON.stringify(filter)} finds ${JSON.stringify(finds)}`, async t => {
      const { quarantine } = await open(t);
      const entries = [
        newEntry({ recipients: ['x@b.example'] }),
        newEntry({
          recipients: ['y@c.example'],
          reversePath: '',
          hits: [],
          reason: 'undelivered',
          subject: '5% invoice',
        }),
        newEntry({ recipients: ['z@C.EXAMPLE'], headerFrom: 'Bob <bob@d.example>' }),
      ];
      for (const [i, entry] of entries.entries())
        await quarantine.keep({ ...entry, receivedAt: noon + i + 1 }, spam(i), 'held');
      const [third] = (await quarantine.list({}, 1, null)).items;
      await quarantine.beginRelease(third?.id ?? sampleId(0), 'all', noon);
      assert.deepEqual(
        (await quarantine.list(filter, 10, null)).items.map(entry => entry.receivedAt - noon),
        finds,
      );
    });

  test('a release: what the next hop says decides the state of each copy', async t => {
    const { quarantine } = await open(t);
    const recipients = ['a@b', 'c@d', 'e@f', 'g@h'] as const;
    const entry = entryOf(await quarantine.keep(newEntry({ recipients }), spam(1), 'held'));
    assert.deepEqual(await quarantine.beginRelease(entry, ['c@d', 'a@b', 'e@f', 'no@b'], noon), ['a@b', 'c@d', 'e@f']);
    assert.deepEqual(await quarantine.releasing(), [{ entry, requestedAt: noon, paths: ['a@b', 'c@d', 'e@f'] }]);
    const [yes, later, no] = [reply(250, null, 'Ok'), reply(452, '4.2.2', 'Full'), reply(550, '5.1.1', 'No')];
    await quarantine.endRelease(
      entry,
      new Map([
        ['a@b', yes],
        ['c@d', later],
        ['e@f', no],
      ]),
      noon + 5,
    );
    assert.deepEqual((await quarantine.get(entry))?.recipients, [
      { path: 'a@b', state: 'released', reply: yes, releasedAt: noon + 5 },
      { path: 'c@d', state: 'releasing', reply: later, releasedAt: null },
      { path: 'e@f', state: 'held', reply: no, releasedAt: null },
      { path: 'g@h', state: 'held', reply: null, releasedAt: null },
    ]);
    assert.equal((await quarantine.get(entry))?.state, 'held');
    // The time of the first request counts, and what was released is not offered again.
    assert.deepEqual(await quarantine.beginRelease(entry, 'all', noon + 9), ['c@d', 'e@f', 'g@h']);
    assert.equal((await quarantine.releasing())[0]?.requestedAt, noon);
  });

  test('a deleted entry is gone, with its bytes', async t => {
    const { quarantine, reader } = await open(t);
    const entry = entryOf(await quarantine.keep(newEntry(), spam(1), 'held'));
    assert.equal(await quarantine.delete(entry), true);
    assert.equal(await quarantine.delete(entry), false);
    assert.deepEqual([await reader.get(entry), await reader.message(entry)], [null, null]);
    assert.deepEqual((await reader.list({}, 10, null)).items, []);
    await quarantine.endRelease(entry, new Map([['x@rcpt.example', reply(250, null, 'Ok')]]), noon);
    assert.equal(await quarantine.get(entry), null);
  });

  test('expiry deletes what is old, keeps what is being released, and never deletes what is pending', async t => {
    const { quarantine } = await open(t);
    const kept = async (n: number, state: 'held' | 'pending') =>
      entryOf(
        await quarantine.keep(
          newEntry({ receivedAt: noon + n * day, recipients: ['x@rcpt.example', 'y@rcpt.example'] }),
          spam(n),
          state,
        ),
      );
    const [old, pending, releasing, young] = [
      await kept(1, 'held'),
      await kept(2, 'pending'),
      await kept(3, 'held'),
      await kept(9, 'held'),
    ];
    await quarantine.beginRelease(releasing, ['x@rcpt.example'], noon);
    assert.deepEqual(await quarantine.expire(noon + 8 * day, noon + 8 * day), { deleted: 1, held: 2 });
    assert.equal(await quarantine.get(old), null);
    assert.equal((await quarantine.get(pending))?.state, 'held');
    assert.deepEqual(
      (await quarantine.get(releasing))?.recipients.map(copy => copy.state),
      ['releasing', 'held'],
    );
    assert.equal((await quarantine.get(young))?.state, 'held');
  });

  // Whatever a message or a client may write into a field, a filter or a request.
  const hostile = [
    `'; DROP TABLE entries; --`,
    `" OR ""="`,
    `1); DELETE FROM copies WHERE (1=1`,
    `%_\\`,
    `a\u0000b`,
    `{"$ne":null}`,
    `=cmd|' /C calc'!A0`,
    '__proto__',
    '\u202egnp.exe 🙂',
  ];
  for (const text of hostile)
    test(`THREATS 16, second-order injection: ${JSON.stringify(text)} is stored and read back equal`, async t => {
      const { quarantine, reader } = await open(t);
      const path = `${text}@b.example`;
      const hit = { symbol: text, group: text, score: 1, weight: 1000, points: 1, setBy: text, because: text };
      const given = newEntry({
        recipients: [path],
        reversePath: text,
        subject: text,
        headerFrom: text,
        profile: text,
        clientAddress: text,
        hits: [hit],
        reply: reply(550, text, text),
      });
      await quarantine.keep(newEntry(), spam(1), 'held');
      const entry = entryOf(await quarantine.keep(given, spam(2), 'held'));
      const { recipients, ...read } = (await reader.get(entry)) ?? assert.fail('no entry');
      const { recipients: _, ...expected } = given;
      assert.partialDeepStrictEqual(read, expected);
      assert.deepEqual(
        recipients.map(copy => copy.path),
        [path],
      );
      for (const filter of [{ recipient: path }, { reversePath: text }, { symbol: text }, { text }])
        assert.deepEqual(
          (await reader.list(filter, 10, null)).items.map(found => found.id),
          [entry],
        );
      assert.deepEqual(await quarantine.beginRelease(entry, [path], noon), [path]);
      assert.equal((await reader.list({}, 10, null)).items.length, 2);
    });

  for (const id of ['../../etc/passwd', '..', '', 'a/b', `${sampleId(1)}/..`, '\u0000', sampleId(404)])
    test(`THREATS 18, path traversal by id: ${JSON.stringify(id)} is nobody's`, async t => {
      const { quarantine, reader } = await open(t);
      const foreign = id as Id;
      assert.equal(await reader.get(foreign), null);
      assert.equal(await reader.message(foreign), null);
      assert.equal(await quarantine.delete(foreign), false);
      assert.deepEqual(await quarantine.beginRelease(foreign, 'all', noon), []);
    });
}
