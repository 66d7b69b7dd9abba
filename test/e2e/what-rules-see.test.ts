// What rules see, from the client's last dot to the reply: texts in disguise and out of sight, links as they lead, and their facts in the ledger.

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

const rules = `
- symbol: OUR_BRAND_DISGUISED
  summary: Somebody writes our brand in other letters.
  group: local
  score: 1
  match: { folded: ['/\\bquartzbank\\b/'] }
  tests:
    hit: [{ folded: 'your quartzbank account' }]
    miss: [{ text: 'your quartzbank account' }]

- symbol: OUR_HIDDEN_WORDS
  summary: Words of a meeting stand where nobody sees them.
  group: local
  score: 1
  match: { hidden: ['/\\bminutes of the meeting\\b/'] }
  tests:
    hit: [{ hidden: 'minutes of the meeting' }]
    miss: [{ text: 'minutes of the meeting' }]

- symbol: OUR_LINK_LIES
  summary: A link shows our bank, and a redirector takes its reader elsewhere.
  group: local
  score: 1
  match: { link: ['/^www\\.quartzbank\\.test$/'] }
  when: urls.redirects > 0 && 'evil.test' in urls.redirect_organisations && characters.lookalike_words > 0
  because: "leads to {urls.redirect_organisations} behind {urls.hosts}"
  tests:
    hit:
      - link: 'www.quartzbank.test'
        facts: { urls: { redirects: 1, redirect_organisations: [evil.test], hosts: [a.test] }, characters: { lookalike_words: 1 } }
    miss:
      - link: 'www.quartzbank.test'
        facts: { urls: { redirects: 0 } }
`;

const html = (brand: string, style: string, href: string) =>
  Buffer.from(
    `<p>Dear reader, your ${brand} account waits.</p><p style="${style}">minutes of the meeting</p><a href="${href}">www.quartzbank.test</a>`,
  ).toString('base64');
const asHtml = ['Content-Type: text/html; charset=utf-8', 'Content-Transfer-Encoding: base64'];

test('a lure in disguise is held for what its reader is to take it for; the same words in the open are a letter', {
  skip: missing('swaks', 'swaks'),
}, async t => {
  const folder = join(tempDir(t), 'rules');
  mkdirSync(folder);
  writeFileSync(join(folder, 'ours.yaml'), rules);
  const nextHop = await startRecordingNextHop(t);
  const gateway = await startGateway(t, {
    config: {
      next_hop: nextHop.url,
      rules: { folders: [folder] },
      domains: { 'guarded.test': {} },
      dns: { servers: ['127.0.0.1:9'], timeout: '500ms' },
    },
  });
  const send = (from: string, body: string) =>
    swaks({
      port: gateway.smtp.port,
      from,
      to: ['reader@guarded.test'],
      content: letter(from, 'Notice', body, asHtml),
    });
  const fired = async (from: string) => {
    const { verdicts } = await explained(gateway, from);
    return verdicts.flatMap(({ hits }) => hits.filter(hit => hit.set_by.startsWith(folder)));
  };

  const lure = html('qu\u0430rtzb\u0430nk', 'color:#fefefe', 'https://www.google.com/url?q=https://evil.test/');
  assert.equal((await send('one@a.test', lure)).code, 250);
  const hits = await fired('one@a.test');
  assert.deepEqual(
    hits.map(({ symbol }) => symbol),
    ['OUR_BRAND_DISGUISED', 'OUR_HIDDEN_WORDS', 'OUR_LINK_LIES'],
  );
  assert.match(hits[2]?.because ?? '', /^leads to evil\.test behind /);
  assert.notEqual(await heldFrom(gateway, 'one@a.test'), null);
  const { facts } = await explained(gateway, 'one@a.test');
  for (const check of ['urls', 'html', 'characters', 'language', 'subject', 'header'])
    assert.equal(facts[check]?.state, 'observed', check);

  assert.equal((await send('two@a.test', html('quartzbank', 'color:#333', 'https://www.quartzbank.test/'))).code, 250);
  assert.deepEqual(await fired('two@a.test'), []);
  assert.notEqual(await arrival(nextHop, 'two@a.test'), null);
});
