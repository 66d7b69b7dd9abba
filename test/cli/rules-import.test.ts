// postern rules import as a script sees it, and rules.spamassassin as `check` and `rules list` use it.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Ending, tempDir } from '../support/temp.ts';

const main = join(import.meta.dirname, '../../src/main.ts');

const someRules = `
body __MILLION  /one million/i
header __NO_TO  To !~ /@/ [if-unset: x@y]
meta MILLION    __MILLION && !__NO_TO
score MILLION   3.5
describe MILLION Offers a million
body UNHEARD    eval:unheard()
include more.inc
`;

function scene(t: Ending) {
  const folder = tempDir(t);
  const write = (name: string, text: string): string => {
    mkdirSync(join(folder, 'sa'), { recursive: true });
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  write('sa/a.cf', someRules);
  write('sa/more.inc', 'header LATE Subject =~ /late/\nscore LATE 0.5\n');
  write('sa/not-rules.txt', 'body NEVER /x/');
  const config = write('postern.yaml', JSON.stringify({ rules: { spamassassin: [join(folder, 'sa')] } }));
  const postern = (...args: string[]) =>
    spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', env: { PATH: process.env.PATH } });
  return { folder: join(folder, 'sa'), config, write, postern };
}

test('rules import counts, and lists what is not exact', t => {
  const { folder, postern } = scene(t);
  const { status, stdout, stderr } = postern('rules', 'import', folder);
  assert.equal(status, 0, stderr);
  assert.equal(
    stdout,
    [
      `${folder}/a.cf:7: UNHEARD (eval): unsupported: there is no unheard here`,
      'rules   exact  approximated  unsupported  off',
      'body        1             0            0    0',
      'eval        0             0            1    0',
      'header      2             0            0    0',
      'meta        1             0            0    0',
      '100% of the rules in force that seek or add up are exact',
      '',
    ].join('\n'),
  );
});

test('rules import --json has the same for scripts', t => {
  const { folder, postern } = scene(t);
  const printed = JSON.parse(postern('rules', 'import', '--json', join(folder, 'a.cf')).stdout);
  assert.deepEqual(printed.counts.eval, { exact: 0, approximated: 0, unsupported: 1, off: 0 });
  assert.equal(printed.exact_percent, 100);
  assert.deepEqual(printed.not_exact, [
    {
      symbol: 'UNHEARD',
      type: 'eval',
      at: `${folder}/a.cf:7`,
      standing: 'unsupported',
      why: 'there is no unheard here',
    },
  ]);
  assert.deepEqual([printed.misread, printed.settings], [[], {}]);
});

test('rules import: what is not there is 66, what holds no rule 65', t => {
  const { folder, write, postern } = scene(t);
  const missing = postern('rules', 'import', join(folder, 'none.cf'));
  assert.deepEqual([missing.status, missing.stderr], [66, `${join(folder, 'none.cf')} is not there\n`]);
  const empty = write('sa/empty.cf', 'clear_headers\n');
  const none = postern('rules', 'import', empty);
  assert.deepEqual([none.status, none.stderr], [65, `no rule in ${empty}\n`]);
  const scores = write('sa/scores.cf', 'score R 3\n');
  const unclaimed = `${scores}:1: score for R, a rule that is not among these files or that an if leaves out\n`;
  const unused = postern('rules', 'import', scores);
  assert.deepEqual([unused.status, unused.stderr], [65, `${unclaimed}no rule in ${scores}\n`]);
});

test('rules.spamassassin: the rules are in force, with the places of their scores', t => {
  const { folder, config, write, postern } = scene(t);
  const listed = postern('rules', 'list', '--config', config).stdout;
  assert.match(listed, /^ +3\.5 MILLION \(spamassassin\): Offers a million \[.*a\.cf:5\]$/m);
  assert.ok(listed.includes(`LATE (spamassassin): LATE [${folder}/more.inc:2]`));
  const mail = write('m.eml', 'From: a@a.example\nTo: b@b.example\nSubject: Too late\n\nOne million for you\n');
  const { hits } = JSON.parse(postern('check', '--offline', '--json', '--config', config, mail).stdout);
  const theirs = hits.filter(({ symbol }: { symbol: string }) => ['MILLION', 'LATE'].includes(symbol));
  assert.deepEqual(theirs, [
    { symbol: 'MILLION', score: 3.5, because: 'Offers a million' },
    { symbol: 'LATE', score: 0.5, because: 'sa:header:subject: "late"' },
  ]);
});

test('a score for a rule that is not there is said by rules import, and by config check, which it does not fail', t => {
  const { folder, write, postern } = scene(t);
  write('sa/b.cf', 'score MILLIONS 4\n');
  const config = write('own.yaml', JSON.stringify({ rules: { spamassassin: [folder] }, domains: { 'a.test': {} } }));
  const line = `${folder}/b.cf:1: score for MILLIONS, a rule that is not among these files or that an if leaves out`;
  assert.equal(postern('rules', 'import', folder).stdout.split('\n')[0], line);
  const { unclaimed } = JSON.parse(postern('rules', 'import', '--json', folder).stdout);
  assert.deepEqual(unclaimed, [{ keyword: 'score', symbol: 'MILLIONS', at: `${folder}/b.cf:1` }]);
  const checked = postern('config', 'check', '--offline', '--strict', '--config', config);
  assert.deepEqual([checked.status, checked.stderr], [0, `note: ${line}\n`]);
});

test('config check: of more scores for rules that are not there than a call takes arguments, the first are said', t => {
  const { folder, write, postern } = scene(t);
  const file = write('sa/b.cf', Array.from({ length: 130_000 }, (_, i) => `score MILLIONS_${i} 4`).join('\n'));
  const config = write('own.yaml', JSON.stringify({ rules: { spamassassin: [folder] }, domains: { 'a.test': {} } }));
  const { status, stderr } = postern('config', 'check', '--offline', '--config', config);
  const said = stderr.trimEnd().split('\n');
  assert.deepEqual([status, said.length], [0, 21]);
  assert.ok(said[0]?.startsWith(`note: ${file}:1: score for MILLIONS_0, `));
  assert.equal(said.at(-1), 'note: 129980 more: postern rules import has all of them');
});

test('what files of others hold moves no cursor in the text of rules import, and is exact in its JSON', t => {
  const { write, postern } = scene(t);
  const title = '\x1b]0;owned\x07';
  const file = write('sa/b.cf', `body R /a/\nscore ${title}X 3\n${title}set 1\ndescribe \x9b2J Words\n`);
  const { status, stdout } = postern('rules', 'import', file);
  assert.equal(status, 0);
  assert.ok(
    stdout.startsWith(`${file}:2: score for U+001B]0;ownedU+0007X, a rule that is not among these files`),
    stdout,
  );
  assert.ok(stdout.endsWith('settings that are not used: U+001B]0;ownedU+0007set\n'), stdout);
  assert.doesNotMatch(stdout, /[^\n\x20-\x7e\xc2]/);
  const json = postern('rules', 'import', '--json', file).stdout;
  assert.doesNotMatch(json, /[^\n\x20-\x7e\xc2]/);
  const { unclaimed, settings } = JSON.parse(json);
  assert.deepEqual(unclaimed, [
    { keyword: 'score', symbol: `${title}X`, at: `${file}:2` },
    // The bytes of U+009B, a character each.
    { keyword: 'describe', symbol: '\xc2\x9b2J', at: `${file}:4` },
  ]);
  assert.deepEqual(settings, { [`${title}set`]: 1 });
});

test('a description of others moves no cursor in rules list and rules explain', t => {
  const { config, write, postern } = scene(t);
  write('sa/b.cf', 'body TITLED /a/\ndescribe TITLED \x1b]0;owned\x07\x9b2J Offers\n');
  const shown = 'TITLED (spamassassin): U+001B]0;ownedU+0007U+009B2J Offers [';
  assert.ok(postern('rules', 'list', '--config', config).stdout.includes(shown));
  const explained = postern('rules', 'explain', 'TITLED', '--config', config).stdout;
  assert.ok(explained.startsWith('TITLED: U+001B]0;ownedU+0007U+009B2J Offers\n  score '), explained);
  const listed = postern('rules', 'list', '--json', '--config', config).stdout.split('\n');
  const json = listed.find(line => line.includes('"TITLED"')) ?? '';
  assert.ok(!json.includes('\x9b'), json);
  assert.equal(JSON.parse(json).summary, '\x1b]0;owned\x07\x9b2J Offers');
});

test('rules.spamassassin names what is not there', t => {
  const { folder, write, postern } = scene(t);
  const config = write('other.yaml', JSON.stringify({ rules: { spamassassin: [join(folder, 'none')] } }));
  const { status, stderr } = postern('config', 'check', '--config', config);
  assert.equal(status, 78);
  assert.equal(stderr, `rules.spamassassin: ${join(folder, 'none')} is not there\n`);
});

test('what a command prints reaches a slow reader whole', async t => {
  const { write, postern } = scene(t);
  const many = Array.from({ length: 2000 }, (_, i) => `body UNHEARD_${i} eval:unheard_of_function_number_${i}()`);
  const file = write('sa/many.cf', many.join('\n'));
  const child = spawn(process.execPath, [main, 'rules', 'import', file], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill());
  // Nobody reads until far more waits than a pipe holds.
  await once(child.stdout, 'readable');
  let printed = '';
  for await (const part of child.stdout.setEncoding('utf8')) printed += part;
  assert.equal(printed, postern('rules', 'import', file).stdout);
  assert.match(printed, /UNHEARD_1999 \(eval\)/);
});
