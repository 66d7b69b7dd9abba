// A gateway without checks: it relays by its profiles alone, and loads rules when somebody asks for them.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { rule } from '../rules/rule-set.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { startRecordingNextHop } from '../support/recording-next-hop.ts';
import { SmtpClient } from '../support/smtp-client.ts';
import { type Ending, tempDir } from '../support/temp.ts';
import { arrival, explained, gtube, letter } from './letters.ts';

const own = rule('WARES', 'match: { subject: /wares/ }', '1').replace(
  '{ hit: [{}], miss: [{}] }',
  '{ hit: [{ subject: wares }], miss: [{ subject: ware }] }',
);

async function relayFor(t: Ending, ownRules: string) {
  const nextHop = await startRecordingNextHop(t);
  const folder = tempDir(t);
  writeFileSync(join(folder, 'own.yaml'), ownRules);
  const gateway = await startGateway(t, {
    config: {
      checks: 'none',
      next_hop: nextHop.url,
      recipients: 'none',
      domains: { 'guarded.test': { profile: 'legal' } },
      rules: { folders: [folder] },
    },
  });
  return { gateway, nextHop, folder };
}

async function relayed(gateway: Gateway, from: string): Promise<void> {
  const client = await SmtpClient.ready(gateway.smtp.port);
  const content = letter(from, 'our wares', gtube).toString('latin1');
  const { code } = await client.deliver({ from, to: ['reader@guarded.test'], content });
  assert.equal(code, 250);
  await client.command('QUIT');
}

async function rulesInForce(gateway: Gateway): Promise<number> {
  const text = await (await gateway.request('/metrics')).text();
  return Number(/^postern_rules (\d+)$/m.exec(text)?.[1]);
}

test('it relays whatever comes, under its profile, with no rule in force', async t => {
  const { gateway, nextHop } = await relayFor(t, own);
  await relayed(gateway, 'a@pass.test');
  assert.ok(await arrival(nextHop, 'a@pass.test'));
  const { verdicts } = await explained(gateway, 'a@pass.test');
  assert.deepEqual(
    verdicts.map(({ action, score, hits }) => [action, score, hits]),
    [['deliver', 0, []]],
  );
  assert.equal(await rulesInForce(gateway), 0);
  const legal = await gateway.request('/v1/profiles/legal/thresholds');
  assert.deepEqual(((await legal.json()) as { reject: unknown }).reject, null);
});

test('who asks for a score has it, and may set it; mail is relayed as before', async t => {
  const { gateway } = await relayFor(t, own);
  const shown = await gateway.request('/v1/scores/WARES');
  assert.deepEqual([shown.status, ((await shown.json()) as { score: number }).score], [200, 1]);
  assert.ok((await rulesInForce(gateway)) > 500);
  const set = await gateway.request('/v1/scores/WARES', {
    method: 'PUT',
    headers: { 'content-type': 'application/json', 'if-match': '*' },
    body: JSON.stringify({ score: 20, why: 'Nobody here buys these.' }),
  });
  assert.equal(set.status, 200);
  await relayed(gateway, 'a@pass.test');
  const { verdicts } = await explained(gateway, 'a@pass.test');
  assert.deepEqual([verdicts[0]?.action, verdicts[0]?.score], ['deliver', 0]);
});

test('rules that do not load keep nobody from relaying; a reload says what is wrong with them', async t => {
  const { gateway, folder } = await relayFor(t, own.replace('/wares/', '/(wares/'));
  await relayed(gateway, 'a@pass.test');
  gateway.kill('SIGHUP');
  const { err } = await gateway.logged(({ event }) => event === 'rules not reloaded: those in force stay');
  assert.match((err as { message: string }).message, /own\.yaml:7: \/\(wares\/: Unterminated group/);
  await relayed(gateway, 'b@pass.test');
  writeFileSync(join(folder, 'own.yaml'), own);
  gateway.kill('SIGHUP');
  await gateway.logged(({ event }) => event === 'rules reloaded');
  assert.ok((await rulesInForce(gateway)) > 500);
  await relayed(gateway, 'c@pass.test');
});
