// Attachments that are larger than what is kept of them decoded, through the gateway as a user runs it.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { type RecordingNextHop, startRecordingNextHop } from '../support/recording-next-hop.ts';
import { SmtpClient } from '../support/smtp-client.ts';
import type { Ending } from '../support/temp.ts';
import { arrival, eicar, explained, letterWith } from './letters.ts';

/** 8 MiB that do not deflate. */
const large = Buffer.concat(Array.from({ length: 262_144 }, (_, i) => createHash('sha256').update(`${i}`).digest()));

/** A ZIP archive's local header (APPNOTE.TXT 4.3.7) and its content, deflated. */
function member(name: string, content: Buffer): Buffer {
  const packed = deflateRawSync(content);
  const header = Buffer.alloc(30);
  header.write('504b0304', 'hex');
  header.writeUInt16LE(8, 8);
  header.writeUInt32LE(packed.length, 18);
  header.writeUInt16LE(name.length, 26);
  return Buffer.concat([header, Buffer.from(name), packed]);
}

async function started(t: Ending): Promise<{ gateway: Gateway; nextHop: RecordingNextHop }> {
  const nextHop = await startRecordingNextHop(t);
  const config = { next_hop: nextHop.url, domains: { 'guarded.test': {} } };
  return { nextHop, gateway: await startGateway(t, { config }) };
}

async function send(gateway: Gateway, from: string, content: Buffer): Promise<number> {
  const client = await SmtpClient.ready(gateway.smtp.port);
  const mail = { from, to: ['reader@guarded.test'], content: content.toString('latin1') };
  const { code } = await client.deliver(mail);
  client.destroy();
  return code;
}

test('an archive arrives as it was sent, and what is in it was listed', async t => {
  const { gateway, nextHop } = await started(t);
  const sent = letterWith('a@clean.test', 'Plans', 'plans.zip', member('plans.bin', large));
  assert.equal(await send(gateway, 'a@clean.test', sent), 250);
  const content = (await arrival(nextHop, 'a@clean.test'))?.content;
  assert.ok(content?.subarray(-sent.length).equals(sent));
  const { facts } = await explained(gateway, 'a@clean.test');
  const { value } = facts.attachments as unknown as { value: Record<string, unknown> };
  assert.deepEqual([value.member_names, value.detected, value.is_over_budget], [['plans.bin'], ['zip'], false]);
});

test('EICAR in an archive behind much else is refused', async t => {
  const { gateway } = await started(t);
  const archive = Buffer.concat([member('plans.bin', large), member('eicar.com', Buffer.from(eicar))]);
  assert.equal(await send(gateway, 'a@bad.test', letterWith('a@bad.test', 'Plans', 'plans.zip', archive)), 550);
});
