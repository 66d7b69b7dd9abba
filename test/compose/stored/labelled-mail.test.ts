// Labelled mail is inspected once, and known afterwards.

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { ruleSetOf } from '../../../src/compose/rules/rule-set.ts';
import { evidenceCache } from '../../../src/compose/stored/evidence-cache.ts';
import { labelledEvidence } from '../../../src/compose/stored/labelled-mail.ts';
import { parseConfig } from '../../../src/config/load.ts';
import type { Evidence } from '../../../src/model/evidence.ts';
import { BadInput } from '../../../src/model/failure.ts';
import { type Ending, tempDir } from '../../support/temp.ts';

const letter = (subject: string): string =>
  `From: ann@sender.example\nTo: bob@rcpt.example\nDate: Tue, 3 Feb 2004 10:00:00 +0000\nSubject: ${subject}\n\nbody\n`;

function scene(t: Ending, mails: Readonly<Record<string, string>>) {
  const folder = tempDir(t);
  for (const [name, text] of Object.entries(mails)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const cache = tempDir(t);
  const config = parseConfig('', 'test', {});
  const read = (rules = ruleSetOf(config), offline = true, sample = 1) =>
    labelledEvidence(config, rules, [folder], { offline, sample, cache });
  return { folder, cache, config, read };
}

const three = { 'ham/a/1.eml': letter('one'), 'ham/a/2.eml': letter('two'), 'spam/b/3.eml': letter('three') };

test('labelled mail is inspected once; what is known is the same, and in order', async t => {
  const { read } = scene(t, { ...three, 'ham/a/4.eml': letter('one'), 'elsewhere/5.eml': letter('five') });
  const first = await read();
  // The fourth is byte for byte the first.
  assert.deepEqual(
    first.mails.map(({ label, source }) => `${label}/${source}`),
    ['ham/a', 'ham/a', 'ham/a', 'spam/b'],
  );
  const again = await read();
  assert.equal(again.inspected, 0);
  assert.deepEqual(again.mails, first.mails);
  assert.deepEqual(again.costs, first.costs);
});

test('only what is new is inspected, and all of it when patterns changed', async t => {
  const { folder, config, read } = scene(t, three);
  assert.equal((await read()).inspected, 3);
  writeFileSync(join(folder, 'ham/a/6.eml'), letter('six'));
  assert.equal((await read()).inspected, 1);
  const rules = ruleSetOf(config);
  assert.equal((await read({ ...rules, patternDigest: 'another' })).inspected, 4);
});

test('a sample leaves the rest for later', async t => {
  const { read } = scene(t, three);
  assert.deepEqual(
    (await read(undefined, true, 2)).mails.map(({ name }) => name.slice(-5)),
    ['1.eml', '3.eml'],
  );
  assert.equal((await read()).inspected, 1);
});

test('what the DNS said is not kept', async t => {
  const { cache, read } = scene(t, { 'ham/a/1.eml': 'Subject: no host is named here\n\nbody\n' });
  await read(undefined, false);
  assert.deepEqual(readdirSync(cache), []);
});

test('a text without a header is inspected as a message with one', async t => {
  const { read } = scene(t, { 'ham/a/1.eml': 'Subject: lunch\nat noon\n' });
  const [mail] = (await read()).mails;
  const message = mail?.evidence.facts.message;
  assert.deepEqual(message?.state === 'observed' && (message.value as { missing: unknown }).missing, []);
});

test('a message is judged as of the day it came, not of today', async t => {
  const received = 'Received: from a (a [192.0.2.1]) by b with ESMTP; Tue, 3 Feb 2004 11:30:00 +0000\n';
  const { read } = scene(t, { 'ham/a/1.eml': received + letter('one'), 'ham/a/2.eml': letter('two') });
  const skews = (await read()).mails.map(({ evidence: { facts } }) =>
    facts.message?.state === 'observed' ? (facts.message.value as { date_skew_hours: number }).date_skew_hours : null,
  );
  assert.deepEqual(skews, [-1.5, 0]);
});

test('folders without a label are no input', async t => {
  const { read } = scene(t, { 'elsewhere/5.eml': letter('five') });
  await assert.rejects(read(), BadInput);
});

const evidence: Evidence = { facts: {}, patternHits: { digest: 'd', hits: [], overran: [] }, timings: {} };

test('what took too long is not kept, since another time it may not; what failed otherwise is', t => {
  const failed = (reason: string): Evidence => ({ ...evidence, facts: { mime: { state: 'failed', ms: 1, reason } } });
  const cache = evidenceCache(tempDir(t), ['k']);
  const all = new Map([
    ['fine', evidence],
    ['offline', failed('EOFFLINE')],
    ['timeout', failed('timeout after 1000 ms')],
    ['deadline', failed('deadline')],
    ['overrun', failed('overran: loop')],
    ['pattern', { ...evidence, patternHits: { digest: 'd', hits: [], overran: ['S'] } }],
  ]);
  cache.write({ evidence: all, costs: { mails: 6, ms: new Map() } });
  assert.deepEqual([...cache.read().evidence.keys()], ['fine', 'offline']);
});

test('a cache that was cut short, or is not one, is no cache', t => {
  const folder = tempDir(t);
  const cache = evidenceCache(folder, ['k']);
  cache.write({ evidence: new Map([['a', evidence]]), costs: { mails: 1, ms: new Map([['S', 2]]) } });
  assert.deepEqual(cache.read().evidence, new Map([['a', evidence]]));
  const [name = ''] = readdirSync(folder);
  const file = join(folder, name);
  for (const bytes of [readFileSync(file).subarray(0, -4), Buffer.from('x'), Buffer.alloc(0)]) {
    writeFileSync(file, bytes);
    assert.equal(cache.read().evidence.size, 0);
  }
});

test('what depends on other code, patterns or configuration is not looked at, and old files go', t => {
  const folder = tempDir(t);
  const kept = { evidence: new Map([['a', evidence]]), costs: { mails: 1, ms: new Map() } };
  evidenceCache(folder, ['k']).write(kept);
  assert.equal(evidenceCache(folder, ['l']).read().evidence.size, 0);
  writeFileSync(join(folder, 'not-ours'), '');
  for (let i = 0; i < 12; i++) evidenceCache(folder, [`k${i}`]).write(kept);
  assert.equal(readdirSync(folder).length, 8 + 1);
  assert.equal(evidenceCache(folder, ['k11']).read().evidence.size, 1);
});
