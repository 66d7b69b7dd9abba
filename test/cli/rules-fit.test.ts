// postern rules fit as whoever keeps rules sees it: in a copy of the package, whose rules it writes.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { type Ending, tempDir } from '../support/temp.ts';

const root = join(import.meta.dirname, '../..');

const rule = (symbol: string, word: string): string => `
- symbol: ${symbol}
  summary: A word of the test.
  group: testing
  score: 2.5   # for now
  match: { text: '/${word}/' }
  tests: { hit: [{ text: ${word} }], miss: [{ text: no }] }
`;

/** No two are alike, and numbers do not tell messages apart. */
const words = (number: number): string =>
  [...String(number)].map(digit => 'abcdefghij'[Number(digit)]?.repeat(30)).join(' ');

const letter = (number: number, text: string): string =>
  `Received: from mx.sender.example (mx.sender.example [192.0.2.1]) by gate.example.com with ESMTP; Tue, 3 Feb 2004 10:00:00 +0000\n` +
  `From: ann@sender.example\nTo: bob@rcpt.example\nDate: Tue, 3 Feb 2004 09:${10 + (number % 50)}:00 +0000\n` +
  `Message-ID: <${number}@sender.example>\nSubject: hello\n\n${words(number)}\n${text}\n`;

function scene(t: Ending) {
  const folder = tempDir(t);
  for (const part of ['src', 'rules', 'package.json'])
    cpSync(join(root, part), join(folder, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const write = (name: string, text: string): void => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  };
  let number = 0;
  // A set that no fit has touched yet.
  rmSync(join(folder, 'rules/fit.yaml'), { force: true });
  for (const source of ['trap', 'box', 'office', 'lists']) {
    const [label, text] = source === 'trap' || source === 'box' ? ['spam', 'xyzzy plugh'] : ['ham', 'frotz'];
    for (let i = 0; i < 12; i++) write(`mail/${label}/${source}/${i}.eml`, letter(number++, text));
  }
  write('mail/spam/box/rare.eml', letter(number, 'gnusto'));
  write('rules/testing.yaml', rule('BAD_WORD', 'xyzzy') + rule('WORSE_WORD', 'plugh') + rule('RARE_WORD', 'gnusto'));
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [join(folder, 'src/main.ts'), 'rules', ...args], {
      encoding: 'utf8',
      cwd: folder,
      env: { PATH: process.env.PATH, XDG_CACHE_HOME: join(folder, 'cache') },
    });
  return { folder, run, read: (name: string) => readFileSync(join(folder, name), 'utf8') };
}

test('rules fit says what scores the data gives, and writes nothing unless it is asked to', t => {
  const { folder, run, read } = scene(t);
  const before = read('rules/testing.yaml');
  const { status, stdout, stderr } = run('fit', 'mail', '--keep', 'WORSE_WORD');
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^BAD_WORD +2\.5 +2\.5 +[345](\.\d)? +0 +24 +2 +data$/m);
  assert.match(stdout, /^RARE_WORD +2\.5 +2\.5 +- +0 +1 +1 +hand: below 10 messages or 2 collections$/m);
  assert.doesNotMatch(stdout, /WORSE_WORD/);
  assert.match(stdout, /^trap +0 +0 +12 +\d+ /m);
  assert.equal(read('rules/testing.yaml'), before);
  assert.equal(existsSync(join(folder, 'rules/fit.yaml')), false);
});

test('rules fit --write changes digits, records what they stand on, and is the same when it is done again', t => {
  const { folder, run, read } = scene(t);
  const shipped = globSync('**/*.{yaml,txt}', { cwd: join(folder, 'rules'), exclude: ['testing.yaml', 'fit.yaml'] });
  const before = new Map(shipped.map(name => [name, read(join('rules', name))]));
  const { status, stdout, stderr } = run('fit', 'mail', '--write', '--date', '2026-11-22');
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^rules\/testing\.yaml written\nrules\/fit\.yaml written\n$/m);

  const text = read('rules/testing.yaml');
  const [, fitted = ''] = /symbol: BAD_WORD[^-]*?score: (\S+) {3}# for now/.exec(text) ?? [];
  assert.ok(Number(fitted) > 2.5 && Number(fitted) <= 5, fitted);
  assert.match(text, /symbol: RARE_WORD[^-]*?score: 2\.5 {3}# for now/);
  for (const [name, was] of before) assert.equal(read(join('rules', name)), was, name);
  const record = read('rules/fit.yaml');
  assert.match(
    record,
    /^command: "postern rules fit mail --most-ham 0\.1% --most-of-source 1\.5% --most-latest 0\.3% --most-unseen 1%"\ndate: 2026-11-22$/m,
  );
  assert.doesNotMatch(record, new RegExp(folder));

  assert.match(
    run('explain', 'BAD_WORD').stdout,
    /^ {2}its score is fitted to 0 ham and 24 spam in 2 collections; its author gave 2\.5$/m,
  );
  assert.match(
    run('explain', 'RARE_WORD').stdout,
    /^ {2}its score is its author’s; too little mail to fit it: 0 ham and 1 spam in 1 collection$/m,
  );

  const again = run('fit', 'mail', '--write', '--date', '2026-11-22');
  assert.equal(again.status, 0, again.stderr);
  assert.equal(read('rules/testing.yaml'), text);
  assert.equal(read('rules/fit.yaml'), record);
});

test('rules fit refuses what it cannot do', t => {
  const { run } = scene(t);
  const cases = [
    { args: ['mail/ham'], says: /a fit needs wanted mail \(ham, bounce\) and unwanted/ },
    { args: ['mail', '--most-ham', '0.3'], says: /expected a share such as 0\.3%, not 0\.3/ },
    { args: ['mail', '--date', 'today'], says: /expected a date such as 2026-11-22, not today/ },
    { args: ['mail', '--keep', 'BAD_WORT'], says: /no rule or group BAD_WORT \(did you mean BAD_WORD\?\)/ },
  ];
  for (const { args, says } of cases) {
    const { status, stderr } = run('fit', ...args);
    assert.equal(status, 65);
    assert.match(stderr, says);
  }
});
