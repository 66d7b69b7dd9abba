// All checks over one mail.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checks } from '../../src/checks/index.ts';
import { dnsFactBytes, factsBytes } from '../../src/inspect/facts.ts';
import { plan, run } from '../../src/inspect/run.ts';
import { subjectOf } from './mail-scene.ts';

const long = 'é'.repeat(70);
const label = (letter: string, i: number) => `${letter.repeat(50)}${i}`;
const times = <T>(count: number, of: (i: number) => T): readonly T[] => Array.from({ length: count }, (_, i) => of(i));

const html = times(
  300,
  i =>
    `<a href="https://${label('b', i)}.${label('c', 0)}.test/login/${'x'.repeat(300)}?u=https://${label('e', i)}.test/">www.${label('f', i)}.example ${long}</a><form action="https://${label('g', i)}.test/">`,
).join('');
const attachments = times(
  100,
  i => `--b\nContent-Type: application/${label('x', i)}; name="${long}${long}${i}.e${i}.exe"\n\nx\n`,
).join('');
const mail = [
  `From: "${long}${long}" <a@${label('y', 1)}.${label('y', 2)}.${label('y', 3)}.example>, ${times(50, i => `b@${label('k', i)}.example`).join(', ')}`,
  `Reply-To: <${'r'.repeat(300)}@${label('r', 1)}.example>`,
  `Subject: ${long.repeat(10)} acc0unt`,
  `Message-ID: <1@${'m'.repeat(250)}>`,
  `List-Id: <${'l'.repeat(250)}>`,
  `List-Unsubscribe: ${times(20, i => `<https://${label('u', i)}.test/>`).join(', ')}`,
  `X-Mailer: ${long}${long}`,
  `Return-Path: <a@${'r'.repeat(250)}>`,
  ...times(20, i => `List-${'n'.repeat(38)}${i}: x`),
  `Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html; charset=utf-8\n\n${html}\n${attachments}--b--\n`,
].join('\n');

test('a mail that makes much of everything does not choose which evidence there is no room for', async () => {
  const raw = Buffer.from(mail.replaceAll('\n', '\r\n'));
  const limits = { deadlineMs: 60_000, factsBytes: factsBytes - dnsFactBytes, now: () => 0 };
  const facts = await run(plan(checks), subjectOf(raw), limits);
  const truncated = Object.entries(facts).filter(([, fact]) => fact.state === 'failed' && fact.reason === 'truncated');
  assert.deepEqual(truncated, []);
});
