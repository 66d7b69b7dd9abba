// A configuration and its rules are swapped as one: whoever reads them, at whatever step the swap was cut short, reads all of one
// or all of the other; and it can be ended afterwards.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, isAbsolute, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { endUnfinished } from '../../../src/compose/change/config-apply.ts';
import { ConfigSwap, replacementOf } from '../../../src/compose/change/config-swap.ts';
import type { RunningGateway } from '../../../src/compose/change/running-gateway.ts';
import { configText, loadConfig } from '../../../src/config/load.ts';
import { readFitRecords, readRuleFiles, ruleFilesIn } from '../../../src/config/rule-files.ts';
import { readJournal } from '../../../src/config/swap-journal.ts';
import { type FaultPoint, noFaults } from '../../../src/model/clock.ts';
import { ownerOf } from '../../../src/smtp/process-owner.ts';
import { replaced } from '../../support/file-system.ts';
import { tempDir } from '../../support/temp.ts';

interface Scene {
  readonly config: string;
  readonly rules: string;
  readonly newConfig: string;
  readonly newRules: string;
}

function scene(t: TestContext): Scene {
  const folder = tempDir(t);
  const at = {
    config: join(folder, 'postern.yaml'),
    rules: join(folder, 'rules'),
    newConfig: join(folder, 'next.yaml'),
    newRules: join(folder, 'next-rules'),
  };
  write(at.config, `hostname: old.example\nrules: { folders: ['${at.rules}'] }\n`);
  write(at.newConfig, `hostname: new.example\nrules: { folders: ['${at.rules}'] }\n`);
  write(join(at.rules, 'lists/site.txt'), 'old\n');
  write(join(at.rules, 'lists/gone.txt'), 'old\n');
  write(join(at.rules, '.git/HEAD'), 'theirs');
  write(join(at.rules, 'README.md'), 'ours');
  write(join(at.newRules, 'lists/site.txt'), 'new\n');
  write(join(at.newRules, 'lists/more/came.txt'), 'new\n');
  write(join(at.newRules, '.git/HEAD'), 'of the proposal');
  return at;
}

function write(file: string, text: string): void {
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, text);
}

/** What a start or a reload would load, in short. */
function read({ config }: Scene): string {
  const { hostname, rules: named } = loadConfig(config);
  const files = readRuleFiles(named.folders).filter(({ path }) => isAbsolute(path));
  assert.match(configText(config), new RegExp(`^hostname: ${hostname}`));
  return [hostname, ...files.map(({ path, text }) => `${path.replace(/^.*rules\//, '')}=${text.trim()}`)].join(' ');
}

const old = 'old.example lists/gone.txt=old lists/site.txt=old';
const proposed = 'new.example lists/more/came.txt=new lists/site.txt=new';

const replacements = ({ config, rules, newConfig, newRules }: Scene) => [
  replacementOf('file', config, newConfig),
  replacementOf('folder', rules, newRules),
];

const about = async () => ({ owner: await ownerOf(process.pid), before: 'old', proposed: 'new' });

const staged = async (of: Scene, faults = noFaults): Promise<ConfigSwap> =>
  ConfigSwap.staged(of.config, replacements(of), await about(), faults);

function assertNothingLeft({ config }: Scene): void {
  const left = readdirSync(join(config, '..')).filter(name => name.includes('.swap'));
  assert.deepEqual(left, []);
}

test('at each step what is read is whole, and turns with one rename', async t => {
  const at = scene(t);
  // What lies there of something else is nobody's.
  write(`${at.config}.swap-old`, 'hostname: older.example\n');
  write(`${at.config}.swap-new`, 'hostname: newer.example\n');
  const seen: string[] = [];
  const look = (point: FaultPoint) => void seen.push(`${point}: ${read(at) === old ? 'old' : read(at)}`);
  const swap = await staged(at, look);
  await swap.forward();
  swap.end();
  const moved = ['A4-old-aside', 'A5-one-moved'];
  const isNew = ['A3-committed', ...moved, ...moved, 'A6-all-moved'].map(point => `${point}: ${proposed}`);
  assert.deepEqual(seen, ['A0-claiming: old', 'A1-staging: old', 'A2-staged: old', ...isNew]);
  assert.equal(read(at), proposed);
  assertNothingLeft(at);
});

