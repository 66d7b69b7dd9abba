// The ledger as trials read it: lines and their records, what pattern sets were, and day files of the version before.

import assert from 'node:assert/strict';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { zstdCompressSync } from 'node:zlib';
import Database from 'better-sqlite3';
import type { LedgerRecord } from '../../src/model/disposition.ts';
import type { Hit } from '../../src/model/verdict.ts';
import type { LedgerLines, PatternSet } from '../../src/store/ledger.ts';
import { type LedgerLine, lineGroup } from '../../src/store/ledger-line.ts';
import { dayFile, ledgerRow, migrations } from '../../src/store/sqlite/ledger-file.ts';
import { ledgerLines } from '../../src/store/sqlite/ledger-lines.ts';
import { openTestStore } from './open.ts';
import { day, envelope, judged, messageRecord, newEntry, noon, refusalRecord, sampleId, verdict } from './samples.ts';

async function all(ledger: LedgerLines, since = 0, before = noon + 1000 * day): Promise<LedgerLine[]> {
  const lines: LedgerLine[] = [];
  for await (const portion of ledger.lines(since, before)) lines.push(...portion);
  return lines;
}

const hit = (symbol: string, points: number): Hit => ({
  symbol,
  group: 'content',
  score: points,
  weight: 1000,
  points,
  setBy: 'a.yaml:1',
  because: '',
});

/** A verdict with all that a line keeps. */
const rich = messageRecord(1, {
  envelope: envelope(['Bob@C.example', 'eve@c.example', 'postmaster'], { reversePath: 'A@Sender.example' }),
  groups: [
    judged(['Bob@C.example', 'eve@c.example'], {
      mode: 'observe',
      verdict: verdict({
        score: 3000,
        action: 'quarantine',
        hits: [hit('LURE', 5000), hit('HAM', -2000)],
        shadow: [hit('TRIAL', 9000)],
        floors: [{ action: 'quarantine', name: 'policy:dmarc', because: 'it fails' }],
        trial: {
          profile: 'stricter',
          score: 4000,
          action: 'reject',
          thresholds: { tag: 1, quarantine: 2, reject: 3 },
          floors: [{ action: 'tag', name: 'always:LURE', because: 'it lures' }],
        },
        basis: { firing: '0123', facts: { attachments: { state: 'observed', ms: 0, value: { extensions: ['iso'] } } } },
      }),
    }),
    judged(['postmaster'], { isRole: true }),
  ],
});

test('a line has what its verdicts stand on, and finds the record again', async t => {
  const { ledger, dataDir } = await openTestStore(t);
  ledger.append(rich);
  await ledger.flush();
  const [line, ...others] = await all(ledgerLines(dataDir));
  assert.ok(line);
  assert.deepEqual(others, []);
  assert.deepEqual([line.id, line.at, line.reversePath], [rich.id, rich.at, 'a@sender.example']);
  assert.deepEqual(line.groups, rich.groups.map(lineGroup));
  const [first, second] = line.groups ?? [];
  assert.deepEqual(
    [first?.domains, first?.hits, first?.shadow, first?.floors, first?.mode, first?.isRole],
    [
      ['c.example'],
      [
        { symbol: 'LURE', points: 5000 },
        { symbol: 'HAM', points: -2000 },
      ],
      [{ symbol: 'TRIAL', points: 9000 }],
      [{ name: 'policy:dmarc', action: 'quarantine' }],
      'observe',
      false,
    ],
  );
  assert.deepEqual(first?.trial, {
    profile: 'stricter',
    score: 4000,
    action: 'reject',
    floors: [{ name: 'always:LURE', action: 'tag' }],
  });
  assert.deepEqual([second?.domains, second?.isRole, second?.basis, second?.trial], [[''], true, null, null]);
  assert.deepEqual(await ledgerLines(dataDir).records([line]), [rich]);
});

test('lines are messages of the range, oldest first, over portions and days', async t => {
  const { ledger, dataDir } = await openTestStore(t);
  const records = Array.from({ length: 5000 }, (_, n) => messageRecord(n, { at: noon + (n < 4500 ? n : day + n) }));
  for (const record of records) ledger.append(record);
  ledger.append(refusalRecord(9000));
  await ledger.flush();
  const reader = ledgerLines(dataDir);
  const ids = (lines: readonly LedgerLine[]) => lines.map(({ id }) => id);
  assert.deepEqual(
    ids(await all(reader)),
    records.map(({ id }) => id),
  );
  assert.deepEqual(ids(await all(reader, noon + 10, noon + 13)), [10, 11, 12].map(sampleId));
  assert.deepEqual(
    ids(await all(reader, noon + day)),
    records.slice(4500).map(({ id }) => id),
  );
  assert.deepEqual(await all(reader, noon + 2 * day), []);
  const some = (await all(reader)).filter((_, n) => n % 500 === 7).toReversed();
  assert.deepEqual(
    (await reader.records(some)).map(record => record?.id),
    ids(some),
  );
});

