// postern rules measure as a script sees it.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { RuleMeasure } from '../../src/trial/measure.ts';
import type { SourceOutcome } from '../../src/trial/outcomes.ts';
import { type Ending, tempDir } from '../support/temp.ts';

const main = join(import.meta.dirname, '../../src/main.ts');

const letter = (text: string): string =>
  `Received: from mx.sender.example (mx.sender.example [192.0.2.1]) by gate.example.com with ESMTP; Tue, 3 Feb 2004 10:00:00 +0000\n` +
  `From: ann@sender.example\nTo: bob@rcpt.example\nDate: Tue, 3 Feb 2004 09:59:00 +0000\nMessage-ID: <1@sender.example>\nSubject: hello\n\n${text}\n`;

const rule = `
- symbol: TRIED_WORD
  summary: A word of the test.
  group: testing
  score: 12
  match: { text: '/xyzzy/' }
  tests: { hit: [{ text: xyzzy }], miss: [{ text: xyz }] }
`;

function scene(t: Ending) {
  const folder = tempDir(t);
  const write = (name: string, text: string): void => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  };
  write('mail/ham/office/1.eml', letter('at noon'));
  write('mail/ham/office/2.eml', letter('say xyzzy'));
  write('mail/spam/trap/1.eml', letter('xyzzy for sale'));
  write('mail/spam/trap/2.eml', letter('nothing to see'));
  write('rules/tried.yaml', rule);
  const measure = (...args: string[]) =>
    spawnSync(
      process.execPath,
      [main, 'rules', 'measure', join(folder, 'mail'), '--rules', join(folder, 'rules'), ...args],
      {
        encoding: 'utf8',
        env: { PATH: process.env.PATH, XDG_CACHE_HOME: join(folder, 'cache') },
      },
    );
  return { folder, measure };
}

interface Printed {
  readonly rules: readonly (RuleMeasure & { readonly microseconds: number })[];
  readonly outcomes: readonly SourceOutcome[];
}

test('rules measure says what each rule does, for people and for scripts, and inspects mail once', t => {
  const { folder, measure } = scene(t);
  const { status, stdout, stderr } = measure('--missed', '5', '--false');
  assert.equal(status, 0, stderr);
  assert.equal(stderr, '4 messages, 4 of them inspected now\n');
  assert.match(stdout, /^ +12 +1 +50\.0% +1 +50\.0% +0\.500 +1\/1 +1\/1 +[\d.]+ +TRIED_WORD/m);
  assert.match(stdout, /^ham +office +2 +1 +0 +1 +0 +50\.0% +1\.3% - 98\.7%$/m);
  assert.match(stdout, new RegExp(`^1 not stopped\ndeliver [-\\d.]+ ${folder}/mail/spam/trap/2.eml: `, 'm'));
  assert.match(
    stdout,
    new RegExp(`^1 not simply delivered\nquarantine [\\d.]+ ${folder}/mail/ham/office/2.eml: .*TRIED_WORD 12`, 'm'),
  );

  const again = measure('--json');
  assert.equal(again.stderr, '4 messages, 0 of them inspected now\n');
  const { rules, outcomes } = JSON.parse(again.stdout) as Printed;
  const tried = rules.find(({ symbol }) => symbol === 'TRIED_WORD');
  assert.equal(tried?.score, 12);
  assert.deepEqual(tried?.unwanted, { mails: 1, share: 0.5, sources: 1, decided: 1 });
  assert.ok(tried !== undefined && tried.microseconds > 0);
  assert.deepEqual(
    outcomes.map(({ label, stopped }) => [label, stopped]),
    [
      ['ham', 1],
      ['ham', 1],
      ['spam', 1],
      ['spam', 1],
    ],
  );
});

test('rules measure --symbol lists the messages, wanted ones first, and knows the nearest symbol', t => {
  const { folder, measure } = scene(t);
  const { stdout } = measure('--symbol', 'TRIED_WORD');
  assert.deepEqual(stdout.trimEnd().split('\n').slice(-2), [
    `${folder}/mail/ham/office/2.eml: text: "xyzzy"`,
    `${folder}/mail/spam/trap/1.eml: text: "xyzzy"`,
  ]);
  const { status, stderr } = measure('--symbol', 'TRIED_WORT');
  assert.equal(status, 65);
  assert.match(stderr, /no rule TRIED_WORT is judged \(did you mean TRIED_WORD\?\)/);
  assert.equal(measure('--sample', '0').status, 65);
});