test('put back, at each step what is read is what was before', async t => {
  const at = scene(t);
  const swap = await staged(at, point => {
    if (/^A(?:8|9|10)-/.test(point)) assert.equal(read(at), old, point);
  });
  await swap.forward();
  await swap.back();
  assert.equal(read(at), old);
  swap.end();
  assert.equal(read(at), old);
  assertNothingLeft(at);
});

test('what is no rule of the folder stays; what is none of the proposal’s is not taken', async t => {
  const at = scene(t);
  symlinkSync('README.md', join(at.rules, 'link'));
  mkdirSync(join(at.rules, 'only-rules'));
  write(join(at.rules, 'only-rules/old.txt'), 'x');
  write(join(at.rules, '.github/workflows/test.yaml'), 'x');
  write(join(at.newRules, 'NOTES.md'), 'x');
  write(join(at.newRules, '.github/workflows/test.yaml'), 'of the proposal');
  const swap = await staged(at);
  await swap.forward();
  swap.end();
  assert.equal(readFileSync(join(at.rules, '.git/HEAD'), 'utf8'), 'theirs');
  assert.equal(readFileSync(join(at.rules, 'README.md'), 'utf8'), 'ours');
  assert.equal(readlinkSync(join(at.rules, 'link')), 'README.md');
  assert.deepEqual(readdirSync(at.rules).sort(), ['.git', '.github', 'README.md', 'link', 'lists']);
  assert.equal(readFileSync(join(at.rules, '.github/workflows/test.yaml'), 'utf8'), 'x');
  assert.equal(readFileSync(join(at.newRules, 'lists/site.txt'), 'utf8'), 'new\n', 'the proposal stays where it is');
});

test('what comes may be read by whom what it replaces could be read by', async t => {
  const at = scene(t);
  const modes = [
    [at.config, 0o640],
    [at.rules, 0o750],
    [join(at.rules, 'lists'), 0o710],
    [join(at.rules, 'lists/site.txt'), 0o440],
  ] as const;
  for (const [path, mode] of modes) chmodSync(path, mode);
  const swap = await staged(at);
  await swap.forward();
  swap.end();
  const mode = (path: string) => (statSync(path).mode & 0o7777).toString(8);
  assert.deepEqual(
    [...modes.map(([path]) => path), join(at.rules, 'lists/more'), join(at.rules, 'lists/more/came.txt')].map(mode),
    ['640', '750', '710', '440', '710', '640'],
  );
});

test('a link is followed: what it points to is swapped, and it stays', async t => {
  const at = scene(t);
  const [link, linkedRules] = [join(at.config, '../link.yaml'), join(at.config, '../linked-rules')];
  symlinkSync(at.config, link);
  symlinkSync(at.rules, linkedRules);
  write(at.config, `hostname: old.example\nrules: { folders: ['${linkedRules}'] }\n`);
  write(at.newConfig, `hostname: new.example\nrules: { folders: ['${linkedRules}'] }\n`);
  const through = { ...at, config: link, rules: linkedRules };
  const seen = new Set<string>();
  const swap = await staged(through, () => void seen.add(read(through)));
  await swap.forward();
  swap.end();
  assert.deepEqual([...seen], [old, proposed]);
  assert.equal(read(at).split(' ')[0], 'new.example');
  assert.equal(readlinkSync(link), at.config);
});

const failure = (code: string) => Object.assign(new Error(code), { code });

