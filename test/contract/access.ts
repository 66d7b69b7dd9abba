// What every store of access entries owes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Id, newId } from '../../src/model/ids.ts';
import type { AccessEntries, AccessReader, KeptAccessEntry } from '../../src/store/access.ts';
import { noon } from '../store/samples.ts';
import { countingRandom, FakeClock } from '../support/clock.ts';
import type { Ending } from '../support/temp.ts';

export interface OpenAccess {
  readonly access: AccessEntries;
  /** Another connection, as the API's thread has. */
  readonly reader: { readonly access: AccessReader };
}

const random = countingRandom();

export function keptEntry(over: Partial<KeptAccessEntry> = {}): KeptAccessEntry {
  const addedAt = over.addedAt ?? noon;
  return {
    id: newId(new FakeClock(addedAt), random),
    kind: 'allow',
    subject: 'dkim_signer',
    value: 'news.example',
    scope: '',
    expiresAt: null,
    comment: '',
    addedAt,
    addedBy: 'ops',
    ...over,
  };
}

export function accessContract(open: (t: Ending) => Promise<OpenAccess>): void {
  const add = (access: AccessEntries, entry: KeptAccessEntry, most = 100) => access.add(entry, most, null);

  test('what was added is there, to the last member, for the reader too', async t => {
    const { access, reader } = await open(t);
    const entry = keptEntry({ scope: '@ours.example', expiresAt: noon + 1, comment: 'ünï "x"', addedBy: 'a b' });
    assert.deepEqual(await add(access, entry), { status: 'added', entry });
    assert.deepEqual(access.all(), [entry]);
    for (const read of [access, reader.access]) assert.deepEqual(await read.get(entry.id), entry);
    assert.equal(await access.get(keptEntry().id), null);
  });

  test('an entry of the same name, kind and scope is the one that is there', async t => {
    const { access } = await open(t);
    const entry = keptEntry();
    await add(access, entry);
    assert.deepEqual(await add(access, keptEntry({ comment: 'another', expiresAt: noon + 5 })), {
      status: 'exists',
      entry,
    });
    const others = [
      { kind: 'block' },
      { subject: 'aligned_domain' },
      { value: 'x.example' },
      { scope: 'a@b.example' },
    ] as const;
    for (const over of others) assert.equal((await add(access, keptEntry(over))).status, 'added');
    assert.equal(access.all().length, 5);
  });

  test('one that has ended is in nobody’s way, at its very instant', async t => {
    const { access } = await open(t);
    const ended = keptEntry({ expiresAt: noon + 10 });
    await add(access, ended);
    assert.equal((await add(access, keptEntry({ addedAt: noon + 9 }))).status, 'exists');
    const next = keptEntry({ addedAt: noon + 10 });
    assert.deepEqual(await add(access, next), { status: 'added', entry: next });
    assert.deepEqual(access.all(), [next]);
  });

  test('there are no more than there may be', async t => {
    const { access } = await open(t);
    await add(access, keptEntry(), 1);
    assert.deepEqual(await add(access, keptEntry({ value: 'b.example' }), 1), { status: 'full' });
    assert.equal((await add(access, keptEntry({ value: 'b.example' }), 2)).status, 'added');
  });

  test('what is removed is gone, once', async t => {
    const { access, reader } = await open(t);
    const entry = keptEntry();
    await add(access, entry);
    assert.deepEqual([await access.remove(entry.id), await access.remove(entry.id)], [true, false]);
    assert.equal(await reader.access.get(entry.id), null);
  });

  test('the same key and request give the same answer and one entry, another request is told apart', async t => {
    const { access } = await open(t);
    const entry = keptEntry();
    const ask = (given: KeptAccessEntry, digest: string) => access.add(given, 100, { key: 'k', digest });
    assert.deepEqual(await ask(entry, 'd'), { status: 'added', entry });
    assert.deepEqual(await ask(keptEntry(), 'd'), { status: 'added', entry });
    assert.deepEqual(await ask(keptEntry({ value: 'b.example' }), 'e'), { status: 'key reused' });
    await access.remove(entry.id);
    assert.deepEqual(await ask(keptEntry(), 'd'), { status: 'added', entry });
    assert.deepEqual(access.all(), []);
  });

  test('what was refused may be asked for again under the same key', async t => {
    const { access } = await open(t);
    const entry = keptEntry();
    const ask = (most: number) => access.add(entry, most, { key: 'k', digest: 'd' });
    assert.deepEqual(await ask(0), { status: 'full' });
    assert.deepEqual(await ask(1), { status: 'added', entry });
  });

  test('what has ended is swept, at its very instant', async t => {
    const { access } = await open(t);
    const entries = [noon - 1, noon, noon + 1, null].map((expiresAt, i) =>
      keptEntry({ expiresAt, addedAt: noon - 100, value: `${i}.example` }),
    );
    for (const entry of entries) await add(access, entry);
    assert.equal(await access.expire(noon), 2);
    assert.deepEqual(
      access
        .all()
        .map(({ value }) => value)
        .toSorted(),
      ['2.example', '3.example'],
    );
  });

  test('lists are newest first, page by page, each entry once, also where many were added at once', async t => {
    const { access, reader } = await open(t);
    const added: Id[] = [];
    for (let i = 0; i < 7; i++) {
      const entry = keptEntry({ addedAt: noon + Math.floor(i / 3), value: `${i}.example` });
      await add(access, entry);
      added.push(entry.id);
    }
    const listed: Id[] = [];
    let cursor: string | null = null;
    do {
      const page = await reader.access.list({}, 2, cursor);
      assert.ok(page.items.length <= 2);
      listed.push(...page.items.map(({ id }) => id));
      cursor = page.cursor;
    } while (cursor !== null);
    assert.deepEqual(listed, added.toSorted().toReversed());
    await assert.rejects(reader.access.list({}, 2, 'x'), /cursor/);
  });

  test('filters are all to match', async t => {
    const { access } = await open(t);
    await add(access, keptEntry());
    await add(access, keptEntry({ kind: 'block', scope: '@ours.example' }));
    await add(access, keptEntry({ subject: 'network', value: '192.0.2.0/24' }));
    const count = async (filter: Parameters<AccessReader['list']>[0]) =>
      (await access.list(filter, 10, null)).items.length;
    assert.equal(await count({}), 3);
    assert.equal(await count({ kind: 'allow' }), 2);
    assert.equal(await count({ kind: 'allow', subject: 'network' }), 1);
    assert.equal(await count({ value: 'news.example', scope: '' }), 1);
    assert.equal(await count({ scope: '@ours.example' }), 1);
    assert.equal(await count({ value: "' OR 1=1 --" }), 0);
  });
}
