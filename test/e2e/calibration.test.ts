// Mail is reviewed, a sample is drawn and labelled, and the profile is calibrated by it: by commands, at a gateway that runs.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { rule } from '../rules/rule-set.ts';
import { startGateway } from '../support/gateway.ts';
import { missing } from '../support/real-parts.ts';
import { startRecordingNextHop } from '../support/recording-next-hop.ts';
import { tempDir } from '../support/temp.ts';
import { getJson } from '../torture/held.ts';
import { explained, heldFrom, letter } from './letters.ts';
import { swaks } from './swaks.ts';

const skip = missing('swaks', 'swaks');
const main = join(import.meta.dirname, '../../src/main.ts');

const about = (symbol: string, word: string, score: string): string =>
  rule(symbol, `match: { subject: /${word}/ }`, score).replace(
    '{ hit: [{}], miss: [{}] }',
    `{ hit: [{ subject: ${word} }], miss: [{ subject: other }] }`,
  );

async function gatewayOf(t: TestContext) {
  const nextHop = await startRecordingNextHop(t);
  const folder = tempDir(t);
  writeFileSync(join(folder, 'own.yaml'), about('WARES', 'wares', '6') + about('CATALOGUE', 'catalogue', '12'));
  const dataDir = join(tempDir(t), 'data');
  const config = {
    next_hop: nextHop.url,
    recipients: 'none',
    domains: { 'guarded.test': {} },
    rules: { folders: [folder] },
  };
  const gateway = await startGateway(t, { dataDir, config });
  const configFile = join(dataDir, '../postern.yaml');
  const postern = (...args: readonly string[]) => {
    const env = { PATH: process.env.PATH, POSTERN_URL: gateway.api, POSTERN_TOKEN: gateway.token };
    const all = [main, ...args, '--config', configFile];
    const { status, stdout, stderr } = spawnSync(process.execPath, all, { encoding: 'utf8', env });
    return { status, text: stdout, stderr };
  };
  const calibrate = (...more: readonly string[]) =>
    postern('profiles', 'calibrate', '--profile', 'default', '--target-fp', '40%', ...more);
  return { gateway, postern, calibrate };
}

type TestGateway = Awaited<ReturnType<typeof gatewayOf>>['gateway'];

async function send(gateway: TestGateway, from: string, subject: string): Promise<string> {
  const content = letter(from, subject, 'A line.');
  const { code } = await swaks({ port: gateway.smtp.port, from, to: ['reader@guarded.test'], content });
  assert.equal(code, 250);
  return (await explained(gateway, from)).verdicts[0]?.action ?? '';
}

async function post(gateway: TestGateway, path: string, body: object = {}): Promise<number> {
  const headers = { 'content-type': 'application/json' };
  const sent = Object.keys(body).length === 0 ? {} : { headers, body: JSON.stringify(body) };
  return (await gateway.request(path, { method: 'POST', ...sent })).status;
}

interface Sample {
  readonly sample: { readonly bands: readonly object[] };
  readonly items: readonly { readonly message: string; readonly seen: { readonly reverse_path: string } }[];
}

test('what reviewers say of a sample moves the threshold as far as it shows that it may, and no farther', {
  skip,
}, async t => {
  const { gateway, postern, calibrate } = await gatewayOf(t);
  const sent = await Promise.all([
    ...Array.from({ length: 12 }, (_, i) => send(gateway, `friend@wanted${i}.test`, 'lunch')),
    ...Array.from({ length: 6 }, (_, i) => send(gateway, `seller@spam${i}.test`, 'our wares')),
  ]);
  assert.deepEqual(sent, [...Array(12).fill('deliver'), ...Array(6).fill('tag')]);
  assert.equal(await send(gateway, 'shop@wanted.test', 'the catalogue'), 'quarantine');

  const entry = await heldFrom(gateway, 'shop@wanted.test');
  assert.equal(await post(gateway, `/v1/quarantine/${entry?.id}/release`), 200);
  assert.equal(await post(gateway, '/v1/samples'), 201);
  assert.equal(await post(gateway, '/v1/samples'), 409);
  const { sample, items } = await getJson<Sample>(gateway, '/v1/samples');
  assert.deepEqual(sample.bands, [
    { profile: 'default', action: 'deliver', messages: 12, labelled: 0, drawn: 12 },
    { profile: 'default', action: 'quarantine', messages: 1, labelled: 1, drawn: 0 },
    { profile: 'default', action: 'tag', messages: 6, labelled: 0, drawn: 6 },
  ]);
  const unread = calibrate();
  assert.equal(unread.status, 65);
  assert.match(unread.text, /18 drawn messages wait for a label/);
  assert.match(unread.text, /refused: to show that at most 40 % is stopped takes \d more independent wanted messages/);

  for (const { message, seen } of items) {
    const label = seen.reverse_path.startsWith('seller@') ? 'spam' : 'ham';
    assert.equal(await post(gateway, `/v1/messages/${message}/label`, { label }), 200);
  }
  assert.deepEqual((await getJson<Sample>(gateway, '/v1/samples')).items, []);

  const { status, text, stderr } = calibrate('--apply');
  assert.equal(status, 0, stderr);
  assert.match(text, /from 1 sample of 19 messages/);
  assert.match(text, /labelled: 13 wanted of 13 senders, worth 13 independent ones .*, 6 unwanted\n/);
  assert.match(text, / {2}quarantine: 8 -> 6(?:\.5)?\n/);
  assert.match(text, /wanted mail stopped: 7\.69 % -> 7\.69 %, at most 3\d(?:\.\d)? % with/);
  assert.match(text, /unwanted mail stopped: 0 % -> 100 %\napplied: in force in the running gateway\n$/);
  const now = await getJson<{ quarantine: number; override: { why: string; by: string } }>(
    gateway,
    '/v1/profiles/default/thresholds',
  );
  assert.ok(now.quarantine < 7);
  assert.match(
    now.override.why,
    /^Calibrated on 20\d\d-\d\d-\d\d for 40 %: 1 of 13 wanted messages stopped, at most 3/,
  );
  assert.equal(now.override.by, 'bootstrap');
  assert.equal(await send(gateway, 'seller@spam9.test', 'our wares'), 'quarantine');
  const { text: printed } = postern('config', 'print', '--origin', '--rules');
  assert.match(printed, new RegExp(`quarantine: ${now.quarantine} +# overrides\\.yaml:\\d+ \\(api, bootstrap, 20`));
});