for (const point of ['A0-claiming', 'A1-staging', 'A2-staged'] as const)
  for (const code of ['ENOSPC', 'EACCES', 'EROFS'])
    test(`${code} at ${point}: nothing was changed, and nothing is left`, async t => {
      const at = scene(t);
      const faults = (reached: FaultPoint) => {
        if (reached === point) throw failure(code);
      };
      await assert.rejects(staged(at, faults), { name: 'PermanentFailure', message: /nothing was changed/ });
      assert.equal(read(at), old);
      assertNothingLeft(at);
    });

test('one swap at a time', async t => {
  const at = scene(t);
  const swap = await staged(at);
  await assert.rejects(staged(at), { name: 'TemporaryFailure', message: /another process is applying/ });
  await assert.rejects(endUnfinished(at.config, true, { faults: noFaults, gateway: null }), {
    name: 'TemporaryFailure',
  });
  swap.abandon();
  assert.equal(read(at), old);
  assertNothingLeft(at);
});

test('a configuration that comes through a pipe has no journal, and is read', () => {
  const main = join(import.meta.dirname, '../../../src/main.ts');
  const command = `echo 'hostname: piped.example' | "${process.execPath}" "${main}" config print --config /dev/stdin`;
  const { stdout, stderr } = spawnSync('sh', ['-c', command], { encoding: 'utf8', env: { PATH: process.env.PATH } });
  assert.match(stdout, /^hostname: piped\.example\n/, stderr);
});

test('a journal that cannot be read is said, and not taken for none', async t => {
  const at = scene(t);
  writeFileSync(`${at.config}.swap`, '{ "state"');
  assert.throws(() => loadConfig(at.config), { name: 'ConfigError', message: /the journal of a swap, cannot be read/ });
});

/** A gateway that has in force what it reads, or refuses what is proposed. */
function gatewayOn(at: Scene, takesProposed: boolean): RunningGateway & { readonly read: string[] } {
  const seen: string[] = [];
  return {
    read: seen,
    inForce: {
      owner: { boot: '', namespace: '', pid: '', start: '' },
      config: at.config,
      revision: 'old',
      reloads: 0,
      problems: [],
      atRestart: [],
    },
    reload: async () => {
      seen.push(read(at));
      if (read(at) === old) return { revision: 'old', problems: [] };
      return takesProposed ? { revision: 'new', problems: [] } : { revision: 'old', problems: ['not these'] };
    },
  };
}

const kills: readonly {
  readonly point: FaultPoint;
  readonly nth?: number;
  readonly reads: string;
  readonly ends: object | string;
}[] = [
  { point: 'A1-staging', reads: old, ends: 'abandoned' },
  { point: 'A2-staged', reads: old, ends: 'abandoned' },
  { point: 'A3-committed', reads: proposed, ends: { status: 'in force' } },
  { point: 'A4-old-aside', reads: proposed, ends: { status: 'in force' } },
  { point: 'A4-old-aside', nth: 2, reads: proposed, ends: { status: 'in force' } },
  { point: 'A5-one-moved', reads: proposed, ends: { status: 'in force' } },
  { point: 'A5-one-moved', nth: 2, reads: proposed, ends: { status: 'in force' } },
  { point: 'A6-all-moved', reads: proposed, ends: { status: 'in force' } },
  {
    point: 'A8-putting-back',
    reads: old,
    ends: { status: 'put back', problems: ['it was being put back'], isInForce: true },
  },
  {
    point: 'A9-new-aside',
    reads: old,
    ends: { status: 'put back', problems: ['it was being put back'], isInForce: true },
  },
  {
    point: 'A9-new-aside',
    nth: 2,
    reads: old,
    ends: { status: 'put back', problems: ['it was being put back'], isInForce: true },
  },
  {
    point: 'A10-put-back',
    reads: old,
    ends: { status: 'put back', problems: ['it was being put back'], isInForce: true },
  },
];
for (const { point, nth = 1, reads, ends } of kills)
  test(`killed at ${point} (${nth}): what is read is whole, and the next apply ends it`, async t => {
    const at = scene(t);
    killedAt(at, point, nth);
    assert.equal(read(at), reads);
    const gateway = gatewayOn(at, true);
    assert.deepEqual(await endUnfinished(at.config, false, { faults: noFaults, gateway }), ends);
    assert.equal(read(at), reads);
    assert.deepEqual(gateway.read, ends === 'abandoned' ? [] : [reads]);
    assertNothingLeft(at);
    assert.equal(readFileSync(at.config, 'utf8').includes(reads.split(' ')[0] ?? ''), true);
    assert.equal(await endUnfinished(at.config, false, { faults: noFaults, gateway }), null);
  });

