// The commands as a script sees them: their output and exit codes, in processes of their own.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, cpSync, existsSync, mkdirSync, openSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { tempDir } from '../support/temp.ts';

const root = join(import.meta.dirname, '../..');
const fixture = (name: string): string => join(root, 'fixtures/mail', name);

function postern(args: readonly string[], environment: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'src/main.ts'), ...args], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, ...environment },
  });
  return { status, stdout, stderr };
}

test('no such command: usage, exit 64', () => {
  const { status, stderr } = postern(['frobnicate']);
  assert.equal(status, 64);
  assert.match(stderr, /unknown command/);
});

test('--version and --help exit 0', () => {
  assert.equal(postern(['--version']).status, 0);
  assert.equal(postern(['--help']).status, 0);
});

test('config check says what is wrong with file, line and the nearest name, exit 78', t => {
  const file = join(tempDir(t), 'postern.yaml');
  writeFileSync(file, 'mode: enforce\nnexthop: x\n');
  const { status, stderr } = postern(['config', 'check', '--config', file]);
  assert.equal(status, 78);
  assert.match(stderr, /postern\.yaml:2: unknown key "nexthop" \(did you mean next_hop\?\)/);
});

test('config check knows the profiles that exist', t => {
  const file = join(tempDir(t), 'postern.yaml');
  writeFileSync(file, 'domains: { a.example: { profile: healthcar } }\n');
  const { status, stderr } = postern(['config', 'check', '--config', file]);
  assert.equal(status, 78);
  assert.match(stderr, /domains\.a\.example\.profile: there is no profile "healthcar" \(did you mean healthcare\?\)/);
});

test('config check refuses a next hop that cannot be read', () => {
  const { status, stderr } = postern(['config', 'check'], { POSTERN_NEXT_HOP: 'ftp://a' });
  assert.equal(status, 78);
  assert.match(stderr, /ftp/);
});

test('config check passes on the embedded default', () => {
  const { status, stdout } = postern(['config', 'check']);
  assert.equal(status, 0);
  assert.match(stdout, /^ok: \d+ rules with \d+ tests, 11 profiles\n$/);
});

test('config check warns on the error output, and fails for that only when it is asked to', () => {
  const environment = { POSTERN_RECIPIENTS: 'none', POSTERN_DOMAINS: '{ ours.test: {} }' };
  const { status, stdout, stderr } = postern(['config', 'check', '--offline'], environment);
  assert.equal(status, 0);
  assert.match(stdout, /^ok: /);
  assert.match(stderr, /^warning: recipients is "none": .*\n$/);
  assert.equal(postern(['config', 'check', '--offline', '--strict'], environment).status, 78);
  assert.equal(
    postern(['config', 'check', '--offline', '--strict'], { POSTERN_DOMAINS: '{ ours.test: {} }' }).status,
    0,
  );
});

test('config check asks next hops, and asks nobody where it is told so', () => {
  const environment = { POSTERN_NEXT_HOP: 'smtp://127.0.0.1:9', POSTERN_DOMAINS: '{ ours.test: {} }' };
  const asked = postern(['config', 'check'], environment);
  assert.equal(asked.status, 0);
  assert.match(asked.stderr, /^warning: the next hop smtp:\/\/127\.0\.0\.1:9 does not answer: /m);
  assert.equal(postern(['config', 'check', '--offline'], environment).stderr, '');
});

test('config print shows what the environment changed', () => {
  const { status, stdout } = postern(['config', 'print'], { POSTERN_SMTP__MAX_RECIPIENTS: '7' });
  assert.equal(status, 0);
  assert.match(stdout, /max_recipients: 7/);
});

