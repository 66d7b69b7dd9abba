// A change tried on yesterday's mail: `postern replay` over the ledger and quarantine of a gateway that runs.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { ReplayReport } from '../../src/trial/replay-report.ts';
import { rule } from '../rules/rule-set.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { missing } from '../support/real-parts.ts';
import { startRecordingNextHop } from '../support/recording-next-hop.ts';
import { tempDir } from '../support/temp.ts';
import { explained, heldFrom, letter } from './letters.ts';
import { swaks } from './swaks.ts';

const skip = missing('swaks', 'swaks');
const main = join(import.meta.dirname, '../../src/main.ts');

async function gatewayWith(t: TestContext, rules: string, config: object = {}, profiles: Record<string, string> = {}) {
  const nextHop = await startRecordingNextHop(t);
  const folder = tempDir(t);
  writeFileSync(join(folder, 'own.yaml'), rules);
  mkdirSync(join(folder, 'profiles'));
  for (const [name, text] of Object.entries(profiles)) writeFileSync(join(folder, 'profiles', name), text);
  const dataDir = join(tempDir(t), 'data');
  const whole = {
    next_hop: nextHop.url,
    recipients: 'none',
    domains: { 'guarded.test': {} },
    rules: { folders: [folder] },
    ...config,
  };
  const gateway = await startGateway(t, { dataDir, config: whole });
  const configFile = join(dataDir, '../postern.yaml');
  /** What `postern replay` says of a change with this text. */
  const replayed = (text: string, ...more: readonly string[]) => {
    const change = join(tempDir(t), 'change.yaml');
    writeFileSync(change, text);
    const args = [main, 'replay', '--change', change, '--config', configFile, ...more];
    return spawnSync(process.execPath, args, { encoding: 'utf8', env: { PATH: process.env.PATH } });
  };
  const report = (text: string, ...more: readonly string[]): ReplayReport => {
    const { status, stdout, stderr } = replayed(text, '--json', ...more);
    assert.equal(status, 0, stderr);
    return JSON.parse(stdout);
  };
  return { gateway, config: whole, folder, replayed, report };
}

/** Resolves when the ledger has it. */
async function send(gateway: Gateway, from: string, subject: string, body: string): Promise<void> {
  const content = letter(from, subject, body);
  const { code } = await swaks({ port: gateway.smtp.port, from, to: ['reader@guarded.test'], content });
  assert.equal(code, 250);
  await explained(gateway, from);
}

const wares = rule('WARES', 'match: { subject: /wares/ }', '12').replace(
  '{ hit: [{}], miss: [{}] }',
  '{ hit: [{ subject: wares }], miss: [{ subject: ware }] }',
);

test('scores are weighed from the hits, conditions judged from the facts, patterns sought where bytes were kept', {
  skip,
}, async t => {
  const { gateway, report, replayed } = await gatewayWith(t, wares);
  await send(gateway, 'friend@pass.test', 'lunch', 'At noon, by the secret door.');
  await send(gateway, 'seller@pass.test', 'our wares', 'Cheap, by the secret door.');
  assert.notEqual(await heldFrom(gateway, 'seller@pass.test'), null);

  const nothing = report('[]');
  assert.deepEqual([nothing.messages, nothing.flipped, nothing.told.hits], [2, 0, 2]);

  const rescored = report('scores: { WARES: { score: 1, why: They are ours. } }', '--last', '1h');
  assert.deepEqual(rescored.flips, [{ from: 'quarantine', to: 'deliver', verdicts: 1 }]);
  assert.equal(rescored.told.hits, 2);
  const [flip] = rescored.named;
  assert.deepEqual(
    [flip?.reversePath, flip?.domains, flip?.moved],
    ['seller@pass.test', ['guarded.test'], [{ symbol: 'WARES', before: 12_000, after: 1000 }]],
  );

  const conditional = report(rule('LUNCH', "when: message.subject == 'lunch'", '30'));
  assert.deepEqual(conditional.flips, [{ from: 'deliver', to: 'reject', verdicts: 1 }]);
  assert.equal(conditional.told.facts, 2);

  const sought = report(rule('SECRET', 'match: { text: /secret/ }', '30'));
  assert.deepEqual([sought.flips, sought.unknown.patterns], [[{ from: 'quarantine', to: 'reject', verdicts: 1 }], 1]);
  assert.deepEqual(sought.told, { hits: 0, facts: 0, texts: 0, bytes: 1 });

  const { status, stdout } = replayed('scores: { WARES: { score: 1, why: They are ours. } }', '--exit-code');
  assert.equal(status, 1);
  assert.match(stdout, /2 messages, 2 verdicts: 1 flip \(50 %\), 1 do not\n {2}quarantine -> deliver: 1\n/);
  assert.match(
    stdout,
    /<seller@pass\.test> to @guarded\.test \(default\): quarantine -> deliver, score .*: WARES 12 -> 1\n/,
  );

  const refused = replayed('scores: { WARE: { score: 1, why: They are ours. } }');
  assert.equal(refused.status, 78);
  assert.match(refused.stderr, /change\.yaml:1: unknown symbol WARE \(did you mean WARES\?\)/);
});

