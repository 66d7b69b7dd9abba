// Web addresses in the one form in which they are compared.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressesInText, displayedHost, registrableDomain, webAddress } from '../../src/content/urls.ts';

const texts = [
  {
    name: 'in a sentence',
    text: 'See https://x.example/a. And (http://y.example/b), too.',
    finds: ['https://x.example/a', 'http://y.example/b'],
  },
  { name: 'brackets that belong to it', text: 'https://x.example/a_(b)', finds: ['https://x.example/a_(b)'] },
  { name: 'without a scheme', text: 'www.x.example/1 and x.example', finds: ['http://www.x.example/1'] },
  {
    name: 'in angle brackets and quotes',
    text: '<https://x.example/> "https://y.example/"',
    finds: ['https://x.example/', 'https://y.example/'],
  },
  { name: 'in capitals', text: 'HTTP://X.EXAMPLE', finds: ['HTTP://X.EXAMPLE'] },
  { name: 'none', text: 'ann@example.org 10:30 a.m.', finds: [] },
];

for (const c of texts) test(`addresses in text: ${c.name}`, () => assert.deepEqual(addressesInText(c.text), c.finds));

const written = [
  { written: 'HTTPS://X.Example:443/a', href: 'https://x.example/a', host: 'x.example' },
  { written: '//x.example/a', href: 'http://x.example/a', host: 'x.example' },
  { written: 'http:\\\\x.example\\a', href: 'http://x.example/a', host: 'x.example' },
  { written: 'https://x.ex\tample/', href: 'https://x.example/', host: 'x.example' },
  { written: 'http://0x7f.1/', href: 'http://127.0.0.1/', host: '127.0.0.1' },
  { written: 'http://3232235521/', href: 'http://192.168.0.1/', host: '192.168.0.1' },
  { written: 'http://b\u00fccher.example/', href: 'http://xn--bcher-kva.example/', host: 'xn--bcher-kva.example' },
  { written: 'javascript:alert(1)', href: 'javascript:alert(1)', host: '' },
  { written: 'x.example./', href: null, host: null },
  { written: 'mailto:a@b.example', href: null, host: null },
  { written: 'cid:1', href: null, host: null },
  { written: '#top', href: null, host: null },
  { written: 'https://[', href: null, host: null },
];

for (const c of written) {
  test(`${JSON.stringify(c.written)} leads to ${c.href}`, () => {
    const address = webAddress(c.written);
    assert.deepEqual([address?.href ?? null, address?.host ?? null], [c.href, c.host]);
  });
}

const disguised = [
  { written: 'http://0x7f.1/', is: true },
  { written: 'http://3232235521/', is: true },
  { written: 'https:\\\\x.example/', is: true },
  { written: 'https:///x.example/', is: true },
  { written: 'http:/x.example/', is: true },
  { written: 'https://x%2eexample/', is: true },
  { written: 'https://x\uff0eexample/', is: true },
  { written: 'https://x.ex\tample/', is: true },
  { written: 'https://user:p%40ss@x.example/', is: false },
  { written: '//x.example/a%20b', is: false },
  { written: 'https://192.0.2.1:8080/', is: false },
  { written: 'https://[2001:db8::1]/', is: false },
  { written: 'https://b\u00fccher.example/', is: false },
  { written: 'javascript:alert(1)', is: false },
];

for (const { written, is } of disguised)
  test(`${JSON.stringify(written)} ${is ? 'hides its host' : 'says its host'}`, () =>
    assert.equal(webAddress(written)?.isDisguised, is));

const relative = [
  { written: 'a/b', base: 'https://x.example/y/', href: 'https://x.example/y/a/b' },
  { written: '/a', base: 'https://x.example/y/', href: 'https://x.example/a' },
  { written: 'https://z.example/', base: 'https://x.example/', href: 'https://z.example/' },
  { written: '#a', base: 'https://x.example/', href: null },
  { written: '', base: 'https://x.example/', href: null },
  { written: 'mailto:a@b.example', base: 'https://x.example/', href: null },
];

for (const { written, base, href } of relative)
  test(`${JSON.stringify(written)} from ${base}`, () => assert.equal(webAddress(written, base)?.href ?? null, href));

test('hosts that a link shows', () => {
  assert.equal(displayedHost(' https://www.Bank.example/login'), 'www.bank.example');
  assert.equal(displayedHost('bank.example'), 'bank.example');
  assert.equal(displayedHost('Click here. Now'), null);
  assert.equal(displayedHost('1.5 million'), null);
});

test('under which domain a host was registered', () => {
  assert.equal(registrableDomain('a.b.example.co.uk'), 'example.co.uk');
  assert.equal(registrableDomain('ann.github.io'), 'ann.github.io');
  assert.equal(registrableDomain('192.0.2.1'), '192.0.2.1');
  assert.equal(registrableDomain('localhost'), 'localhost');
});

for (const text of [
  'http://'.repeat(100_000),
  `http://${'a'.repeat(500_000)}`,
  'www.'.repeat(200_000),
  `https://x/${')'.repeat(500_000)}`,
]) {
  test(`addresses in ${text.slice(0, 12)}... end`, () => {
    for (const found of addressesInText(text)) assert.ok(found.length <= 2100);
  });
}
