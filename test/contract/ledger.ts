// What every ledger owes: all that was appended is found again, newest first, until it is pruned.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LedgerRecord, RefusalRecord } from '../../src/model/disposition.ts';
import type { Id } from '../../src/model/ids.ts';
import type { LedgerFilter, LedgerReader, LedgerWriter } from '../../src/store/ledger.ts';
import { day, envelope, judged, messageRecord, noon, refusalRecord, sampleId, verdict } from '../store/samples.ts';
import type { Ending } from '../support/temp.ts';

export type OpenLedger = (t: Ending) => Promise<{ readonly writer: LedgerWriter; readonly reader: LedgerReader }>;

type AnyRecord = LedgerRecord | RefusalRecord;

async function walk(reader: LedgerReader, filter: LedgerFilter, limit: number): Promise<AnyRecord[]> {
  const found: AnyRecord[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<LedgerReader['search']>> = await reader.search(filter, limit, cursor);
    assert.ok(page.items.length <= limit);
    found.push(...page.items);
    cursor = page.cursor;
  } while (cursor !== null);
  return found;
}

export function ledgerContract(open: OpenLedger): void {
  test('a record comes back as it was appended', async t => {
    const { writer, reader } = await open(t);
    const records = [messageRecord(1), refusalRecord(2), refusalRecord(3, { reversePath: null, forwardPath: null })];
    for (const record of records) writer.append(record);
    await writer.flush();
    for (const record of records) assert.deepEqual(await reader.get(record.id), record);
    assert.equal(await reader.get(sampleId(4)), null);
  });

  test('nothing appended: nothing found', async t => {
    const { writer, reader } = await open(t);
    await writer.flush();
    assert.deepEqual(await reader.search({}, 10, null), { items: [], cursor: null });
    assert.equal(await reader.get(sampleId(1)), null);
  });

  test('pages are newest first over days and hold each record once', async t => {
    const { writer, reader } = await open(t);
    const records = Array.from({ length: 40 }, (_, n) => {
      const at = noon + Math.floor(n / 10) * day;
      return n % 3 === 0 ? refusalRecord(n, { at }) : messageRecord(n, { at });
    });
    for (const [n, record] of records.entries()) {
      writer.append(record);
      if (n % 7 === 0) await writer.flush();
    }
    await writer.flush();
    const newestFirst = records.map(record => record.id).reverse();
    for (const limit of [1, 9, 10, 40, 100])
      assert.deepEqual(
        (await walk(reader, {}, limit)).map(record => record.id),
        newestFirst,
      );
  });

  test('refusals of one connection share its id and are all kept', async t => {
    const { writer, reader } = await open(t);
    const paths = ['a@b', 'c@d', 'e@f'];
    for (const forwardPath of paths) writer.append(refusalRecord(1, { forwardPath }));
    await writer.flush();
    const found = (await reader.search({}, 10, null)).items;
    assert.deepEqual(
      found.map(record => record.kind === 'refusal' && record.forwardPath),
      paths.toReversed(),
    );
  });

  const hit = (symbol: string) => ({ ...(messageRecord(0).groups[0]?.verdict.hits[0] ?? assert.fail()), symbol });
  const records: readonly AnyRecord[] = [
    messageRecord(1),
    messageRecord(2, {
      at: noon + day,
      envelope: envelope(['Bob@C.example', 'eve@c.example'], { reversePath: '' }),
      groups: [
        judged(['Bob@C.example'], { verdict: verdict({ action: 'tag', hits: [hit('LURE')] }) }),
        judged(['eve@c.example'], { verdict: verdict({ action: 'reject', hits: [hit('LURE_2')] }) }),
      ],
    }),
    refusalRecord(3, { at: noon + 2 * day, forwardPath: "o'neil@c.example" }),
  ];
  const filters: readonly { readonly filter: LedgerFilter; readonly finds: readonly number[] }[] = [
    { filter: { since: noon + day }, finds: [3, 2] },
    { filter: { before: noon + day }, finds: [1] },
    { filter: { since: noon + 1, before: noon + 2 * day }, finds: [2, 1] },
    { filter: { clientAddress: '192.0.2.1' }, finds: [2, 1] },
    { filter: { reversePath: '' }, finds: [2] },
    { filter: { reversePath: 'B@SENDER.example' }, finds: [3] },
    { filter: { recipient: 'bob@c.EXAMPLE' }, finds: [2] },
    { filter: { recipient: 'ob@c.example' }, finds: [] },
    { filter: { recipient: "o'neil@c.example" }, finds: [3] },
    { filter: { action: 'reject' }, finds: [2] },
    { filter: { action: 'quarantine' }, finds: [1] },
    { filter: { action: 'deliver' }, finds: [] },
    { filter: { symbol: 'LURE' }, finds: [2] },
    { filter: { symbol: 'LUR' }, finds: [] },
    { filter: { symbol: '"' }, finds: [] },
    { filter: { kind: 'refusal' }, finds: [3] },
    { filter: { kind: 'message', action: 'tag', symbol: 'LURE' }, finds: [2] },
  ];
  for (const { filter, finds } of filters)
    test(`the filter ${JSON.stringify(filter)} finds ${JSON.stringify(finds)}`, async t => {
      const { writer, reader } = await open(t);
      for (const record of records) writer.append(record);
      await writer.flush();
      assert.deepEqual(
        (await walk(reader, filter, 1)).map(record => record.id),
        finds.map(sampleId),
      );
    });

  test('prune deletes days that are too old, and never the newest', async t => {
    const { writer, reader } = await open(t);
    for (const n of [0, 1, 2, 3]) writer.append(messageRecord(n, { at: noon + n * day }));
    await writer.flush();
    assert.equal(await writer.prune(noon + 3 * day, 1, 1e12), 2);
    assert.deepEqual(
      (await walk(reader, {}, 10)).map(record => record.id),
      [sampleId(3), sampleId(2)],
    );
    assert.equal(await writer.prune(noon + 300 * day, 1, 1e12), 1);
    assert.deepEqual(
      (await walk(reader, {}, 10)).map(record => record.id),
      [sampleId(3)],
    );
    writer.append(messageRecord(4, { at: noon + 3 * day }));
    await writer.flush();
    assert.equal((await walk(reader, {}, 10)).length, 2);
  });

  test('prune deletes the oldest days beyond the bytes', async t => {
    const { writer, reader } = await open(t);
    for (const n of [0, 1, 2]) writer.append(messageRecord(n, { at: noon + n * day }));
    await writer.flush();
    assert.equal(await writer.prune(noon + 2 * day, 30, 1), 2);
    assert.deepEqual(
      (await walk(reader, {}, 10)).map(record => record.id),
      [sampleId(2)],
    );
  });

  test('a cursor that is none of ours is a bad input', async t => {
    const { reader } = await open(t);
    for (const cursor of ['', 'x', 'MjAyNi0xMS0yMS4', "' OR 1=1 --"])
      await assert.rejects(reader.search({}, 1, cursor), { name: 'BadInput' });
  });

  test('THREATS 18, path traversal by id: ids that are not ours find nothing', async t => {
    const { reader } = await open(t);
    for (const id of ['../../etc/passwd', '', '\u0000']) assert.equal(await reader.get(id as Id), null);
  });
}
