// What comes while the gateway starts, and what is left of a start that fails.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { revisionOnDisk } from '../../src/config/revision.ts';
import { rule } from '../rules/rule-set.ts';
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

test('files that are changed while it starts are loaded again, and then it knows what it has in force', {
  timeout: 60_000,
}, async t => {
  const { configFile, rulesFile, start } = starting(t);
  const gateway = await start(() => writeFileSync(rulesFile, wares('3')));
  await gateway.logged(({ event }) => event === 'rules reloaded');
  assert.equal(await revisionOf(gateway), revisionOnDisk(configFile));
});

test('the first API token is shown also by a start that fails after it was kept', async t => {
  const taken = createServer().listen(0, '127.0.0.1');
  t.after(() => taken.close());
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const dataDir = join(tempDir(t), 'data');
  const api = { listen: '127.0.0.1:0' };
  const start = (address: string) => startGateway(t, { dataDir, config: { api, smtp: { listen: [{ address }] } } });
  const failed: unknown = await start(`127.0.0.1:${port}`).catch((error: unknown) => error);
  const [, secret] = /shown only now: (postern_\S+)/.exec(String(failed)) ?? [];
  assert.ok(secret, String(failed));
  const gateway = await start('127.0.0.1:0');
  const headers = { authorization: `Bearer ${secret}` };
  const { status } = await gateway.request('/v1/quarantine', { headers });
  assert.equal(status, 200);
});
