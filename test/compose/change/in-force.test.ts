// What a gateway tells of what it has in force, and how a command beside it has it load its files again.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chownSync, mkdirSync, readFileSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { InForceFile, readInForce } from '../../../src/compose/change/in-force.ts';
import type { Reloaded } from '../../../src/compose/change/reload.ts';
import { runningGateway } from '../../../src/compose/change/running-gateway.ts';
import { revisionOnDisk } from '../../../src/config/revision.ts';
import { withFields } from '../../../src/observe/log.ts';
import { ownerOf, userOf } from '../../../src/smtp/process-owner.ts';
import { tempDir } from '../../support/temp.ts';

const taken: Reloaded = { problems: [], atRestart: [] };

function scene(t: TestContext) {
  const folder = tempDir(t);
  const [config, dataDir, rules] = [join(folder, 'postern.yaml'), join(folder, 'data'), join(folder, 'site.txt')];
  writeFileSync(config, `hostname: a.example\ndata_dir: ${dataDir}\nrules: { folders: ['${folder}'] }\n`);
  writeFileSync(rules, 'one.test\n');
  const events: string[] = [];
  const log = withFields({}, (level, _fields, event) => events.push(`${level}: ${event}`));
  const file = new InForceFile(dataDir, config, log);
  const start = () => file.started(revisionOnDisk(config));
  return { config, dataDir, rules, events, file, start };
}

test('a start tells the revision that it loaded, whose it is, and that nothing was loaded again', async t => {
  const { config, dataDir, start } = scene(t);
  assert.equal(readInForce(dataDir), null);
  await start();
  const told = readInForce(dataDir);
  assert.equal(told?.revision, revisionOnDisk(config));
  assert.deepEqual([told?.config, told?.reloads, told?.problems], [config, 0, []]);
  assert.equal(told?.owner.pid, String(process.pid));
  assert.equal(statSync(join(dataDir, 'in-force.json')).mode & 0o777, 0o600);
});

test('a revision is of all that is loaded: the configuration, rules, lists', t => {
  const { config, rules } = scene(t);
  const seen = new Set([revisionOnDisk(config)]);
  for (const [file, text] of [
    [rules, 'two.test\n'],
    [join(rules, '../more.txt'), ''],
    [config, `${readFileSync(config, 'utf8')}# a remark\n`],
  ] as const) {
    writeFileSync(file, text);
    seen.add(revisionOnDisk(config));
  }
  assert.equal(seen.size, 4);
  writeFileSync(join(rules, '../README.md'), 'no rule');
  seen.add(revisionOnDisk(config));
  assert.equal(seen.size, 4);
});

test('files that change while they are loaded leave it unknown what is in force', async t => {
  const { config, dataDir, rules, file } = scene(t);
  const before = revisionOnDisk(config);
  writeFileSync(rules, 'two.test\n');
  await file.started(before);
  assert.equal(readInForce(dataDir)?.revision, null);
  assert.equal(await file.started(before), false);
  await file.around(async () => taken);
  assert.equal(readInForce(dataDir)?.revision, revisionOnDisk(config));
  assert.equal(await file.started(revisionOnDisk(config)), true);
  await file.around(async () => {
    writeFileSync(rules, 'three.test\n');
    return taken;
  });
  assert.deepEqual([readInForce(dataDir)?.revision, readInForce(dataDir)?.reloads], [null, 2]);
});

test('a reload that is not taken leaves the revision that is in force, and says why', async t => {
  const { config, dataDir, rules, file, start } = scene(t);
  await start();
  const before = revisionOnDisk(config);
  writeFileSync(rules, 'two.test\n');
  await file.around(async () => ({ problems: ['not these'], atRestart: ['contact'] }));
  const told = readInForce(dataDir);
  assert.deepEqual(
    [told?.revision, told?.reloads, told?.problems, told?.atRestart],
    [before, 1, ['not these'], ['contact']],
  );
});

test('where the files do not load any more it is unknown what is in force, and the gateway goes on', async t => {
  const { config, dataDir, file } = scene(t);
  const before = revisionOnDisk(config);
  writeFileSync(config, 'hostnam: a.example');
  await file.started(before);
  assert.equal(readInForce(dataDir)?.revision, null);
  await file.around(async () => ({ problems: ['unknown key'], atRestart: [] }));
  assert.deepEqual(readInForce(dataDir)?.problems, ['unknown key']);
});

test('a configuration that came through a pipe is left to the start: it can be read once', async t => {
  const folder = tempDir(t);
  const log = withFields({}, () => {});
  assert.equal(revisionOnDisk('/dev/null'), null);
  await new InForceFile(folder, '/dev/null', log).started(null);
  const told = readInForce(folder);
  assert.deepEqual([told?.config, told?.revision], ['/dev/null', null]);
});

test('mail does not depend on it: where it cannot be written the log says so', async t => {
  const { dataDir, events, start } = scene(t);
  writeFileSync(dataDir, 'no folder');
  await start();
  assert.deepEqual(events, ['warn: in-force.json not written']);
});

test('a gateway that has ended is none, one that was killed neither, and one of another container cannot be told', async t => {
  const { dataDir, file, start } = scene(t);
  assert.equal(await runningGateway(dataDir), null);
  await start();
  assert.notEqual(await runningGateway(dataDir), null);
  const path = join(dataDir, 'in-force.json');
  const told = JSON.parse(readFileSync(path, 'utf8'));
  const as = (owner: object) => writeFileSync(path, JSON.stringify({ ...told, owner: { ...told.owner, ...owner } }));
  as({ start: '1' });
  assert.equal(await runningGateway(dataDir), null, 'its PID is used again');
  as({ boot: 'another' });
  assert.equal(await runningGateway(dataDir), null);
  as({ namespace: '1' });
  await assert.rejects(runningGateway(dataDir), { name: 'BadInput', message: /another container/ });
  writeFileSync(path, '{');
  await assert.rejects(runningGateway(dataDir), { name: 'ConfigError', message: /cannot be read/ });
  await file.ended();
  assert.equal(await runningGateway(dataDir), null);
});

