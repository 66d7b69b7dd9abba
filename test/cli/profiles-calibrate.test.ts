// postern profiles calibrate on mail that was sorted into folders, as an administrator uses it.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { rule } from '../rules/rule-set.ts';
import { tempDir } from '../support/temp.ts';

const main = join(import.meta.dirname, '../../src/main.ts');

const wares = rule('WARES', 'match: { subject: /wares/ }', '6').replace(
  '{ hit: [{}], miss: [{}] }',
  '{ hit: [{ subject: wares }], miss: [{ subject: other }] }',
);

const letter = (from: string, subject: string): string =>
  `From: A <${from}>\r\nTo: b@guarded.test\r\nSubject: ${subject}\r\nDate: Mon, 16 Nov 2026 08:00:00 +0000\r\n` +
  `Message-ID: <1@${from}>\r\n\r\nDear Ben, as agreed with ${from} on Monday.\r\n`;

/** Mail of forty senders that is wanted, and of twenty whose wares are not. */
function mailIn(t: TestContext) {
  const folder = tempDir(t);
  const [ham, spam] = [join(folder, 'mail/ham/us'), join(folder, 'mail/spam/us')];
  for (const label of [ham, spam]) mkdirSync(label, { recursive: true });
  for (let i = 0; i < 40; i++) writeFileSync(join(ham, `${i}.eml`), letter(`a@wanted${i}.test`, 'lunch'));
  for (let i = 0; i < 20; i++) writeFileSync(join(spam, `${i}.eml`), letter(`a@seller${i}.test`, 'our wares'));
  mkdirSync(join(folder, 'rules'));
  writeFileSync(join(folder, 'rules/own.yaml'), wares);
  const config = { data_dir: join(folder, 'data'), rules: { folders: [join(folder, 'rules')] } };
  writeFileSync(join(folder, 'postern.yaml'), JSON.stringify(config));
  const calibrate = (target: string, ...more: readonly string[]) => {
    const args = ['--profile', 'default', '--target-fp', target, '--config', join(folder, 'postern.yaml'), ...more];
    const env = { PATH: process.env.PATH, XDG_CACHE_HOME: join(folder, 'cache') };
    const run = spawnSync(process.execPath, [main, 'profiles', 'calibrate', ...args], { encoding: 'utf8', env });
    return { status: run.status, text: run.stdout, stderr: run.stderr };
  };
  return { calibrate, mail: join(folder, 'mail'), overrides: join(folder, 'data/overrides.yaml') };
}

test('a plan is printed, refused where there is too little mail, and applied where no gateway runs', t => {
  const { calibrate, mail, overrides } = mailIn(t);
  const few = calibrate('1%', '--from', mail);
  assert.equal(few.status, 65, few.stderr);
  assert.match(
    few.text,
    /^default: at most 1 % of wanted mail stopped\nfrom 60 messages that were sorted into folders\n/,
  );
  assert.match(few.text, /labelled: 40 wanted of 40 senders, worth 40 independent ones .*, 20 unwanted\n/);
  assert.match(
    few.text,
    /\nrefused: to show that at most 1 % is stopped takes 259 more independent wanted messages\n$/,
  );

  const { status, text, stderr } = calibrate('20%', '--from', mail, '--apply');
  assert.equal(status, 0, stderr);
  assert.match(text, /\n {2}tag: [56](?:\.5)?\n {2}quarantine: 8 -> 6(?:\.5)?\n {2}reject: 15\n/);
  assert.match(text, /unwanted mail stopped: 0 % -> 100 %\napplied: in force from the next start on\n$/);
  assert.match(
    readFileSync(overrides, 'utf8'),
    /thresholds: \{ tag: \d.*, why: "Calibrated on 20.* for 20 %: 0 of 40 wanted messages stopped, at most \d.* by: profiles calibrate, at: /,
  );
  const again = calibrate('20%', '--from', mail, '--apply', '--json');
  const { calibration } = JSON.parse(again.text);
  assert.ok(calibration.thresholds.quarantine < 7000);
  assert.equal(calibration.course.length, 20);
  assert.equal(again.stderr, 'applied: it is in force already\n');
});

const wrong = [
  { args: ['0%'], says: /--target-fp takes a percentage between 0% and 100%, such as 0\.1%, not 0%/ },
  { args: ['1%', '--confidence', '100%'], says: /--confidence takes a percentage/ },
  { args: ['1%', '--profile', 'finanse'], says: /there is no profile finanse \(did you mean finance\?\)/ },
  { args: ['1%', '--from', 'nowhere'], says: /nowhere/ },
] as const;
test('what cannot be meant is said', t => {
  const { calibrate } = mailIn(t);
  for (const { args, says } of wrong) {
    const { status, stderr } = calibrate(args[0], ...args.slice(1));
    assert.equal(status, 65, args.join(' '));
    assert.match(stderr, says);
  }
});

test('an installation without mail has nothing to calibrate by', t => {
  const { calibrate } = mailIn(t);
  const { status, text } = calibrate('0.1%');
  assert.equal(status, 65);
  assert.match(text, /no sample was drawn in that time: `postern review draw` draws one\n/);
  assert.match(text, /takes 2995 more independent wanted messages\n$/);
});
