// The copy on disk: whole or not at all, and of the settings that are in force.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { AddressBook } from '../../src/recipients/address-book.ts';
import { readBook, writeBook } from '../../src/recipients/book-file.ts';
import { tempDir } from '../support/temp.ts';
import { source } from './source.ts';

const from = source(['ldap://127.0.0.1'], { groups: [{ dn: 'cn=g', profile: 'finance' }] });
// More than is written at once.
const listed = Array.from({ length: 12_345 }, (_, i) => [`jörg${i}@example.test`, i % 2 === 0 ? -1 : 0] as const);
const book = new AddressBook(1_700_000_000_000, new Map(listed));

async function written(t: TestContext): Promise<string> {
  const file = join(tempDir(t), 'data', 'recipients.txt');
  await writeBook(file, book, from);
  return file;
}

test('what was written is read again', async t => {
  const file = await written(t);
  const read = await readBook(file, from);
  assert.deepEqual([...(read ?? [])], listed);
  assert.equal(read?.readAt, book.readAt);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(dirname(file)), ['recipients.txt']);
});

test('where there is none, there is none', async t => {
  assert.equal(await readBook(join(tempDir(t), 'recipients.txt'), from), null);
});

const damage: readonly {
  name: string;
  from?: Partial<typeof from>;
  change?: (text: string) => string;
  says: RegExp;
}[] = [
  { name: 'cut short', change: text => text.slice(0, text.length / 2), says: /as many addresses/ },
  { name: 'grown', change: text => `${text}more@example.test\n`, says: /as many addresses/ },
  { name: 'empty', change: () => '', says: /JSON/ },
  { name: 'of another program', change: () => '{"format":"x"}\n', says: /another format/ },
  { name: 'of another base', from: { base: 'dc=other' }, says: /other settings/ },
  { name: 'of other groups', from: { groups: [] }, says: /other settings/ },
  { name: 'larger than is allowed now', from: { maxAddresses: 100 }, says: /heading/ },
  { name: 'without a time', change: text => text.replace(/"readAt":\d+/, '"readAt":null'), says: /heading/ },
];
for (const { name, from: other = {}, change = (text: string) => text, says } of damage) {
  test(`not used: one that is ${name}`, async t => {
    const file = await written(t);
    writeFileSync(file, change(readFileSync(file, 'utf8')));
    await assert.rejects(readBook(file, { ...from, ...other }), says);
  });
}

test('another server or password is the same directory', async t => {
  const file = await written(t);
  assert.equal((await readBook(file, { ...from, urls: ['ldaps://other'], credentials: null }))?.size, listed.length);
});
