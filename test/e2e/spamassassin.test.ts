// SpamAssassin's rules beside ours, from the client's last dot to the reply: loaded at start, and again on SIGHUP.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startGateway } from '../support/gateway.ts';
import { missing } from '../support/real-parts.ts';
import { startRecordingNextHop } from '../support/recording-next-hop.ts';
import { tempDir } from '../support/temp.ts';
import { arrival, explained, heldFrom, letter } from './letters.ts';
import { swaks } from './swaks.ts';

const first = `
header __SUBJ_RARE  Subject =~ /\\bquartz\\b/i
body __RARE         /\\bfeldspar\\b/
tflags __RARE       multiple
meta STONES         __SUBJ_RARE && __RARE >= 2
score STONES        9
describe STONES     Speaks of stones
header RARE_CHARSET Subject =~ /caf\\xc3\\xa9/
score RARE_CHARSET  0.25
header SHOUTS       eval:subject_is_all_caps()
score SHOUTS        0.3
body DISGUISED      /f(?:e|e)+l(?:d|d)*spar.*twice.*over/
score DISGUISED     0.2
score DISGUISES     0.4
`;

test('SpamAssassin’s rules decide with ours, and are read again on SIGHUP', {
  skip: missing('swaks', 'swaks'),
}, async t => {
  const folder = join(tempDir(t), 'sa');
  mkdirSync(folder);
  writeFileSync(join(folder, 'a.cf'), first);
  const nextHop = await startRecordingNextHop(t);
  const gateway = await startGateway(t, {
    config: {
      next_hop: nextHop.url,
      rules: { spamassassin: [folder] },
      domains: { 'guarded.test': {} },
      dns: { servers: ['127.0.0.1:9'], timeout: '500ms' },
    },
  });
  const send = (from: string, subject: string, body: string) =>
    swaks({ port: gateway.smtp.port, from, to: ['reader@guarded.test'], content: letter(from, subject, body) });

  /** The symbols of the group, as the ledger has them. */
  const fired = async (from: string) => {
    const { verdicts } = await explained(gateway, from);
    return verdicts.flatMap(({ hits }) => hits.filter(hit => hit.set_by.startsWith(folder)).map(hit => hit.symbol));
  };

  assert.deepEqual((await gateway.logged(({ event }) => event === 'spamassassin_lines_unused')).lines, [
    `${folder}/a.cf:14: score for DISGUISES, a rule that is not among these files or that an if leaves out`,
  ]);
  assert.equal((await send('one@a.test', 'Quartz', 'feldspar, once')).code, 250);
  assert.deepEqual(await fired('one@a.test'), []);
  assert.notEqual(await arrival(nextHop, 'one@a.test'), null);

  assert.equal((await send('two@a.test', 'Quartz =?utf-8?q?caf=C3=A9?=', 'feldspar and feldspar')).code, 250);
  assert.deepEqual(await fired('two@a.test'), ['STONES', 'RARE_CHARSET']);
  assert.notEqual(await heldFrom(gateway, 'two@a.test'), null);

  // A function of SpamAssassin's, and a pattern that V8 could take too long over.
  assert.equal((await send('loud@a.test', 'STONES OF ALL KINDS', 'feldspar, twice and over')).code, 250);
  assert.deepEqual(await fired('loud@a.test'), ['SHOUTS', 'DISGUISED']);

  writeFileSync(join(folder, 'a.cf'), first.replace('score STONES        9', 'score STONES        0.5'));
  gateway.kill('SIGHUP');
  const reloaded = await gateway.logged(line => /^rules (?:not )?reloaded/.test(String(line.event)));
  assert.equal(reloaded.event, 'rules reloaded', JSON.stringify(reloaded));
  assert.equal((await send('three@a.test', 'Quartz', 'feldspar and feldspar')).code, 250);
  assert.deepEqual(await fired('three@a.test'), ['STONES']);
  assert.notEqual(await arrival(nextHop, 'three@a.test'), null);
});
