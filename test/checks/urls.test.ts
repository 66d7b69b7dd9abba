// The web addresses of a message. Nothing is fetched or resolved: a check has no network to do so with (THREATS.md 38).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { urlsCheck } from '../../src/checks/urls.ts';
import { observed, subjectOf } from './mail-scene.ts';

const observe = async (mail: string) => await observed(urlsCheck, subjectOf(mail));

test('addresses of text', async () => {
  const value = await observe(
    'Subject: x\n\nSee https://www.x.example/a, www.y.test. http://192.0.2.7:8080/ and https://bank.example@evil.test/\nhttps://www.x.example/a\n',
  );
  assert.deepEqual(value, {
    count: 4,
    hosts: ['www.x.example', 'www.y.test', '192.0.2.7', 'evil.test'],
    organisations: ['x.example', 'y.test', '192.0.2.7', 'evil.test'],
    schemes: ['https', 'http'],
    ip_hosts: 1,
    punycode: 0,
    userinfo: 1,
    odd_ports: 1,
    is_truncated: false,
  });
});

test('addresses of HTML: links, forms, pictures, refresh', async () => {
  const html =
    '<meta http-equiv=refresh content="0; url=https://r.test/"><a href="HTTPS://B\u00fcro.test">x</a><form action=http://f.test><img src=https://i.test/1><a href="mailto:a@b.test">';
  const value = await observe(`Content-Type: text/html; charset=iso-8859-1\n\n${html}\n`);
  assert.deepEqual(value.hosts.toSorted(), ['f.test', 'i.test', 'r.test', 'xn--bro-hoa.test']);
  assert.equal(value.punycode, 1);
});

test('unicode tricks: a host in another script is compared in punycode', async () => {
  const body = Buffer.from('https://\u0430pple.test/').toString('latin1');
  assert.deepEqual((await observe(`Content-Type: text/plain; charset=utf-8\n\n${body}\n`)).hosts, [
    'xn--pple-43d.test',
  ]);
});

test('many hosts are bounded evidence', async () => {
  const hosts = Array.from({ length: 3000 }, (_, i) => `https://${'a'.repeat(60)}${i}.test/`);
  const value = await observe(`Subject: x\n\n${hosts.join('\n')}\n`);
  assert.equal(value.is_truncated, true);
  assert.ok(JSON.stringify(value).length < 5000);
});
