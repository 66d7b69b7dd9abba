// What SpamAssassin's rules see of a message: each expectation is what version 4.0.1 shows its own.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Handover } from '../../src/content/handover.ts';
import { readMail } from '../../src/content/mail.ts';
import { spamAssassinText } from '../../src/content/spamassassin-texts.ts';
import type { SpamAssassinField } from '../../src/model/evidence.ts';
import { evalField } from '../../src/model/spamassassin.ts';

const bytes = (text: string): Buffer => Buffer.from(text.replaceAll('\n', '\r\n'), 'latin1');
const utf8 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

const letter = `From: "O'Brien, Anna" <anna@one.test>, ben@two.test (Ben)
To: =?utf-8?q?J=C3=B6rg?= <joerg@three.test>
Subject: =?iso-8859-1?Q?caf=E9?=
 au lait
X-Twice: one
X-Twice: two
Content-Type: multipart/alternative; boundary=b

--b
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

Caf=E9   noir
at www.one.test.

Second paragraph
--b
Content-Type: text/html; charset=utf-8
X-Part: of the page

<html><head><title>Shop</title><style>p {}</style></head>
<body><p>Buy<br>now &amp; here</p><a href="http://example.com/%41?x">go</a><!-- a note --></body></html>
--b--
`;

const views: readonly {
  readonly name: string;
  readonly field: SpamAssassinField;
  readonly gives: readonly string[];
}[] = [
  {
    name: 'the Subject, then paragraphs of all parts, white space made single spaces',
    field: 'sa:body',
    gives: [
      `${utf8('café')} au lait\n`,
      `${utf8('Café')} noir at www.one.test.\n`,
      'Second paragraph\n',
      'Shop\n',
      'Buy now & here\n',
      'go',
    ],
  },
  {
    name: 'the decoded parts with their markup, as bytes of their own charset',
    field: 'sa:rawbody',
    gives: [
      'Caf\xe9   noir\nat www.one.test.\n\nSecond paragraph',
      '<html><head><title>Shop</title><style>p {}</style></head>\n<body><p>Buy<br>now &amp; here</p><a href="http://example.com/%41?x">go</a><!-- a note --></body></html>',
    ],
  },
  { name: 'fields of one name joined', field: 'sa:header:x-twice', gives: ['one\ntwo\n'] },
  { name: 'the first of them', field: 'sa:header:x-twice:first', gives: ['one\n'] },
  {
    name: 'a raw field with its folding',
    field: 'sa:header:subject:raw',
    gives: [' =?iso-8859-1?Q?caf=E9?=\n au lait\n'],
  },
  { name: 'addresses, a line each', field: 'sa:header:from:addr', gives: ['anna@one.test\nben@two.test'] },
  { name: 'names, of comments too', field: 'sa:header:from:name', gives: ["O'Brien, Anna\nBen"] },
  { name: 'decoded names', field: 'sa:header:to:name', gives: [utf8('Jörg')] },
  { name: 'no string for a field that is not there', field: 'sa:header:cc', gives: [] },
  { name: 'a string for each part', field: 'sa:mimeheader:x-part', gives: ['', '', 'of the page\n'] },
  { name: 'an eval function that holds', field: evalField({ name: 'html_tag_exists', args: ['title'] }), gives: [''] },
  { name: 'an eval function that does not', field: evalField({ name: 'html_tag_exists', args: ['form'] }), gives: [] },
  {
    name: 'an eval function with numbers',
    field: evalField({ name: 'check_header_count_range', args: ['X-Twice', '2', '9'] }),
    gives: [''],
  },
];

describe('views of a message', () => {
  for (const { name, field, gives } of views)
    test(name, async () => assert.deepEqual(await readMail(bytes(letter)).text(field), gives));

  test('addresses of text and markup, as written and as meant', async () => {
    const uris = await readMail(bytes(letter.replaceAll('one.test', 'example.org'))).text('sa:uri');
    assert.deepEqual(
      [...uris].sort(),
      ['http://example.com/%41?x', 'http://example.com/A?x', 'http://www.example.org'].sort(),
    );
  });
});

const received =
  'Received: from mail.out.test (mx.out.test [192.0.2.7]) by mx.here.test (Postfix) with ESMTPS id ABC; Mon, 1 Jan 2024 00:00:00 +0000\n';
const relays: readonly {
  readonly name: string;
  readonly header: string;
  readonly handover?: Handover;
  readonly gives: string;
}[] = [
  {
    name: 'the server that a Received tells of',
    header: received,
    gives:
      '[ ip=192.0.2.7 rdns=mx.out.test helo=mail.out.test by=mx.here.test ident= envfrom= intl=0 id=ABC auth= msa=0 ]',
  },
  {
    name: 'the client first, of which no field tells yet',
    header: received,
    handover: { address: '198.51.100.9', name: null, helo: 'client', reversePath: 'a@b.test' },
    gives:
      '[ ip=198.51.100.9 rdns= helo=client by= ident= envfrom=a@b.test intl=0 id= auth= msa=0 ] [ ip=192.0.2.7 rdns=mx.out.test helo=mail.out.test by=mx.here.test ident= envfrom= intl=0 id=ABC auth= msa=0 ]',
  },
  {
    name: 'private addresses are our own',
    header: `Received: from inner ([10.0.0.1]) by mx.here.test (8.1) with ESMTP id 1234; Mon, 1 Jan 2024 00:00:00 +0000\n${received}`,
    gives:
      '[ ip=192.0.2.7 rdns=mx.out.test helo=mail.out.test by=mx.here.test ident= envfrom= intl=0 id=ABC auth= msa=0 ]',
  },
  { name: 'a handover within one server is none', header: 'Received: from a by b with local\n', gives: '' },
];