test('no ledger yet: no lines', async t => {
  const { dataDir } = await openTestStore(t);
  assert.deepEqual(await all(ledgerLines(dataDir)), []);
  assert.equal(await ledgerLines(dataDir).patternSet('x'), null);
});

test('a record that was pruned meanwhile is null, and the others come all the same', async t => {
  const { ledger, dataDir } = await openTestStore(t);
  for (const n of [0, 1, 2]) ledger.append(messageRecord(n, { at: noon + n * day }));
  await ledger.flush();
  const reader = ledgerLines(dataDir);
  const lines = await all(reader);
  for (const suffix of ['', '-wal', '-shm'])
    rmSync(join(dataDir, 'ledger', `2026-11-22.sqlite${suffix}`), { force: true });
  assert.deepEqual(
    (await reader.records(lines)).map(record => record?.id ?? null),
    [sampleId(0), null, sampleId(2)],
  );
});

const setOf = (digest: string): PatternSet => ({ digest, fingerprints: { [`SYMBOL_${digest}`]: digest } });

test('every day says what patterns were sought: those in force, and those before', async t => {
  const { ledger, dataDir } = await openTestStore(t);
  ledger.describe(setOf('first'));
  ledger.append(messageRecord(1));
  await ledger.flush();
  ledger.describe(setOf('second'));
  ledger.append(messageRecord(2));
  ledger.append(messageRecord(3, { at: noon + day }));
  await ledger.flush();
  const reader = ledgerLines(dataDir);
  for (const digest of ['first', 'second']) assert.deepEqual(await reader.patternSet(digest), setOf(digest));
  assert.equal(await reader.patternSet('third'), null);
  // Each by itself: the days are pruned one by one.
  rmSync(join(dataDir, 'ledger', '2026-11-21.sqlite'));
  for (const digest of ['first', 'second']) assert.deepEqual(await reader.patternSet(digest), setOf(digest));
});

test('of sets that are long gone none is written any more', async t => {
  const { ledger, dataDir } = await openTestStore(t);
  for (const digest of ['1', '2', '3', '4', '5', '2']) ledger.describe(setOf(digest));
  ledger.append(messageRecord(1));
  await ledger.flush();
  const known = await Promise.all(['1', '2', '3', '4', '5'].map(digest => ledgerLines(dataDir).patternSet(digest)));
  assert.deepEqual(
    known.map(set => set?.digest ?? null),
    [null, '2', '3', '4', '5'],
  );
});

/** A day's file as the version before wrote it. */
function writeOldDay(dataDir: string, record: LedgerRecord): void {
  mkdirSync(join(dataDir, 'ledger'), { recursive: true });
  const db = new Database(dayFile(dataDir, '2026-11-21'));
  db.pragma('journal_mode = WAL');
  db.exec(migrations[0] ?? '');
  db.pragma('user_version = 1');
  const { body, ...row } = ledgerRow(record);
  const hits = (JSON.parse(row.hits) as unknown[][]).map(group => group.slice(0, 4));
  const block = db.prepare('INSERT INTO blocks (body) VALUES (?)').run(zstdCompressSync(`[${body}]`)).lastInsertRowid;
  db.prepare(`
    INSERT INTO records (id, at, kind, client_address, reverse_path, recipients, actions, hits, block, place)
    VALUES (@id, @at, @kind, @client_address, @reverse_path, @recipients, @actions, @hits, @block, 0)`).run({
    ...row,
    hits: JSON.stringify(hits),
    block,
  });
  db.close();
}

test('a day of the version before is read, and written on', async t => {
  const { ledger, reader, dataDir } = await openTestStore(t);
  const old = messageRecord(1, {
    groups: [judged(['x@rcpt.example'], { verdict: verdict({ hits: newEntry().hits }) })],
  });
  writeOldDay(dataDir, old);
  const lines = ledgerLines(dataDir);
  const before = await all(lines);
  assert.deepEqual(
    before.map(({ id, groups }) => [id, groups]),
    [[old.id, null]],
  );
  assert.deepEqual(await lines.records(before), [old]);
  assert.equal(await lines.patternSet('first'), null);

  ledger.describe(setOf('first'));
  ledger.append(rich);
  await ledger.flush();
  assert.deepEqual(
    (await all(lines)).map(({ groups }) => groups?.length ?? null),
    [null, rich.groups.length],
  );
  assert.deepEqual(await lines.patternSet('first'), setOf('first'));
  assert.deepEqual((await reader.ledger.search({}, 10, null)).items, [rich, old]);
});
