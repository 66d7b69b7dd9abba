// postern profiles list | test, as an administrator uses them.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Ending, tempDir } from '../support/temp.ts';

const main = join(import.meta.dirname, '../../src/main.ts');

function postern(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'profiles', ...args], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH },
  });
  return { status, stdout, stderr };
}

const plain = (subject: string): string =>
  `From: Ben <ben@partners.example>\nTo: a.reader@westgate.test\nSubject: ${subject}\nDate: Mon, 16 Nov 2026 08:00:00 +0000\nMessage-ID: <1@partners.example>\n\nAs agreed on Monday.\n`;

function fixturesOf(t: Ending, files: Readonly<Record<string, string>>): string {
  const folder = tempDir(t);
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(join(folder, file, '..'), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  return folder;
}

test('list has a line for each profile', () => {
  const { status, stdout } = postern('list');
  assert.equal(status, 0);
  const lines = stdout.trimEnd().split('\n');
  assert.equal(lines.length, 11);
  assert.match(stdout, /^legal +v2 6\/9\/none +Law firms, .* \(rules\/profiles\/legal\.yaml:1\)$/m);
});

test('list --json has what a script needs', () => {
  const profiles = postern('list', '--json')
    .stdout.trimEnd()
    .split('\n')
    .map(line => JSON.parse(line));
  const healthcare = profiles.find(({ profile }) => profile === 'healthcare');
  assert.deepEqual(healthcare.thresholds, { tag: 6, quarantine: 9, reject: 18 });
  assert.deepEqual([healthcare.version, healthcare.changes.length], [2, 2]);
  assert.equal(profiles.find(({ profile }) => profile === 'legal').thresholds.reject, null);
});

test('test exits 0 where all is as expected, and shows no more than the counts', t => {
  const fixtures = fixturesOf(t, { 'default/deliver/en-plain.eml': plain('Minutes') });
  const { status, stdout } = postern('test', '--fixtures', fixtures);
  assert.deepEqual([status, stdout], [0, 'default: 1 as expected, 0 not\n']);
});

test('test exits 65 and names each message that is not as expected', t => {
  const fixtures = fixturesOf(t, {
    'default/catch/en-plain.eml': plain('Minutes'),
    'finance/deliver/en-plain.eml': plain('Minutes'),
  });
  const { status, stdout } = postern('test', '--fixtures', fixtures);
  assert.equal(status, 65);
  assert.match(stdout, /^FAIL default\/catch\/en-plain\.eml: expected quarantine or reject, got deliver at /);
  assert.match(stdout, /^default: 0 as expected, 1 not$/m);
  assert.equal(postern('test', 'finance', '--fixtures', fixtures).status, 0);
});

test('an unknown profile, and a folder without fixtures, are said', t => {
  const unknown = postern('test', 'healthcar');
  assert.equal(unknown.status, 65);
  assert.match(unknown.stderr, /there is no profile healthcar \(did you mean healthcare\?\)/);
  const empty = postern('test', '--fixtures', tempDir(t));
  assert.equal(empty.status, 65);
  assert.match(empty.stderr, /no fixtures in /);
});
