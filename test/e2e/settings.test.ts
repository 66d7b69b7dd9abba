// Scores, thresholds and lists changed over REST: in force for the next message, visible in its verdict, and there after a restart.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { rule } from '../rules/rule-set.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { missing } from '../support/real-parts.ts';
import { startRecordingNextHop } from '../support/recording-next-hop.ts';
import { tempDir } from '../support/temp.ts';
import { type Explained, explained, letter } from './letters.ts';
import { swaks } from './swaks.ts';

const skip = missing('swaks', 'swaks');

const wares = rule('WARES', 'match: { subject: /wares/ }', '1').replace(
  '{ hit: [{}], miss: [{}] }',
  '{ hit: [{ subject: wares }], miss: [{ subject: ware }] }',
);
const ofAShop = rule('OF_A_SHOP', "when: inList('shops', from.domain)", '1').replace(
  '{ hit: [{}], miss: [{}] }',
  '{ hit: [{ facts: { from: { domain: one.test } } }], miss: [{ facts: { from: { domain: two.test } } }] }',
);

async function gatewayWith(t: TestContext, dataDir = join(tempDir(t), 'data')) {
  const nextHop = await startRecordingNextHop(t);
  const folder = tempDir(t);
  writeFileSync(join(folder, 'own.yaml'), wares + ofAShop);
  writeFileSync(join(folder, 'shops.txt'), 'one.test\n');
  const config = {
    next_hop: nextHop.url,
    recipients: 'none',
    domains: { 'guarded.test': {} },
    rules: { folders: [folder] },
  };
  const start = () => startGateway(t, { dataDir, config });
  return { start, folder, gateway: await start() };
}

async function send(gateway: Gateway, from: string, subject = 'our wares') {
  const content = letter(from, subject, 'A line.');
  const { code } = await swaks({ port: gateway.smtp.port, from, to: ['reader@guarded.test'], content });
  assert.equal(code, 250);
  const [verdict] = (await explained(gateway, from)).verdicts;
  assert.ok(verdict);
  return verdict;
}

const pointsOf = ({ hits }: Explained['verdicts'][number], symbol: string) =>
  hits.find(hit => hit.symbol === symbol)?.points;