test('told to load again, it answers with what it has in force then', async t => {
  const { config, dataDir, rules, file, start } = scene(t);
  await start();
  const gateway = await runningGateway(dataDir, { ms: 60_000, everyMs: 1 });
  const answers = [taken, { problems: ['not these'], atRestart: [] }];
  const reload = () => void file.around(async () => answers.shift() ?? taken);
  process.on('SIGHUP', reload);
  t.after(() => process.off('SIGHUP', reload));
  writeFileSync(rules, 'two.test\n');
  const revision = revisionOnDisk(config);
  assert.deepEqual(await gateway?.reload(), { revision, problems: [] });
  writeFileSync(rules, 'three.test\n');
  assert.deepEqual(await gateway?.reload(), { revision, problems: ['not these'] });
});

test('one that does not answer has nothing in force that is known', async t => {
  const { dataDir, start } = scene(t);
  await start();
  const ignore = () => {};
  process.on('SIGHUP', ignore);
  t.after(() => process.off('SIGHUP', ignore));
  const gateway = await runningGateway(dataDir, { ms: 3, everyMs: 1 });
  assert.deepEqual(await gateway?.reload(), { revision: null, problems: ['it has not answered for 0.003 s'] });
});

/** Gives no signal, and tells which would have been given. */
function signalsOf(t: TestContext): unknown[] {
  const given: unknown[] = [];
  t.mock.method(process, 'kill', (...args: unknown[]) => given.push(args));
  return given;
}

const noProcesses = [
  { name: 'a group of processes', pid: `-${process.pid}`, start: null },
  { name: 'all processes', pid: '-1', start: null },
  { name: 'our own group', pid: '0', start: null },
  { name: 'a path', pid: `../proc/${process.pid}` },
  { name: 'another notation', pid: `${process.pid}.0`, start: null },
];
for (const { name, ...owner } of noProcesses)
  test(`what names ${name} in place of a process names no gateway, and signals nobody`, async t => {
    const { dataDir, start } = scene(t);
    await start();
    const path = join(dataDir, 'in-force.json');
    const told = JSON.parse(readFileSync(path, 'utf8'));
    writeFileSync(path, JSON.stringify({ ...told, owner: { ...told.owner, ...owner } }));
    const given = signalsOf(t);
    const gateway = await runningGateway(dataDir, { ms: 1, everyMs: 1 });
    await gateway?.reload();
    assert.deepEqual([gateway, given], [null, []]);
  });

const isRoot = process.getuid?.() === 0;
/** Whoever the tests run as: a process of one user, named in the file of another. */
const foreign = isRoot ? process.pid : 1;
const skip = !isRoot && (await userOf('1')) === process.getuid?.() && 'there is no process of another user';

test('a process that is not of the user whose file names it is not signalled', { skip }, async t => {
  const { dataDir, start } = scene(t);
  await start();
  const path = join(dataDir, 'in-force.json');
  const told = JSON.parse(readFileSync(path, 'utf8'));
  writeFileSync(path, JSON.stringify({ ...told, owner: await ownerOf(foreign) }));
  if (isRoot) chownSync(path, 65534, 65534);
  const given = signalsOf(t);
  const gateway = await runningGateway(dataDir, { ms: 1, everyMs: 1 });
  await assert.rejects(async () => gateway?.reload(), {
    name: 'PermanentFailure',
    message: `in-force.json names a process that is not its writer's: ${foreign}`,
  });
  assert.deepEqual(given, []);
});

test('a reload that comes to its end when the gateway has ended tells nothing', async t => {
  const { dataDir, file, start } = scene(t);
  await start();
  const reloaded = Promise.withResolvers<Reloaded>();
  const around = file.around(() => reloaded.promise);
  await file.ended();
  reloaded.resolve(taken);
  await around;
  assert.equal(readInForce(dataDir), null);
});

test('one that has ended since, and whose PID is used again, is not signalled', async t => {
  const { dataDir, start } = scene(t);
  await start();
  const gateway = await runningGateway(dataDir, { ms: 1, everyMs: 1 });
  const path = join(dataDir, 'in-force.json');
  const told = JSON.parse(readFileSync(path, 'utf8'));
  writeFileSync(path, JSON.stringify({ ...told, owner: { ...told.owner, start: '1' } }));
  const given = signalsOf(t);
  await assert.rejects(async () => gateway?.reload(), { name: 'PermanentFailure' });
  assert.deepEqual(given, []);
});

const noFiles: readonly { readonly name: string; readonly put: (path: string, told: string) => void }[] = [
  { name: 'a link to what another gateway told', put: (path, told) => symlinkSync(told, path) },
  { name: 'a pipe, which has no end', put: path => void spawnSync('mkfifo', [path]) },
  { name: 'a folder', put: path => void mkdirSync(path) },
];
for (const { name, put } of noFiles)
  test(`${name} in place of in-force.json is not read`, async t => {
    const { dataDir, start } = scene(t);
    await start();
    const [path, told] = [join(dataDir, 'in-force.json'), join(dataDir, 'told.json')];
    renameSync(path, told);
    put(path, told);
    await assert.rejects(runningGateway(dataDir), { name: 'ConfigError', message: /in-force\.json cannot be read/ });
  });
