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
  const { list, ...others } = value;
  assert.deepEqual(others, {
    count: 4,
    links: 4,
    hosts: ['www.x.example', 'www.y.test', '192.0.2.7', 'evil.test'],
    organisations: ['x.example', 'y.test', '192.0.2.7', 'evil.test'],
    link_hosts: ['www.x.example', 'www.y.test', '192.0.2.7', 'evil.test'],
    link_organisations: ['x.example', 'y.test', '192.0.2.7', 'evil.test'],
    organisation_count: 4,
    from_links: 0,
    schemes: ['https', 'http'],
    active_links: 0,
    ip_hosts: 1,
    punycode: 0,
    lookalike_hosts: [],
    userinfo: 1,
    odd_ports: 1,
    disguised_hosts: 0,
    embedded_domains: [],
    host_words: ['evil'],
    deep_hosts: 0,
    random_hosts: 0,
    hosted: 0,
    recipient_named_hosts: 0,
    from_named_hosts: 0,
    redirects: 0,
    redirect_depth: 0,
    redirect_organisations: [],
    recipient_links: 0,
    recipient_encoded: 0,
    executables: 0,
    archives: 0,
    login_paths: 0,
    longest: 31,
    is_truncated: false,
  });
  assert.deepEqual(list[3], {
    href: 'https://bank.example@evil.test/',
    host: 'evil.test',
    organisation: 'evil.test',
    shown: '',
    kind: 'text',
  });
});

const html = (body: string, header = '') => `${header}Content-Type: text/html; charset=utf-8\n\n${body}\n`;
const link = (href: string, shown = 'here') => `<a href="${href}">${shown}</a>`;
const victim = Buffer.from('ann@ours.example');

