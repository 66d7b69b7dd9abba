// What comes while the gateway starts, and what is left of a start that fails.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { revisionOnDisk } from '../../src/config/revision.ts';
import { noFaults } from '../../src/model/clock.ts';
import { rule } from '../rules/rule-set.ts';
import { openTestStore } from '../store/open.ts';
import { newEntry, spam } from '../store/samples.ts';
import { FakeClock } from '../support/clock.ts';
import { startFakeNextHop } from '../support/fake-next-hop.ts';
import { type Gateway, type GatewayOptions, startGateway } from '../support/gateway.ts';
import { tempDir } from '../support/temp.ts';

const wares = (score: string): string =>
  rule('WARES', 'match: { subject: /wares/ }', score).replace(
    '{ hit: [{}], miss: [{}] }',
    '{ hit: [{ subject: wares }], miss: [{ subject: ware }] }',
  );

type Heard = NonNullable<GatewayOptions['heard']>;

interface Starting {
  readonly configFile: string;
  readonly rulesFile: string;
  /** `act` comes when configuration and rules have been named, and before they are in force. */
  readonly start: (act: Heard) => Promise<Gateway>;
}

function starting(t: TestContext): Starting {
  const [folder, rules] = [tempDir(t), tempDir(t)];
  const [keyFile, rulesFile] = [join(folder, 'arc.pem'), join(rules, 'own.yaml')];
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  // That everybody can read it is what the gateway says first.
  writeFileSync(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o644 });
  writeFileSync(rulesFile, wares('4'));
  const config = {
    rules: { folders: [rules] },
    subject_tag: '[SPAM] ',
    arc: { seal: { domain: 'sealer.test', selector: 's', key: `file:${keyFile}` } },
  };
  const start: Starting['start'] = act => {
    let isFirst = true;
    const heard: Heard = (line, kill) => {
      if (isFirst) act(line, kill);
      isFirst = false;
    };
    return startGateway(t, { dataDir: join(folder, 'data'), config, heard });
  };
  return { configFile: join(folder, 'postern.yaml'), rulesFile, start };
}

/** What it says that it has in force, once it knows. */
async function revisionOf({ dataDir }: Gateway): Promise<string> {
  const file = join(dataDir, 'in-force.json');
  for (;;) {
    const revision = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).revision : null;
    if (revision !== null) return revision;
    await delay(20);
  }
}

test('SIGHUP while it starts does not end it: it loads again when it has started', async t => {
  const { start } = starting(t);
  const events: unknown[] = [];
  const gateway = await start(({ event }, kill) => {
    events.push(event);
    kill('SIGHUP');
  });
  assert.deepEqual(events, ['private key readable by everybody']);
  await gateway.logged(({ event }) => event === 'rules reloaded');
});

for (const signal of ['SIGTERM', 'SIGINT'] as const)
  test(`${signal} while rules are loaded ends it as it ends one that has started, and nothing is left`, async t => {
    const { configFile, start } = starting(t);
    const folder = join(configFile, '../data');
    const failed: unknown = await start((_, kill) => kill(signal)).catch((error: unknown) => error);
    const [ended = '', ...said] = String(failed).split('\n');
    assert.match(ended, /the gateway ended \(0\)/, String(failed));
    // What it complains of would be no JSON.
    const events = said.map(line => JSON.parse(line).event);
    assert.deepEqual(events.slice(-2), ['stopping', 'stopped']);
    assert.ok(!events.includes('listening'));
    assert.ok(!existsSync(join(folder, 'in-force.json')));
    const spool = join(folder, 'spool');
    assert.deepEqual(existsSync(spool) ? readdirSync(spool) : [], []);
    const gateway = await start(() => {});
    assert.equal((await gateway.request('/v1/quarantine')).status, 200);
  });

