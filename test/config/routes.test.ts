// What an administrator may write for a next hop, what it comes to, and what is refused at load.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { parseConfig } from '../../src/config/load.ts';
import { namedNextHops, namedRoutes, routeSettings } from '../../src/config/routes.ts';
import { suiteEnding } from '../support/endings.ts';
import { selfSignedCertificate } from '../support/fake-next-hop.ts';
import { tempDir } from '../support/temp.ts';

const parse = (text: string) => parseConfig(text, 'postern.yaml', {});
const urlsOf = (text: string) => {
  const config = parse(text);
  return routeSettings(config.next_hop, config).map(group => group.map(hop => hop.url));
};

const written = [
  { text: 'next_hop: smtp://a', is: [['smtp://a']] },
  { text: 'next_hop: [smtp://a, smtp://b]', is: [['smtp://a'], ['smtp://b']] },
  { text: 'next_hop: [[smtp://a, smtp://b], smtp://c]', is: [['smtp://a', 'smtp://b'], ['smtp://c']] },
  { text: 'next_hop: { url: smtp://a, tls: required }', is: [['smtp://a']] },
  {
    text: 'next_hop:\n  - - { url: smtp://a }\n    - smtp://b\n  - maildir:spare',
    is: [['smtp://a', 'smtp://b'], ['maildir:spare']],
  },
];
for (const { text, is } of written) test(text.replaceAll('\n', ' '), () => assert.deepEqual(urlsOf(text), is));

test('the environment gives a list, too', () => {
  const { next_hop } = parseConfig('', 'postern.yaml', { POSTERN_NEXT_HOP: '[smtp://a:25, smtp://b:25]' });
  assert.deepEqual(next_hop, ['smtp://a:25', 'smtp://b:25']);
});

test('what one of them does not set is the gateway’s; a socket and a Maildir have no TLS', () => {
  const config = parse(
    'next_hop_tls: required\nnext_hop_xforward: false\n' +
      'next_hop: [{ url: smtp://a, tls: none, chunking: false, xforward: true }, smtp://b, "lmtp:///s", "lmtp://c"]',
  );
  assert.deepEqual(routeSettings(config.next_hop, config).flat(), [
    { url: 'smtp://a', tls: 'none', ca: null, chunking: false, xforward: true },
    { url: 'smtp://b', tls: 'required', ca: null, chunking: true, xforward: false },
    { url: 'lmtp:///s', tls: 'none', ca: null, chunking: true, xforward: false },
    { url: 'lmtp://c', tls: 'required', ca: null, chunking: true, xforward: false },
  ]);
});

test('what is named can be listed, with the key that names it', () => {
  const config = parse(
    'next_hop: [smtp://a, smtp://b]\ndomains: { x.test: { next_hop: [[smtp://b, smtp://c]] }, y.test: {} }',
  );
  assert.deepEqual(namedNextHops(config), ['smtp://a', 'smtp://b', 'smtp://c']);
  assert.deepEqual(
    namedRoutes(config).map(({ key }) => key),
    ['next_hop', 'domains.x.test.next_hop'],
  );
});

const refused = [
  { text: 'next_hop: []', message: /:1: next_hop: expected at least one/ },
  { text: 'next_hop: [[]]', message: /:1: next_hop\.0: expected at least one/ },
  { text: 'next_hop: [[[smtp://a]]]', message: /:1: next_hop: expected a URL/ },
  { text: 'next_hop: 25', message: /:1: next_hop: expected a URL/ },
  { text: 'next_hop: { url: smtp://a, tsl: none }', message: /:1: unknown key "next_hop\.tsl"/ },
  { text: 'next_hop: { tls: none }', message: /:1: next_hop: expected a URL/ },
  { text: 'next_hop: { url: smtp://a, tls: maybe }', message: /:1: next_hop: expected a URL/ },
  { text: 'domains: { x.test: { next_hop: [] } }', message: /domains\.x\.test\.next_hop: expected at least one/ },
  { text: 'next_hop: [smtp://a, smtp://b, smtp://a]', message: /next_hop: smtp:\/\/a is named twice/ },
  { text: 'next_hop: { url: "lmtp:///s", tls: verified }', message: /lmtp:\/\/\/s is local: tls does not apply/ },
  { text: 'next_hop: { url: "maildir:m", tls: required }', message: /maildir:m is local/ },
  { text: 'next_hop: { url: smtp://a, tls: required, ca: x }', message: /ca is used with tls: verified only/ },
  { text: 'next_hop: { url: smtp://a, tls: verified, ca: /etc/ca.pem }', message: /no certificates in PEM.*file:PATH/ },
  { text: 'next_hop_tls: verified\nnext_hop_ca: /etc/ca.pem', message: /next_hop_ca holds no certificates in PEM/ },
  { text: 'next_hop_ca: x', message: /next_hop_ca is set, and no next hop has tls: verified/ },
  { text: 'next_hop: [smtp://a, "smtp://127.0.0.1:2525"]', message: /127\.0\.0\.1:2525 is our own listener/ },
];
for (const { text, message } of refused) {
  test(`refused: ${text.replace('\n', ', ')}`, () => assert.throws(() => parse(text), message));
}

describe('certificate authorities', () => {
  const ending = suiteEnding();
  let file: string;
  let pem: string;
  before(() => {
    const folder = tempDir(ending);
    pem = selfSignedCertificate(folder).cert;
    file = join(folder, 'bundle.pem');
    writeFileSync(file, `# two of them\n${pem}${pem}`);
  });

  test('are read from a file, for all or for one', () => {
    const all = parse(`next_hop: smtp://a\nnext_hop_tls: verified\nnext_hop_ca: file:${file}`);
    assert.match(routeSettings(all.next_hop, all)[0]?.[0]?.ca ?? '', /BEGIN CERTIFICATE/);
    const one = parse(`next_hop: [{ url: smtp://a, tls: verified, ca: "file:${file}" }, smtp://b]`);
    assert.deepEqual(
      routeSettings(one.next_hop, one).map(([hop]) => hop?.ca !== null),
      [true, false],
    );
  });
  test('that are broken are refused', () => {
    const broken = join(file, '..', 'broken.pem');
    writeFileSync(broken, pem.replace(/[A-Za-z]{10}/g, 'AAAAAAAAAA'));
    assert.throws(() => parse(`next_hop_tls: verified\nnext_hop_ca: file:${broken}`), /no certificates in PEM/);
  });
});