const traits: readonly {
  readonly name: string;
  readonly mail: string;
  readonly holds: Readonly<Record<string, unknown>>;
}[] = [
  {
    name: 'links to the organisation in From, and elsewhere',
    mail: html(link('https://a.bank.example/') + link('https://bank.example.evil.test/'), 'From: a@m.bank.example\n'),
    holds: { from_links: 1, from_named_hosts: 1, links: 2 },
  },
  {
    name: 'a host that bears the name of the recipient’s domain',
    mail: html(link('https://ours-login.evil.test/') + link('https://x.ours.example/') + link('https://tours.test/')),
    holds: { recipient_named_hosts: 1 },
  },
  {
    name: 'words of hosts that are not the author’s',
    mail: html(
      link('https://paypal-login.evil.test/') +
        link('https://www.bank.example/') +
        link('https://login.b\u0430nk.test/') +
        link('https://192.0.2.1/') +
        link('https://shop2.github.io/'),
      'From: a@bank.example\n',
    ),
    holds: { host_words: ['paypal', 'login', 'evil', 'bank', 'shop2'] },
  },
  {
    name: 'pictures are addresses and no links',
    mail: html('<img src="https://x.example/1.png">'),
    holds: { count: 1, links: 0, list: [], hosts: ['x.example'], link_hosts: [] },
  },
  {
    name: 'a domain before the host’s own',
    mail: html(
      link('https://paypal.com.evil.test/') + link('https://secure-paypal-com.test/') + link('https://a.co.uk/'),
    ),
    holds: { embedded_domains: ['paypal.com'] },
  },
  {
    name: 'a host in Cyrillic that looks like one in ASCII',
    mail: html(link('https://\u0430\u0440\u0440\u04cf\u0435.test/')),
    holds: { lookalike_hosts: ['apple.test'], punycode: 1 },
  },
  {
    name: 'a host that is honestly Russian',
    mail: html(link('https://\u043f\u043e\u0447\u0442\u0430.test/')),
    holds: { lookalike_hosts: [], punycode: 1 },
  },
  {
    name: 'a redirector that leads to another organisation',
    mail: html(link('https://www.google.com/url?q=https://evil.test/a&sa=D')),
    holds: {
      redirects: 1,
      redirect_depth: 1,
      redirect_organisations: ['evil.test'],
      link_hosts: ['www.google.com', 'evil.test'],
    },
  },
  {
    name: 'a redirector to itself',
    mail: html(link('https://x.example/login?next=https://www.x.example/home')),
    holds: { redirects: 0, redirect_depth: 1 },
  },
  {
    name: 'redirectors in redirectors',
    mail: html(
      link(`https://a.test/?u=${encodeURIComponent(`https://b.test/?u=${encodeURIComponent('https://c.test/')}`)}`),
    ),
    holds: { redirects: 2, redirect_depth: 2, redirect_organisations: ['b.test', 'c.test'] },
  },
  {
    name: 'the recipient in the query',
    mail: html(link('https://x.test/?e=Ann%40ours.example')),
    holds: { recipient_links: 1, recipient_encoded: 0 },
  },
  {
    name: 'the recipient in base64 behind `#`',
    mail: html(link(`https://x.test/#${victim.toString('base64')}`)),
    holds: { recipient_links: 1, recipient_encoded: 1 },
  },
  {
    name: 'the recipient behind `#`, which no server is sent',
    mail: html(link('https://x.test/#ann@ours.example')),
    holds: { recipient_links: 1, recipient_encoded: 1 },
  },
  {
    name: 'the recipient in base64 before something else',
    mail: html(link(`https://x.test/?t=${btoa('ann@ours.example:4711')}`)),
    holds: { recipient_links: 1, recipient_encoded: 1 },
  },
  {
    name: 'the recipient in hexadecimal',
    mail: html(link(`https://x.test/${victim.toString('hex')}`)),
    holds: { recipient_links: 1, recipient_encoded: 1 },
  },
  {
    name: 'somebody else in the query',
    mail: html(link('https://x.test/?e=bob%40ours.example')),
    holds: { recipient_links: 0, recipient_encoded: 0 },
  },
  {
    name: 'files that a double click runs',
    mail: html(link('https://x.test/invoice.exe?x=1') + link('https://x.test/a.zip') + link('https://example.com/')),
    holds: { executables: 1, archives: 1 },
  },
  {
    name: 'places where people log in',
    mail: html(link('https://x.test/owa/login.php') + link('https://x.test/catalogin') + link('https://login.test/')),
    holds: { login_paths: 1 },
  },
  {
    name: 'hosts that nobody chose, and some that somebody did',
    mail: html(
      [
        'https://a1b2c3d4e5f6.test/',
        'https://xkcdqwrtzpplm.test/',
        'https://international-relations.test/',
        'https://b2b-shop24.test/',
      ]
        .map(href => link(href))
        .join(''),
    ),
    holds: { random_hosts: 2 },
  },
  {
    name: 'many labels, and a name that anybody may have',
    mail: html(link('https://a.b.c.d.x.example/') + link('https://shop.github.io/') + link('https://github.com/')),
    holds: { deep_hosts: 1, hosted: 1 },
  },
  {
    name: 'hosts that are not written as people read them',
    mail: html(
      ['http://0x7f.1/', 'https://x%2etest/', '//y.test/', 'https://192.0.2.1:80/'].map(href => link(href)).join(''),
    ),
    holds: { disguised_hosts: 2, count: 4 },
  },
  {
    name: 'links that hold a document',
    mail: html(`${link('data:text/html,x')}<img src="data:image/png;base64,AA">${link('blob:https://x.test/1')}`),
    holds: { active_links: 2 },
  },
  {
    name: 'relative addresses where the page has a base',
    mail: html(`<base href="https://evil.test/x/">${link('y')}${link('#here')}`),
    holds: { hosts: ['evil.test'], count: 1 },
  },
  {
    name: 'pictures by size, and styles',
    mail: html(
      '<img srcset="https://a.test/1 1x, https://b.test/2 2x"><p style="background:url(https://c.test/3)"><link rel=stylesheet href="https://d.test/4">',
    ),
    holds: { hosts: ['a.test', 'b.test', 'c.test', 'd.test'], links: 0 },
  },
];

for (const c of traits) {
  test(c.name, async () => {
    const value = await observe(Buffer.from(c.mail).toString('latin1'));
    for (const [field, expected] of Object.entries(c.holds)) assert.deepEqual(value[field], expected, field);
  });
}

test('each organisation’s first link is in the list before others', async () => {
  const same = Array.from({ length: 20 }, (_, i) => link(`https://x.example/${i}`));
  const { list } = await observe(html([...same, link('https://evil.test/', 'click\u202ehere')].join('')));
  assert.equal(list.length, 6);
  assert.deepEqual(list[1], {
    href: 'https://evil.test/',
    host: 'evil.test',
    organisation: 'evil.test',
    shown: list[1]?.shown,
    kind: 'href',
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
  assert.ok(Buffer.byteLength(JSON.stringify(value)) < 7000);
});
