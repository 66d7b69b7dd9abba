// Files of entries: what a line says, what is wrong with one, and that a file that does not load gives nothing.

import assert from 'node:assert/strict';
import { rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { entryIn } from '../../src/access/entry-file.ts';
import { readEntryFiles, stampOf } from '../../src/access/entry-files.ts';
import { ConfigError } from '../../src/model/failure.ts';
import { tempDir } from '../support/temp.ts';

const plain = { kind: 'allow', subject: 'dkim_signer', value: 'news.example', scope: '', expiresAt: null, comment: '' };

const lines = [
  { line: 'allow dkim_signer news.example', entry: plain },
  {
    line: '\t block   network 192.0.2.0/24 \r',
    entry: { ...plain, kind: 'block', subject: 'network', value: '192.0.2.0/24' },
  },
  { line: 'allow dkim_signer News.Example recipients=all', entry: plain },
  { line: 'allow dkim_signer news.example recipients=@Ours.example', entry: { ...plain, scope: '@ours.example' } },
  // A day lasts to its end.
  { line: 'allow dkim_signer news.example expires=2027-06-30', entry: { ...plain, expiresAt: Date.UTC(2027, 6, 1) } },
  {
    line: 'allow dkim_signer news.example expires=2027-06-30T12:00:00+02:00',
    entry: { ...plain, expiresAt: Date.UTC(2027, 5, 30, 10) },
  },
  {
    line: 'allow dkim_signer news.example # our printer # since May',
    entry: { ...plain, comment: 'our printer # since May' },
  },
  // Only behind a space is it a comment.
  {
    line: 'allow header_from a#b@news.example',
    entry: { ...plain, subject: 'header_from', value: 'a#b@news.example' },
  },
  { line: '', entry: null },
  { line: ' # allow dkim_signer news.example', entry: null },
];
for (const { line, entry } of lines)
  test(`"${line.trim()}" is read`, () =>
    assert.deepEqual(entryIn(line, 'f.txt:7'), entry && { ...entry, setBy: 'f.txt:7' }));

const faults = [
  { line: 'alow dkim_signer a.example', says: 'unknown kind "alow" (did you mean allow?)' },
  { line: 'permit dkim_signer a.example', says: 'unknown kind "permit", expected allow, block' },
  { line: 'allow dkim a.example', says: 'unknown subject "dkim"' },
  { line: 'allow helo a.example', says: 'unknown subject "helo", expected aligned_domain, ' },
  { line: 'allow', says: 'unknown subject ""' },
  { line: 'allow network', says: 'network: expected an address, ' },
  { line: 'block network 192.0.2.7/24', says: 'network: expected an address, ' },
  { line: 'block header_from *@a.example', says: 'header_from: expected jane@example.com, example.com for all of it' },
  { line: 'block dkim_signer *.a.example', says: 'dkim_signer: expected a domain: ' },
  { line: 'block dkim_signer a.example for=all', says: 'unknown option "for"' },
  { line: 'block dkim_signer a.example recipient=all', says: 'unknown option "recipient" (did you mean recipients?)' },
  { line: 'block dkim_signer a.example b.example', says: 'unknown option "b.example"' },
  { line: 'block dkim_signer a.example recipients=ours', says: 'recipients: expected all, an address, or @domain' },
  { line: 'block dkim_signer a.example expires=tomorrow', says: 'expires: expected a date' },
  { line: 'block dkim_signer a.example expires=2027-02-30', says: 'expires: expected a date' },
  { line: 'block dkim_signer a.example expires=2027-06-30T12:00:00', says: 'expires: expected a date' },
  { line: `block dkim_signer ${'a'.repeat(3000)}`, says: 'a line is not longer than 2000 characters' },
];
for (const { line, says } of faults)
  test(`"${line.slice(0, 60)}" is refused in words`, () => {
    const read = entryIn(line, 'f.txt:7');
    assert.ok(read !== null && 'fault' in read && read.fault.startsWith(says), JSON.stringify(read));
  });

function file(t: TestContext, text: string): string {
  const path = join(tempDir(t), 'access.txt');
  writeFileSync(path, text);
  return path;
}

async function refusal(files: readonly string[], most = 100): Promise<string> {
  const error = await readEntryFiles(files, most).then(
    () => assert.fail('it was read'),
    (cause: unknown) => cause,
  );
  assert.ok(error instanceof ConfigError, String(error));
  return error.message;
}

test('entries cite their file and line, whatever ends the lines', async t => {
  const path = file(t, '\ufeffallow network 192.0.2.1\r\n\r\n# x\r\nblock network 192.0.2.1\nallow network 192.0.2.2');
  const index = await readEntryFiles([path], 100);
  assert.equal(index.size, 3);
  const traits = {
    clientAddress: '192.0.2.1',
    reversePath: '',
    headerFrom: [],
    alignedDomain: '',
    signers: [],
    recipients: [],
  };
  assert.deepEqual(
    index.find(traits, () => [], 0).map(({ setBy }) => setBy),
    [`${path}:1`, `${path}:4`],
  );
});

test('all that is wrong is said at once, with file and line', async t => {
  const [one, two] = [file(t, 'alow network 192.0.2.1\nallow network 192.0.2.1\nx'), file(t, '\nblock')];
  const said = (await refusal([one, two])).split('\n');
  assert.deepEqual(
    said.map(line => line.split(': ')[0]),
    [`${one}:1`, `${one}:3`, `${two}:2`],
  );
});

test('of many faults the first are said', async t => {
  const said = (await refusal([file(t, 'x\n'.repeat(1000))])).split('\n');
  assert.deepEqual([said.length, said.at(-1)], [21, 'and more']);
});

test('more entries than there may be are refused, in all files together', async t => {
  const three = file(t, ['1', '2', '3'].map(n => `allow network 192.0.2.${n}\n`).join(''));
  assert.match(await refusal([three], 2), /access\.txt:3: more than 2 entries: raise access\.max_entries$/);
  assert.match(await refusal([three, file(t, 'block network 192.0.2.1')], 3), /access\.txt:1: more than 3 entries/);
  assert.equal((await readEntryFiles([three], 3)).size, 3);
});

test('more entries than there may be do not hide what is wrong before them', async t => {
  const path = file(t, 'x\nallow network 192.0.2.1\nallow network 192.0.2.2');
  const said = (await refusal([path], 1)).split('\n');
  assert.deepEqual(
    said.map(line => line.split(': ')[0]),
    [`${path}:1`, `${path}:3`],
  );
});

test('a file that cannot be read is refused by its name, with the reason, and with what is wrong in the others', async t => {
  const missing = join(tempDir(t), 'none.txt');
  const folder = tempDir(t);
  const other = file(t, 'x');
  const said = (await refusal([missing, folder, other])).split('\n');
  assert.deepEqual(said.slice(0, 2), [
    `${missing}: cannot be read (ENOENT); access.files names it`,
    `${folder}: cannot be read (EISDIR); access.files names it`,
  ]);
  assert.ok(said[2]?.startsWith(`${other}:1: `), said.join());
});

test('a file that is too large is refused by its name, and not read', async t => {
  const path = file(t, '');
  truncateSync(path, 64 * 1024 ** 2 + 1);
  assert.equal(await refusal([path]), `${path}: larger than 64 MiB; access.files names it`);
});

test('the stamp changes with the file, and when it goes', async t => {
  const path = file(t, 'one');
  const first = await stampOf([path]);
  assert.equal(await stampOf([path]), first);
  writeFileSync(path, 'another');
  const second = await stampOf([path]);
  assert.notEqual(second, first);
  rmSync(path);
  assert.equal(await stampOf([path]), 'ENOENT');
});