describe('relays', () => {
  for (const { name, header, handover, gives } of relays)
    test(name, async () => {
      const mail = readMail(bytes(`${header}\n`), handover);
      assert.deepEqual(await mail.text('sa:header:x-spam-relays-untrusted'), [gives]);
      if (handover !== undefined) assert.deepEqual(await mail.text('sa:header:envelopefrom'), [handover.reversePath]);
    });
});

describe('hostile input is read in time that grows with its length', () => {
  const long = 200_000;
  const pages = [
    ['tags that do not end', '<a '.repeat(long)],
    ['comments that do not end', '<!--'.repeat(long)],
    ['titles that do not end', '<title>'.repeat(long / 10)],
    ['padding', `=${'='.repeat(long)}A`],
    ['sections', '<![CDATA['.repeat(long / 10)],
    ['commas', ','.repeat(long)],
  ] as const;
  for (const [name, body] of pages)
    test(name, async () => {
      const encoding = name === 'padding' ? 'base64' : '8bit';
      const header = `From: ${name === 'commas' ? body : 'a@b.test'}\nContent-Transfer-Encoding: ${encoding}\n`;
      const mail = readMail(bytes(`${header}Content-Type: text/html\n\n${body}`));
      const texts = await mail.texts(['sa:body', 'sa:rawbody', 'sa:uri', 'sa:header:from:addr']);
      assert.equal(texts.size, 4);
    });
});

test('fields that are asked for together wait for one reading of the message', async () => {
  let turns = 0;
  const mail = {
    ...readMail(bytes(letter)),
    turnFor: async () => {
      turns += 1;
    },
  };
  const fields = ['sa:body', 'sa:uri', 'sa:rawbody', 'sa:header:cc'] as const;
  await Promise.all(fields.map(field => spamAssassinText(mail, field)));
  assert.equal(turns, 1);
});

describe('hostile input makes no more of itself than it is', () => {
  const page = (html: string): string => `Content-Type: text/html\n\n${html}`;
  const calls = (name: string, ...args: readonly string[]): SpamAssassinField => evalField({ name, args });
  const views = [
    {
      name: 'comments behind the server of a Received',
      text: `Received: from a ([192.0.2.7]) by c${' (a)'.repeat(200)}\n\n`,
      field: 'sa:header:x-spam-relays-untrusted',
      gives: ['[ ip=192.0.2.7 rdns= helo=a by=c ident= envfrom= intl=0 id= auth= msa=0 ]'],
    },
    {
      name: 'lines, 140,000 of them',
      text: `Content-Type: multipart/mixed; boundary=b\n\n${`--b\n\n${'abcde\n\n'.repeat(7000)}`.repeat(20)}--b--\n`,
      field: calls('tvd_vertical_words', '0', '101'),
      gives: [''],
    },
    {
      name: 'titles, 140,000 of them',
      text: `Subject: ten chars\n${page('<title>'.repeat(140_000))}`,
      field: calls('html_title_subject_ratio', '0'),
      gives: [],
    },
  ] as const;
  for (const { name, text, field, gives } of views)
    test(name, async () => assert.deepEqual(await readMail(Buffer.from(text)).text(field), gives));

  test('short links behind a long base', async () => {
    const links = Array.from({ length: 2000 }, (_, i) => `<a href=${i}>`).join('');
    const uris = await readMail(bytes(page(`<base href="http://x.test/${'a'.repeat(8000)}/">${links}`))).text('sa:uri');
    const chars = uris.reduce((sum, uri) => sum + uri.length, 0);
    assert.ok(uris.length > 2000 && chars < 3 * 1024 * 1024, `${uris.length} addresses of ${chars} characters`);
  });
});

const bases = [
  { base: 'http://x.test', link: 'http://x.test/a' },
  { base: 'http://x.test/f/page.html', link: 'http://x.test/f/a' },
  { base: 'http://x.test/f/two.page.html', link: 'http://x.test/f/two./a' },
  { base: 'http://x.test/f.d/page', link: 'http://x.test/f.d/page/a' },
  { base: 'http://x.test/f/page.xhtml', link: 'http://x.test/f/page.xhtml/a' },
  { base: 'http://x.test/.html', link: 'http://x.test/.html/a' },
  { base: `http://x.test/${'a'.repeat(8000)}.html`, link: 'http://x.test/a' },
];
describe('a link is put behind the folder of the base', () => {
  for (const { base, link } of bases)
    test(`${base.slice(0, 40)}: ${link}`, async () => {
      const mail = readMail(bytes(`Content-Type: text/html\n\n<base href="${base}"><a href=a>`));
      const uris = await mail.text('sa:uri');
      assert.ok(uris.includes(link), uris.join(' ').slice(0, 200));
    });
});