/** The process tells itself to stop when it comes to load its parts: what it was told is heard, and nothing has been started. */
const stoppedAtItsParts = `--import=data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  registerHooks({
    load(url, context, next) {
      if (url.endsWith('/compose/gateway.ts')) process.emit('SIGTERM', 'SIGTERM');
      return next(url, context);
    },
  });
`)}`;

for (const checks of ['all', 'none'] as const)
  test(`told to stop before it has its parts (checks: ${checks}) it ends with 0, and data_dir is as it was`, async t => {
    const dataDir = join(tempDir(t), 'data');
    mkdirSync(dataDir);
    writeFileSync(join(dataDir, 'in-force.json'), '{}');
    const nodeOptions = [stoppedAtItsParts];
    const failed: unknown = await startGateway(t, { dataDir, config: { checks }, nodeOptions }).catch(error => error);
    assert.match(String(failed), /the gateway ended \(0\)/);
    assert.match(String(failed), /"stopping"\}\n.*"stopped"\}$/);
    assert.deepEqual(readdirSync(dataDir), ['in-force.json']);
  });

test('files that are changed while it starts are loaded again, and then it knows what it has in force', {
  timeout: 60_000,
}, async t => {
  const { configFile, rulesFile, start } = starting(t);
  const gateway = await start(() => writeFileSync(rulesFile, wares('3')));
  await gateway.logged(({ event }) => event === 'rules reloaded');
  assert.equal(await revisionOf(gateway), revisionOnDisk(configFile));
});

/** An address that somebody else has. */
async function takenAddress(t: TestContext): Promise<string> {
  const taken = createServer().listen(0, '127.0.0.1');
  t.after(() => taken.close());
  await once(taken, 'listening');
  return `127.0.0.1:${(taken.address() as AddressInfo).port}`;
}

test('the first API token is shown also by a start that fails after it was kept, and nothing is said to be in force', async t => {
  const dataDir = join(tempDir(t), 'data');
  const api = { listen: '127.0.0.1:0' };
  const start = (address: string) => startGateway(t, { dataDir, config: { api, smtp: { listen: [{ address }] } } });
  // What one that was killed had in force is not in force.
  mkdirSync(dataDir);
  writeFileSync(join(dataDir, 'in-force.json'), '{}');
  const failed: unknown = await start(await takenAddress(t)).catch((error: unknown) => error);
  const [, secret] = /shown only now: (postern_\S+)/.exec(String(failed)) ?? [];
  assert.ok(secret, String(failed));
  assert.ok(!existsSync(join(dataDir, 'in-force.json')));
  const gateway = await start('127.0.0.1:0');
  const headers = { authorization: `Bearer ${secret}` };
  const { status } = await gateway.request('/v1/quarantine', { headers });
  assert.equal(status, 200);
});

/** A data_dir whose quarantine has a copy that is to be released, as one has that a kill left. */
async function releasing(t: TestContext) {
  const dataDir = join(tempDir(t), 'data');
  const open = () => openTestStore(t, dataDir, noFaults, new FakeClock(Date.now()));
  const { quarantine, clock, close } = await open();
  const [id = assert.fail('not kept')] = (await quarantine.keep(newEntry(), spam(1), 'held')).values();
  await quarantine.beginRelease(id, 'all', clock.now());
  await close();
  const state = async () => (await (await open()).quarantine.get(id))?.state;
  return { dataDir, state };
}

test('a start that fails sends no copy that is to be released', async t => {
  const { dataDir } = await releasing(t);
  const nextHop = await startFakeNextHop(t);
  const listen = [{ address: await takenAddress(t) }];
  const config = { next_hop: `smtp://127.0.0.1:${nextHop.port}`, recipients: 'none', smtp: { listen } };
  await assert.rejects(startGateway(t, { dataDir, config }), /EADDRINUSE/);
  assert.deepEqual(
    nextHop.commands.filter(command => command.startsWith('MAIL')),
    [],
  );
});

test('told to stop while a next hop has a copy, it ends when that was answered, and the copy counts as released', async t => {
  const { dataDir, state } = await releasing(t);
  const told = Promise.withResolvers<Gateway>();
  const nextHop = await startFakeNextHop(t, {
    final: async () => {
      const { kill, request } = await told.promise;
      kill('SIGTERM');
      // The API has ended, and all would have that does not wait for us.
      while (await request('/healthz').catch(() => null)) await delay(20);
      return '250 2.0.0 Ok';
    },
  });
  const config = { next_hop: `smtp://127.0.0.1:${nextHop.port}`, recipients: 'none' };
  const gateway = await startGateway(t, { dataDir, config });
  told.resolve(gateway);
  assert.equal(await gateway.exited, 0);
  assert.deepEqual([await state(), nextHop.received.length], ['released', 1]);
});