/** Resolves when the texts of so many messages are on disk. */
async function textsKept(gateway: Gateway, messages: number): Promise<void> {
  const wanted = new RegExp(`^postern_ledger_texts_total\\{outcome="kept"\\} ${messages}$`, 'm');
  while (!wanted.test(await (await gateway.request('/metrics')).text())) await delay(20);
}

test('with texts kept, new patterns are sought in delivered mail too, until nothing is to be kept any more', {
  skip,
}, async t => {
  const { gateway, config, report } = await gatewayWith(t, wares, { ledger: { keep_texts: 'sought' } });
  await send(gateway, 'friend@pass.test', 'lunch', 'At noon, by the secret door.');
  await send(gateway, 'colleague@pass.test', 'minutes', 'Of the meeting.');
  await send(gateway, 'seller@pass.test', 'our wares', 'Cheap, by the secret door.');
  await textsKept(gateway, 2);

  const secret = rule('SECRET', 'match: { text: /secret/ }', '30');
  const sought = report(secret);
  assert.deepEqual(
    sought.named.map(({ reversePath, from, to }) => [reversePath, from, to]),
    [
      ['friend@pass.test', 'deliver', 'reject'],
      ['seller@pass.test', 'quarantine', 'reject'],
    ],
  );
  // What lies in the quarantine is not kept twice.
  assert.deepEqual([sought.unknown.patterns, sought.told], [0, { hits: 0, facts: 0, texts: 2, bytes: 1 }]);

  // Header fields of which no rule ever asked are kept; the message as it came is not.
  const header = report(rule('TO_READER', 'match: { "header:to": /reader/ }', '30'));
  assert.deepEqual([header.flipped, header.told.texts], [3, 2]);
  const raw = report(rule('AS_IT_CAME', 'match: { raw: /secret/ }', '30'));
  assert.deepEqual([raw.unknown.patterns, raw.told.texts, raw.told.bytes], [2, 0, 1]);

  gateway.kill('SIGTERM');
  await gateway.exited;
  const off = await startGateway(t, { dataDir: gateway.dataDir, config: { ...config, ledger: {} } });
  await off.logged(line => line.event === 'kept texts deleted');
  const unknown = report(secret);
  assert.deepEqual([unknown.unknown.patterns, unknown.told], [2, { hits: 0, facts: 0, texts: 0, bytes: 1 }]);
});

test('patterns that were reloaded at noon: what the morning’s mail was sought for is known in the afternoon', {
  skip,
}, async t => {
  const { gateway, folder, report } = await gatewayWith(t, wares);
  await send(gateway, 'morning@pass.test', 'plain', 'Of the morning.');
  const more = rule('GOODS', 'match: { subject: /goods/ }', '12').replace(
    '{ hit: [{}], miss: [{}] }',
    '{ hit: [{ subject: goods }], miss: [{ subject: good }] }',
  );
  writeFileSync(join(folder, 'more.yaml'), more);
  gateway.kill('SIGHUP');
  await gateway.logged(line => line.event === 'rules reloaded');
  await send(gateway, 'noon@pass.test', 'our goods', 'Of the afternoon.');

  // WARES was sought in both, GOODS in one.
  const changed = report('scores: { WARES: { score: 30, why: For tests. } }');
  assert.deepEqual([changed.messages, changed.unknown.patterns, changed.flipped], [2, 1, 0]);
  assert.deepEqual(changed.told, { hits: 1, facts: 0, texts: 0, bytes: 0 });
  const small = report('scores: { GOODS: { score: 0.1, why: For tests. } }');
  assert.deepEqual([small.unknown.patterns, small.flips], [1, [{ from: 'quarantine', to: 'deliver', verdicts: 1 }]]);
  const recorded = report('scores: { GOODS: { score: 0.1, why: For tests. } }', '--against', 'recorded');
  assert.deepEqual(
    [recorded.unknown.patterns, recorded.flips],
    [0, [{ from: 'quarantine', to: 'deliver', verdicts: 1 }]],
  );

  // And in the evening, when the files have changed once more.
  writeFileSync(join(folder, 'more.yaml'), more + rule('EXTRA', 'match: { subject: /extra/ }', '0.1'));
  const evening = report('scores: { GOODS: { score: 0.1, why: For tests. } }', '--against', 'recorded');
  assert.deepEqual([evening.flips, evening.told], [recorded.flips, { hits: 0, facts: 2, texts: 0, bytes: 0 }]);
});

