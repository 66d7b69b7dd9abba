// ClamAV's opinion as evidence: what was not scanned is never clean (THREATS.md 36, 37).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Skipped } from '../../src/checks/check.ts';
import { clamavCheck } from '../../src/checks/clamav.ts';
import type { ScanResult } from '../../src/model/ask.ts';
import { TemporaryFailure } from '../../src/model/failure.ts';
import { clamdScanner } from '../../src/scan/clamd.ts';
import { eicar } from '../../src/scan/eicar.ts';
import { startClamd } from '../support/clamd.ts';
import { FakeClock } from '../support/clock.ts';
import { missing } from '../support/real-parts.ts';
import { observed, subjectOf } from './mail-scene.ts';

const plain = 'Subject: x\n\nHello\n';
/** Readers disagree: two boundaries. */
const doubtful = 'Content-Type: multipart/mixed; boundary=b; boundary=c\n\n--b\n\nHello\n--b--\n';
const observe = (mail: string, scan: (content: Uint8Array) => ScanResult) =>
  observed(clamavCheck, subjectOf(mail, { scan }));

test('without clamd it is skipped, which is said', async () => {
  const result = await clamavCheck.observe(subjectOf(plain));
  assert.ok(result instanceof Skipped);
  assert.equal(result.reason, 'no clamd configured');
});

const opinions: readonly { readonly answer: ScanResult; readonly holds: Readonly<Record<string, unknown>> }[] = [
  { answer: { status: 'clean' }, holds: { result: 'clean', signature: '', part: '', reason: '', scans: 1 } },
  {
    answer: { status: 'malware', name: 'X' },
    holds: { result: 'malware', signature: 'X', part: 'message', reason: '', scans: 1 },
  },
  {
    answer: { status: 'encrypted' },
    holds: { result: 'encrypted', signature: '', part: 'message', reason: '', scans: 1 },
  },
  {
    answer: { status: 'unscannable', reason: 'big' },
    holds: { result: 'unscannable', signature: '', part: 'message', reason: 'big', scans: 1 },
  },
];

for (const { answer, holds } of opinions) {
  test(`encrypted and unreadable content: ${answer.status} stays ${answer.status}`, async () => {
    assert.deepEqual(await observe(plain, () => answer), holds);
  });
}

test('virus scanner failures: a failed scan is a failed check', async () => {
  await assert.rejects(async () => observe(plain, () => ({ status: 'failed', reason: 'down' })), TemporaryFailure);
});

test('what all readers read alike is sent once', async () => {
  let scans = 0;
  await observe(plain, () => {
    scans += 1;
    return { status: 'clean' };
  });
  assert.equal(scans, 1);
});

test('where readers may disagree, malware in one reading is malware', async () => {
  const value = await observe(doubtful, content =>
    content.length < 20 ? { status: 'malware', name: 'X' } : { status: 'clean' },
  );
  assert.deepEqual([value.result, value.part], ['malware', 'part 1']);
});

test('where readers may disagree, one reading that could not be scanned is not clean', async () => {
  const scan = (content: Uint8Array): ScanResult =>
    content.length < 20 ? { status: 'failed', reason: 'slow' } : { status: 'clean' };
  await assert.rejects(async () => observe(doubtful, scan), TemporaryFailure);
});

test('malware that was found stays found when another scan fails', async () => {
  const scan = (content: Uint8Array): ScanResult =>
    content.length < 20 ? { status: 'failed', reason: 'slow' } : { status: 'malware', name: 'X' };
  assert.equal((await observe(doubtful, scan)).result, 'malware');
});

test('more readings than are sent are unscannable, not clean', async () => {
  const parts = Array.from({ length: 80 }, (_, i) => `--b\n\nPart ${i}\n`).join('');
  const value = await observe(`Content-Type: multipart/mixed; boundary=b; boundary=c\n\n${parts}--b--\n`, () => ({
    status: 'clean',
  }));
  assert.deepEqual([value.result, value.reason], ['unscannable', 'more than 50 contents']);
});

test('a real clamd finds what only our reader takes out', { skip: missing('clamd', 'clamav-daemon') }, async t => {
  const clamd = await startClamd(t);
  const options = {
    address: { path: clamd.path },
    timeoutMs: 10_000,
    concurrency: 4,
    maxStreamBytes: clamd.maxStreamBytes,
  };
  const scanner = clamdScanner(options, { clock: new FakeClock() });
  // Padding in the middle: clamd stops there.
  const halves = [eicar.slice(0, 10), eicar.slice(10)].map(half => Buffer.from(half).toString('base64')).join('');
  const mail = `Content-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n\n${halves}\n`;
  const subject = subjectOf(mail);
  const ask = { ...subject.ask, scan: (_: 'clamd', content: Uint8Array) => scanner.scan(content) };
  const value = await observed(clamavCheck, { ...subject, ask });
  assert.deepEqual([value.result, value.signature, value.part], ['malware', clamd.signature, 'part 1']);
});