test('killed after the turn, ended with a gateway that does not take it: put back', async t => {
  const at = scene(t);
  killedAt(at, 'A5-one-moved', 1);
  const gateway = gatewayOn(at, false);
  const ended = await endUnfinished(at.config, false, { faults: noFaults, gateway });
  assert.deepEqual(ended, { status: 'put back', problems: ['not these'], isInForce: true });
  assert.deepEqual(gateway.read, [proposed, old]);
  assertNothingLeft(at);
});

test('killed with its journal written and not in place: there is none, torn or whole, and the next apply goes on', async t => {
  const at = scene(t);
  killedAt(at, 'A0-claiming', 1);
  assert.equal(readJournal(at.config), null);
  assert.equal(read(at), old);
  assert.equal(await endUnfinished(at.config, false, { faults: noFaults, gateway: null }), null);
  assert.equal(claimsBeside(at).length, 1, 'or nothing here is taken away');
  const swap = await staged(at);
  assert.deepEqual(claimsBeside(at), []);
  await swap.forward();
  swap.end();
  assert.equal(read(at), proposed);
  assertNothingLeft(at);
});

/** What is left of journals that were not in place yet, by what their names say beyond the journal's. */
const claimsBeside = ({ config }: Scene): readonly string[] =>
  readdirSync(join(config, '..'))
    .filter(name => /^postern\.yaml\.swap\../.test(name))
    .map(name => name.slice('postern.yaml.swap.'.length))
    .sort();

test('nothing is taken away that a process still needs, that may be one of another container’s, or that is not ours', async t => {
  const at = scene(t);
  const { boot, namespace, pid, start } = await ownerOf(process.pid);
  const ofParent = await ownerOf(process.ppid);
  const gone = [boot, namespace, pid, '1'].join('.');
  const beforeBoot = ['00000000-0000-0000-0000-000000000000', '1', '1', '1'].join('.');
  const kept = [
    [boot, namespace, ofParent.pid, ofParent.start].join('.'),
    [boot, '1', pid, start].join('.'),
    [...gone.split('.').slice(0, 3), 'x'].join('.'),
    `${gone}.bak`,
    'bak',
    pid,
  ];
  for (const name of [gone, beforeBoot, ...kept]) write(`${at.config}.swap.${name}`, '');
  const link = [boot, namespace, pid, '2'].join('.');
  symlinkSync(at.newConfig, `${at.config}.swap.${link}`);
  write(join(at.config, `../other.yaml.swap.${gone}`), '');
  const swap = await staged(at);
  assert.deepEqual(claimsBeside(at), [...kept, link].sort());
  assert.ok(existsSync(join(at.config, `../other.yaml.swap.${gone}`)));
  swap.abandon();
});

test('what cannot be taken away keeps nobody from applying', async t => {
  const at = scene(t);
  killedAt(at, 'A0-claiming', 1);
  const [left = assert.fail()] = claimsBeside(at);
  replaced(t, 'rmSync', (rmSync, path, options) => {
    if (String(path).endsWith(left)) throw failure('EACCES');
    rmSync(path, options);
  });
  const swap = await staged(at);
  await swap.forward();
  assert.equal(read(at), proposed);
  swap.end();
  assert.deepEqual(claimsBeside(at), [left]);
});