const onTrial = `
- symbol: LUNCHES
  summary: Somebody invites.
  group: testing
  score: 6
  shadow: true
  match: { subject: /lunch|wares/ }
  tests: { hit: [{ subject: lunch }], miss: [{ subject: dinner }] }
`;
const strict = `
profile: strict
extends: default
thresholds: { tag: 5, quarantine: 40, reject: none }
always: { LUNCHES: reject, WARES: tag }
`;

test('what is on trial is recorded and does nothing; the report says what it would have done', { skip }, async t => {
  const { gateway, report } = await gatewayWith(
    t,
    wares + onTrial,
    {
      shadow_profiles: { default: 'strict' },
    },
    { 'strict.yaml': strict },
  );
  await send(gateway, 'friend@pass.test', 'lunch', 'At noon.');
  await send(gateway, 'seller@pass.test', 'our wares', 'Cheap.');
  const held = await heldFrom(gateway, 'seller@pass.test');
  assert.equal(await heldFrom(gateway, 'friend@pass.test'), null);
  const released = await gateway.request(`/v1/quarantine/${held?.id}/release`, {
    method: 'POST',
    body: '{}',
    headers: { 'content-type': 'application/json' },
  });
  assert.equal(released.status, 200);
  await send(gateway, 'spammer@pass.test', 'their wares', 'Cheaper.');
  const spam = await heldFrom(gateway, 'spammer@pass.test');
  assert.equal((await gateway.request(`/v1/quarantine/${spam?.id}`, { method: 'DELETE' })).status, 204);

  const config = join(gateway.dataDir, '../postern.yaml');
  const shown = spawnSync(process.execPath, [main, 'shadow', 'report', '--config', config], { encoding: 'utf8' });
  assert.deepEqual(
    [shown.status, shown.stdout.split('\n')],
    [
      0,
      [
        '3 messages',
        'LUNCHES fired in 3 verdicts',
        '  of this mail 1 released and 1 deleted by reviewers',
        '  would have been stricter with 3, milder with 0; of these 1 released and 1 deleted',
        '    deliver -> tag: 1',
        '    quarantine -> reject: 2',
        'default > strict judged 3 verdicts',
        '  of this mail 1 released and 1 deleted by reviewers',
        '  would have been stricter with 0, milder with 2; of these 1 released and 1 deleted',
        '    quarantine -> tag: 2',
        '',
      ],
    ],
  );
  const asked = await gateway.request('/v1/shadow');
  assert.equal(asked.status, 200);
  const { rules, profiles } = (await asked.json()) as { rules: object[]; profiles: object[] };
  assert.deepEqual([rules.length, profiles.length], [1, 1]);

  // To take it off trial is a change like any other, told from the hits on record.
  const promoted = report(onTrial.replace('shadow: true', 'shadow: false'));
  assert.deepEqual([promoted.flips.length, promoted.told.hits], [2, 3]);
});

test('over REST a replay runs beside the gateway, one at a time, and says what does not load', { skip }, async t => {
  const { gateway } = await gatewayWith(t, wares);
  await send(gateway, 'seller@pass.test', 'our wares', 'Cheap.');
  const replay = (body: object) =>
    gateway.request('/v1/replays', {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    });
  const change = { overrides: { scores: { WARES: { score: 1, why: 'They are ours.' } } } };
  const [first, second] = await Promise.all([replay(change), replay(change)]);
  assert.deepEqual([first.status, second.status].sort(), [200, 409]);
  const answered = first.status === 200 ? first : second;
  const { flips, messages } = (await answered.json()) as { flips: object[]; messages: number };
  assert.deepEqual([messages, flips], [1, [{ from: 'quarantine', to: 'deliver', verdicts: 1 }]]);

  const refused = await replay({ overrides: { scores: { WARE: { score: 1, why: 'They are ours.' } } } });
  assert.equal(refused.status, 422);
  const { errors } = (await refused.json()) as { errors: { detail: string }[] };
  assert.deepEqual(
    errors.map(({ detail }) => detail),
    ['overrides.yaml:1: unknown symbol WARE (did you mean WARES?)'],
  );
});