test('config print --origin says beside each value where it comes from, of scores, profiles and lists too', () => {
  const { status, stdout } = postern(['config', 'print', '--origin', '--rules'], { POSTERN_MODE: 'observe' });
  assert.equal(status, 0);
  assert.match(stdout, /^mode: observe # POSTERN_MODE$/m);
  assert.match(stdout, /^ {2}max_recipients: 1000 # default$/m);
  assert.match(stdout, /^---\nscores:\n/m);
  assert.match(stdout, /^ {2}GTUBE: 1000 # rules\/.*\.yaml:\d+$/m);
  assert.match(stdout, /^ {4}- gmail\.com # rules\/lists\/freemail\.txt:\d+$/m);
  assert.doesNotMatch(stdout, /nowhere/);
  assert.equal(postern(['config', 'print', '--rules']).status, 65);
});

test('rules test passes for what is shipped, and fails with the place of a rule that is wrong', t => {
  assert.match(postern(['rules', 'test']).stdout, /, 0 failed\n$/);
  const folder = tempDir(t);
  const rule = `- symbol: MINE
  summary: A test.
  group: content
  score: 1
  match: { subject: ['/blue/'] }
  tests: { hit: [{ subject: red }], miss: [{ subject: green }] }
`;
  writeFileSync(join(folder, 'mine.yaml'), rule);
  const { status, stdout } = postern(['rules', 'test'], { POSTERN_RULES__FOLDERS: `["${folder}"]` });
  assert.equal(status, 65);
  assert.match(stdout, /mine\.yaml:\d+: MINE: expected a hit, got/);
});

test('rules explain names the nearest symbol', () => {
  assert.match(postern(['rules', 'explain', 'GTUBE']).stdout, /^GTUBE: .*\n {2}score 1000, .*set by rules\//);
  const { status, stderr } = postern(['rules', 'explain', 'GTUBEE']);
  assert.equal(status, 65);
  assert.match(stderr, /did you mean GTUBE\?/);
});

test('rules list is a line a rule, as JSON too', () => {
  const lines = postern(['rules', 'list', '--json']).stdout.trim().split('\n');
  assert.ok(lines.length >= 40);
  for (const line of lines) assert.equal(typeof JSON.parse(line).symbol, 'string');
});

test('check judges files: NDJSON, an exit code on request', () => {
  const { status, stdout } = postern([
    'check',
    '--offline',
    '--json',
    '--exit-code',
    fixture('letter.eml'),
    fixture('gtube.eml'),
  ]);
  assert.equal(status, 1);
  const [letter, gtube] = stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line));
  assert.deepEqual(Object.keys(letter), [
    'file',
    'action',
    'score',
    'threshold',
    'profile',
    'hits',
    'floors',
    'notJudged',
    'auth',
    'attachments',
    'timings',
  ]);
  assert.equal(letter.file, fixture('letter.eml'));
  assert.equal(letter.action, 'deliver');
  assert.equal(gtube.action, 'reject');
  assert.ok(gtube.hits.some((hit: { symbol: string }) => hit.symbol === 'GTUBE'));
  assert.equal(
    gtube.hits.reduce((sum: number, hit: { score: number }) => sum + hit.score * 1000, 0),
    gtube.score * 1000,
  );
});

test('check without a client says nothing of SPF', () => {
  const { stdout } = postern(['check', '--offline', '--json', fixture('letter.eml')]);
  assert.equal(JSON.parse(stdout).auth.spf, 'skipped');
});

test('check explains each point to people', () => {
  const { status, stdout } = postern(['check', '--offline', fixture('gtube.eml')]);
  assert.equal(status, 0);
  assert.match(stdout, /reject: score 100\d.*\n(?:.*\n)*? +1000 GTUBE: .*\[rules\//);
});

test('check reads directories and mboxes, quoted From lines undone', t => {
  const folder = join(tempDir(t), 'mail');
  mkdirSync(folder);
  const message = (subject: string) => `From: a@a.example\nSubject: ${subject}\n\n>From here on\n`;
  writeFileSync(join(folder, 'two.mbox'), `From a Mon\n${message('one')}\nFrom b Mon\n${message('two')}`);
  writeFileSync(join(folder, 'z.eml'), message('three'));
  const files = postern(['check', '--offline', '--json', folder])
    .stdout.trim()
    .split('\n')
    .map(line => JSON.parse(line).file);
  assert.deepEqual(files, [join(folder, 'two.mbox#1'), join(folder, 'two.mbox#2'), join(folder, 'z.eml')]);
});

test('packages may be linked in from elsewhere: workers read them all the same', t => {
  const folder = tempDir(t);
  for (const part of ['src', 'rules', 'package.json'])
    cpSync(join(root, part), join(folder, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const check = ['check', '--offline', '--json', fixture('letter.eml')];
  const { status, stdout } = spawnSync(process.execPath, [join(folder, 'src/main.ts'), ...check], { encoding: 'utf8' });
  assert.equal(status, 0);
  assert.equal(JSON.parse(stdout).action, 'deliver');
});

test('check of what is not there: exit 65', () => {
  assert.equal(postern(['check', '/nowhere/at/all.eml']).status, 65);
  assert.equal(postern(['check', '--ip', 'localhost', fixture('letter.eml')]).status, 65);
});

test('serve refuses to be an open relay, exit 78', () => {
  const { status, stderr } = postern(['serve'], { POSTERN_SMTP__LISTEN: '[{address: "0.0.0.0:0"}]' });
  assert.equal(status, 78);
  assert.match(stderr, /open relay/);
});

test('threat 12: serve refuses an API beyond loopback without a token, exit 78', t => {
  const { status, stderr } = postern(['serve'], {
    POSTERN_API__LISTEN: '0.0.0.0:0',
    POSTERN_SMTP__LISTEN: '[{address: "127.0.0.1:0"}]',
    POSTERN_DATA_DIR: join(tempDir(t), 'var'),
  });
  assert.equal(status, 78);
  assert.match(stderr, /token/);
});

test('a reader that has seen enough ends a command quietly, with what a shell shows for SIGPIPE', async () => {
  const child = spawn(process.execPath, [join(root, 'src/main.ts'), 'rules', 'list'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = text(child.stderr);
  child.stdout.destroy();
  const [status] = await once(child, 'close');
  assert.deepEqual([status, await said], [141, '']);
});

test('output that cannot be written is said, exit 74', { skip: !existsSync('/dev/full') && 'no /dev/full' }, t => {
  const full = openSync('/dev/full', 'w');
  t.after(() => closeSync(full));
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'src/main.ts'), 'rules', 'list'], {
    encoding: 'utf8',
    stdio: ['ignore', full, 'pipe'],
  });
  assert.equal(status, 74);
  assert.match(stderr, /^standard output: ENOSPC[^\n]*\n$/);
});

test('a command whose error output nobody reads does what it does', async () => {
  const child = spawn(process.execPath, [join(root, 'src/main.ts'), 'frobnicate'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stderr.destroy();
  assert.deepEqual(await once(child, 'exit'), [64, null]);
});