test('killed while it wrote that it turns: the next apply takes that away too', async t => {
  const at = scene(t);
  killedAt(at, 'A2-staged', 1);
  write(`${at.config}.swap.new`, '{ "state"');
  assert.equal(await endUnfinished(at.config, false, { faults: noFaults, gateway: null }), 'abandoned');
  assert.equal(read(at), old);
  assertNothingLeft(at);
});

test('at the end the journal goes before what it names', async t => {
  const at = scene(t);
  const swap = await staged(at);
  await swap.forward();
  const seen: string[] = [];
  replaced(t, 'rmSync', (rmSync, path, options) => {
    if (/\.swap-old$/.test(String(path))) seen.push(`${basename(String(path))} ${existsSync(`${at.config}.swap`)}`);
    rmSync(path, options);
  });
  swap.end();
  assert.deepEqual(seen, ['postern.yaml.swap-old false', 'rules.swap-old false']);
  assertNothingLeft(at);
});

test('a folder that was moved to its place since the configuration was read is read there', async t => {
  const at = scene(t);
  let folders: readonly string[] = [];
  const swap = await staged(at, point => {
    if (point === 'A3-committed') folders = loadConfig(at.config).rules.folders;
  });
  await swap.forward();
  assert.deepEqual(folders, [`${at.rules}.swap-new`]);
  write(join(at.rules, 'fit.yaml'), 'x: 1\n');
  const own = ({ path }: { readonly path: string }) => path.startsWith(at.rules);
  const rules = [join(at.rules, 'lists/more/came.txt'), join(at.rules, 'lists/site.txt')];
  assert.deepEqual(
    readRuleFiles(folders)
      .filter(own)
      .map(({ path }) => path),
    rules,
  );
  assert.deepEqual(readFitRecords(folders).filter(own), [{ path: join(at.rules, 'fit.yaml'), text: 'x: 1\n' }]);
  assert.deepEqual(
    folders.flatMap(ruleFilesIn).map(({ path }) => path),
    ['lists/more/came.txt', 'lists/site.txt'],
  );
  swap.end();
});

test('killed twice at the same step: what is read stays whole', async t => {
  const at = scene(t);
  killedAt(at, 'A5-one-moved', 1);
  killedAt(at, 'A5-one-moved', 1, 'end');
  assert.equal(read(at), proposed);
  killedAt(at, 'A5-one-moved', 2, 'end');
  assert.equal(read(at), proposed);
  assert.ok(existsSync(`${at.config}.swap`));
  assert.deepEqual(await endUnfinished(at.config, false, { faults: noFaults, gateway: null }), { status: 'swapped' });
  assertNothingLeft(at);
});

test('of a process in another container only force says that it is gone', async t => {
  const at = scene(t);
  killedAt(at, 'A3-committed', 1);
  const journal = readJournal(at.config);
  const elsewhere = { ...journal, owner: { ...journal?.owner, namespace: '1' } };
  writeFileSync(`${at.config}.swap`, JSON.stringify(elsewhere));
  await assert.rejects(endUnfinished(at.config, false, { faults: noFaults, gateway: null }), {
    name: 'TemporaryFailure',
  });
  assert.deepEqual(await endUnfinished(at.config, true, { faults: noFaults, gateway: null }), { status: 'swapped' });
  assert.equal(read(at), proposed);
});

/** A process of its own swaps, or ends a swap, and is killed with SIGKILL at the `nth` time that it reaches `point`. */
function killedAt(at: Scene, point: FaultPoint, nth: number, doing: 'swap' | 'end' = 'swap'): void {
  const argv = [join(import.meta.dirname, 'swapping-child.ts'), doing, JSON.stringify(at)];
  const env = { PATH: process.env.PATH, NODE_ENV: 'test', POSTERN_FAULT: `${point}:${nth}` };
  const { signal, stderr } = spawnSync(process.execPath, argv, { env, encoding: 'utf8' });
  assert.equal(signal, 'SIGKILL', stderr);
}