/** What it answers, with its ETag. */
async function change(gateway: Gateway, method: string, path: string, ifMatch: string | null, body?: object) {
  const headers = {
    ...(ifMatch === null ? {} : { 'if-match': ifMatch }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const response = await gateway.request(path, { method, headers, ...sent });
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into what it just asked for
  return { status: response.status, etag: response.headers.get('etag') ?? '', json: (await response.json()) as any };
}

test('a score that is set is in force for the next message, cites the token, and is there after a restart', {
  skip,
}, async t => {
  const { gateway, start } = await gatewayWith(t);
  const before = await send(gateway, 'a@pass.test');
  assert.equal(pointsOf(before, 'WARES'), 1);

  const shown = await change(gateway, 'GET', '/v1/scores/WARES', null);
  assert.deepEqual([shown.status, shown.json.score, shown.json.override], [200, 1, null]);
  const body = { score: 20.5, why: 'Nobody here buys these.' };
  assert.equal((await change(gateway, 'PUT', '/v1/scores/WARES', null, body)).status, 428);
  assert.equal((await change(gateway, 'PUT', '/v1/scores/WARES', '"another"', body)).status, 412);
  const set = await change(gateway, 'PUT', '/v1/scores/WARES', shown.etag, body);
  assert.deepEqual([set.status, set.json.score, set.json.override.why], [200, 20.5, body.why]);
  assert.match(set.json.set_by, /^overrides\.yaml:2 \(api, bootstrap, 20\d\d-/);
  assert.equal((await change(gateway, 'PUT', '/v1/scores/WARES', shown.etag, body)).status, 412);
  const line = gateway.log.find(({ event }) => event === 'setting_changed');
  assert.deepEqual([line?.name, line?.value, line?.by], ['WARES', 20_500, 'bootstrap']);

  const refused = letter('b@pass.test', 'our wares', 'A line.');
  const { code } = await swaks({
    port: gateway.smtp.port,
    from: 'b@pass.test',
    to: ['reader@guarded.test'],
    content: refused,
  });
  assert.equal(code, 550);
  gateway.kill('SIGTERM');
  await gateway.exited;

  const again = await start();
  const still = await change(again, 'GET', '/v1/scores/WARES', null);
  assert.deepEqual([still.json, still.etag], [set.json, set.etag]);
  const back = await change(again, 'DELETE', '/v1/scores/WARES', still.etag);
  assert.deepEqual([back.status, back.json.score, back.json.override, back.etag], [200, 1, null, shown.etag]);
  assert.equal(readFileSync(join(again.dataDir, 'overrides.yaml'), 'utf8'), '');
  assert.equal(pointsOf(await send(again, 'c@pass.test'), 'WARES'), 1);
});

test('thresholds, weights and entries of lists are set in the same way, and what does not load changes nothing', {
  skip,
}, async t => {
  const { gateway } = await gatewayWith(t);
  const low = { tag: 0.5, quarantine: 8, reject: null, why: 'To see more.' };
  assert.equal((await change(gateway, 'PUT', '/v1/profiles/default/thresholds', '*', low)).status, 200);
  const tagged = await send(gateway, 'a@pass.test');
  assert.equal(tagged.action, 'tag');
  assert.ok(tagged.counterfactuals?.without.some(({ symbols }) => symbols.includes('WARES')));

  const heavy = { weight: 3, why: 'It is what we look for.' };
  assert.equal((await change(gateway, 'PUT', '/v1/profiles/default/weights/testing', '*', heavy)).json.weight, 3);
  assert.equal(pointsOf(await send(gateway, 'weighed@pass.test'), 'WARES'), 3);
  const unset = await change(gateway, 'DELETE', '/v1/profiles/default/weights/testing', '*');
  assert.deepEqual([unset.json.weight, unset.json.set_by], [1, null]);

  const entries = { add: ['pass.test'], remove: ['one.test'], why: 'It moved.' };
  const failing = await change(gateway, 'PUT', '/v1/lists/shops/entries', '*', entries);
  assert.equal(failing.status, 422);
  assert.match(failing.json.errors[0].detail, /own\.yaml:\d+: OF_A_SHOP: expected a hit, got it did not fire/);
  const added = await change(gateway, 'PUT', '/v1/lists/shops/entries', '*', { ...entries, remove: [] });
  assert.deepEqual(added.json.entries, ['one.test', 'pass.test']);
  assert.deepEqual(
    added.json.added.map(({ entry, by }: { entry: string; by: string }) => [entry, by]),
    [['pass.test', 'bootstrap']],
  );
  assert.equal(pointsOf(await send(gateway, 'b@pass.test'), 'OF_A_SHOP'), 1);

  const falling = { tag: 9, quarantine: 8, reject: null, why: 'A slip.' };
  const slip = await change(gateway, 'PUT', '/v1/profiles/default/thresholds', '*', falling);
  assert.equal(slip.status, 422);
  assert.match(slip.json.errors[0].detail, /thresholds rise/);
  assert.equal((await change(gateway, 'GET', '/v1/profiles/default/thresholds', null)).json.tag, 0.5);
  for (const path of [
    '/v1/scores/NOBODY',
    '/v1/profiles/nobody/thresholds',
    '/v1/profiles/default/weights/nobody',
    '/v1/lists/nobody/entries',
  ])
    assert.equal((await change(gateway, 'GET', path, null)).status, 404);
});

test('an override whose symbol an upgrade took away is set aside with a warning, and the others hold', {
  skip,
}, async t => {
  const { gateway, start, folder } = await gatewayWith(t);
  await change(gateway, 'PUT', '/v1/scores/OF_A_SHOP', '*', { score: 3, why: 'W.' });
  await change(gateway, 'PUT', '/v1/scores/WARES', '*', { score: 4, why: 'W.' });
  gateway.kill('SIGTERM');
  await gateway.exited;
  writeFileSync(join(folder, 'own.yaml'), wares);
  const again = await start();
  const line = await again.logged(({ event }) => event === 'overrides_set_aside');
  assert.deepEqual(line.overrides, ['scores.OF_A_SHOP: there is no such symbol any more']);
  assert.equal((await change(again, 'GET', '/v1/scores/WARES', null)).json.score, 4);
  assert.match(readFileSync(join(again.dataDir, 'overrides.yaml'), 'utf8'), /OF_A_SHOP/);
});
