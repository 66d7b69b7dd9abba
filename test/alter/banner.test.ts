import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { simpleParser } from 'mailparser';
import type { Banner } from '../../src/model/alteration.ts';
import { altered } from './scene.ts';

const banner: Banner = { ascii: null, text: 'From outside. \nBeware.  \n', html: '<p>From outside.</p>\n' };
const umlauts: Banner = { ascii: null, text: 'Von außen.\n', html: '<p>Von außen.</p>\n' };
const cyrillic: Banner = { ascii: null, text: 'Снаружи\n', html: '<p>Снаружи</p>\n' };

const plain = (head: string, body: string) => `From: a@b.example\n${head}\n${body}`;

const b64 = (text: string | Buffer) => Buffer.from(text).toString('base64');

/** What stands in the message's body afterwards. */
async function body(mail: string, asked = banner) {
  const { text, notes } = await altered(mail, { banner: asked });
  return { body: text.slice(text.indexOf('\r\n\r\n') + 4).replaceAll('\r\n', '\n'), notes };
}

const insertions = [
  { name: 'no MIME at all', mail: plain('', 'Hello\n'), gives: 'From outside.\nBeware.\n\nHello\n' },
  { name: 'an empty body', mail: plain('', ''), gives: 'From outside.\nBeware.\n\n' },
  {
    name: '7bit',
    mail: plain('Content-Transfer-Encoding: 7bit\n', 'Hello\n'),
    gives: 'From outside.\nBeware.\n\nHello\n',
  },
  {
    name: 'quoted-printable: what has codes is written in them',
    asked: umlauts,
    mail: plain('Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n', 'H=C3=BC\n'),
    gives: 'Von au=C3=9Fen.\n\nH=C3=BC\n',
  },
  {
    name: 'quoted-printable: no line ends in white space',
    asked: { ascii: null, text: 'x', html: '<p>a \nb\t\nc</p>' },
    mail: plain('Content-Type: text/html\nContent-Transfer-Encoding: quoted-printable\n', 'x\n'),
    gives: '<p>a=20\nb=09\nc</p>\nx\n',
  },
  {
    name: 'windows-1252, which has the Euro',
    asked: { ascii: null, text: '5 €', html: '' },
    mail: plain('Content-Type: text/plain; charset=windows-1252\nContent-Transfer-Encoding: 8bit\n', '\xfc\n'),
    gives: '5 \x80\n\n\xfc\n',
  },
  {
    name: 'quoted-printable in ISO 8859-1',
    asked: umlauts,
    mail: plain(
      'Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n',
      'H=FC\n',
    ),
    gives: 'Von au=DFen.\n\nH=FC\n',
  },
  {
    name: '8bit in UTF-8',
    asked: umlauts,
    mail: plain('Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n', 'H\xc3\xbc\n'),
    gives: 'Von au\xc3\x9fen.\n\nH\xc3\xbc\n',
  },
  {
    name: '8bit in windows-1251',
    asked: cyrillic,
    mail: plain('Content-Type: text/plain; charset=windows-1251\nContent-Transfer-Encoding: 8bit\n', '\xcf\xf0\n'),
    gives: '\xd1\xed\xe0\xf0\xf3\xe6\xe8\n\n\xcf\xf0\n',
  },
  {
    name: 'HTML beyond its charset, by character references',
    asked: cyrillic,
    mail: plain('Content-Type: text/html; charset=us-ascii\n', '<b>x</b>\n'),
    gives: '<p>&#1057;&#1085;&#1072;&#1088;&#1091;&#1078;&#1080;</p>\n<b>x</b>\n',
  },
  {
    name: 'base64, in whole groups and no padding before the text',
    mail: plain('Content-Transfer-Encoding: base64\n', `${b64('Hello\r\n')}\n`),
    gives: `${b64('From outside.\r\nBeware.\r\n\r\n\r\n\r\n')}\n${b64('Hello\r\n')}\n`,
  },
  {
    name: 'base64 that needs two more bytes',
    asked: { ascii: null, text: 'abcde', html: '' },
    mail: plain('Content-Transfer-Encoding: base64\n', `${b64('Hello\r\n')}\n`),
    gives: `${b64('abcde\r\n\r\n')}\n${b64('Hello\r\n')}\n`,
  },
  {
    name: 'a byte order mark stays in front',
    mail: plain('Content-Type: text/plain; charset=utf-8\n', '\xef\xbb\xbfHello\n'),
    gives: '\xef\xbb\xbfFrom outside.\nBeware.\n\nHello\n',
  },
  {
    name: 'a byte order mark in base64',
    mail: plain(
      'Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n',
      `${b64('\ufeffHello')}\n`,
    ),
    gives: `77u/${b64('From outside.\r\nBeware.\r\n\r\n\r\n\r\n')}\n${b64('Hello')}\n`,
  },
  {
    name: 'a byte order mark in quoted-printable',
    mail: plain(
      'Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n',
      '=EF=BB=BFHello\n',
    ),
    gives: '=EF=BB=BFFrom outside.\nBeware.\n\nHello\n',
  },
];

describe('a banner stands at the start of the text', () => {
  for (const { name, mail, gives, asked = banner } of insertions) {
    test(name, async () => {
      const got = await body(mail, asked);
      assert.equal(got.body, gives);
      assert.match(got.notes.join(), /^banner: text\/(?:plain|html)$/);
    });
  }
});

const multipart = (type: string, ...parts: readonly string[]) =>
  `From: a@b.example\nMIME-Version: 1.0\nContent-Type: ${type}; boundary=x\n\n${parts.map(part => `--x\n${part}\n`).join('')}--x--\n`;
const text = 'Content-Type: text/plain\n\nHello';
const html = 'Content-Type: text/html\n\n<b>Hello</b>';
const calendar = 'Content-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR\nEND:VCALENDAR';
const attached = 'Content-Type: text/plain; name=notes.txt\nContent-Disposition: attachment\n\nNotes';
const nested = (type: string, ...parts: readonly string[]) =>
  `Content-Type: ${type}; boundary=y\n\n${parts.map(part => `--y\n${part}\n`).join('')}--y--`;
const enclosed = 'Content-Type: message/rfc822\n\nFrom: c@d.example\nSubject: inner\n\nInner text';

const places = [
  { name: 'both forms of a text', mail: multipart('multipart/alternative', text, html), at: ['Hello', '<b>Hello</b>'] },
  { name: 'the first text before an attachment', mail: multipart('multipart/mixed', text, attached), at: ['Hello'] },
  { name: 'the text after an attachment', mail: multipart('multipart/mixed', attached, html), at: ['<b>Hello</b>'] },
  {
    name: 'not the HTML that a list puts below a text',
    mail: multipart('multipart/mixed', text, html),
    at: ['Hello'],
  },
  {
    name: 'not an invitation beside its description',
    mail: multipart('multipart/alternative', text, html, calendar),
    at: ['Hello', '<b>Hello</b>'],
  },
  {
    name: 'HTML inside a multipart/related',
    mail: multipart('multipart/alternative', text, nested('multipart/related', html)),
    at: ['Hello', '<b>Hello</b>'],
  },
  {
    name: 'the text above a forwarded message, and not the one in it',
    mail: multipart('multipart/mixed', text, enclosed),
    at: ['Hello'],
  },
];

describe('a banner is in the part that is shown', () => {
  for (const { name, mail, at } of places) {
    test(name, async () => {
      const { text: left } = await altered(mail, { banner });
      const expected = at.reduce((whole, line) => {
        const lines = line.startsWith('<') ? '<p>From outside.</p>\n' : 'From outside.\nBeware.\n\n';
        return whole.replace(`\n\n${line}`, `\n\n${lines}${line}`);
      }, mail);
      assert.equal(left.replaceAll('\r\n', '\n'), expected);
    });
  }
});

const refusals = [
  {
    name: 'multipart/signed',
    mail: multipart(
      'multipart/signed; protocol="application/pgp-signature"',
      text,
      'Content-Type: application/pgp-signature\n\nx',
    ),
    why: 'signed or encrypted',
  },
  {
    name: 'multipart/signed inside another',
    mail: multipart(
      'multipart/mixed',
      nested('multipart/signed', text, 'Content-Type: application/x-new-signature\n\nx'),
    ),
    why: 'signed or encrypted',
  },
  { name: 'multipart/encrypted', mail: multipart('multipart/encrypted', text), why: 'signed or encrypted' },
  {
    name: 'S/MIME',
    mail: plain(
      'Content-Type: application/pkcs7-mime; smime-type=signed-data\nContent-Transfer-Encoding: base64\n',
      'AAAA\n',
    ),
    why: 'signed or encrypted',
  },
  {
    name: 'S/MIME known by its name alone',
    mail: multipart('multipart/mixed', text, 'Content-Type: application/octet-stream; name=smime.p7m\n\nx'),
    why: 'signed or encrypted',
  },
  {
    name: 'PGP in the text',
    mail: plain('', '-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n'),
    why: 'signed or encrypted',
  },
  {
    name: 'PGP in text that is encoded',
    mail: plain('Content-Transfer-Encoding: base64\n', `${b64('-----BEGIN PGP MESSAGE-----\r\n')}\n`),
    why: 'signed or encrypted',
  },
  {
    name: 'two boundaries: readers disagree where the text begins',
    mail: `From: a@b.example\nContent-Type: multipart/mixed; boundary=x; boundary=y\n\n--x\n${text}\n--x--\n`,
    why: 'ambiguous MIME',
  },
  {
    name: 'two types that differ',
    mail: plain('Content-Type: text/plain\nContent-Type: text/html\n', 'x\n'),
    why: 'ambiguous MIME',
  },
  { name: 'an unknown encoding', mail: plain('Content-Transfer-Encoding: x-own\n', 'x\n'), why: 'ambiguous MIME' },
  {
    name: 'nothing but an attachment',
    mail: plain('Content-Type: application/pdf\nContent-Transfer-Encoding: base64\n', 'AAAA\n'),
    why: 'no text that a reader shows',
  },
  { name: 'an invitation alone', mail: `From: a@b.example\n${calendar}\n`, why: 'no text that a reader shows' },
  {
    name: 'a header without its empty line',
    mail: 'From: a@b.example\nSubject: x\n',
    why: 'text/plain: has no body',
  },
  {
    name: 'a part whose header a delimiter cuts short',
    mail: 'From: a@b.example\nContent-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/plain\n--x--\n',
    why: 'text/plain: has no body',
  },
  {
    name: 'letters that a part of 7 bits cannot hold',
    asked: umlauts,
    mail: plain('Content-Type: text/plain; charset=utf-8\n', 'Hello\n'),
    why: 'text/plain: has only 7-bit bytes',
  },
  {
    name: 'letters that the charset lacks',
    asked: cyrillic,
    mail: plain(
      'Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n',
      'H=FC\n',
    ),
    why: 'text/plain: cannot be said in iso-8859-1',
  },
  {
    name: 'a letter that Windows has where ISO 8859-1 has a control',
    asked: { ascii: null, text: '5 €', html: '' },
    mail: plain('Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: 8bit\n', '\xfc\n'),
    why: 'text/plain: cannot be said in iso-8859-1',
  },
  {
    name: 'a charset of two bytes a letter',
    mail: plain(
      'Content-Type: text/html; charset=utf-16\nContent-Transfer-Encoding: base64\n',
      `${b64(Buffer.from('hi', 'utf16le'))}\n`,
    ),
    why: 'text/html: cannot be said in utf-16',
  },
  {
    name: 'a charset that nobody knows',
    mail: plain('Content-Type: text/plain; charset=x-mystery\n', 'x\n'),
    why: 'text/plain: cannot be said in x-mystery',
  },
  {
    name: 'another byte order mark than the charset says',
    mail: plain(
      'Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n',
      `${b64(Buffer.from([0xff, 0xfe, 104, 0]))}\n`,
    ),
    why: 'text/plain: begins with a byte order mark',
  },
];

describe('no banner, and nothing changed', () => {
  for (const { name, mail, why, asked = banner } of refusals) {
    test(name, async () => {
      const { text: left, notes } = await altered(mail, { banner: asked });
      assert.equal(left.replaceAll('\r\n', '\n'), mail);
      assert.deepEqual(notes, [`not banner: ${why}`]);
    });
  }
});

const both: Banner = { ...umlauts, ascii: 'From outside.\n' };
for (const { name, head, body: given, gives } of [
  {
    name: '7-bit',
    head: 'Content-Type: text/plain; charset=utf-8\n',
    body: 'Hello\n',
    gives: 'From outside.\n\nHello\n',
  },
  { name: 'no charset', head: '', body: 'Hello\n', gives: 'From outside.\n\nHello\n' },
  {
    name: '8-bit',
    head: 'Content-Type: text/plain; charset=utf-8\n',
    body: 'H\xc3\xbc\n',
    gives: 'Von au\xc3\x9fen.\n\nH\xc3\xbc\n',
  },
])
  test(`the form in ASCII stands where the other cannot: ${name}`, async () => {
    assert.deepEqual(await body(plain(head, given), both), { body: gives, notes: ['banner: text/plain'] });
  });

test('where one form cannot hold it, the other has it', async () => {
  const { notes } = await altered(multipart('multipart/alternative', text, html), { banner: cyrillic });
  assert.deepEqual(notes, ['not banner: text/plain: cannot be said in us-ascii', 'banner: text/html']);
});

test('a long line of quoted-printable is broken, never within a code, and read back whole', async () => {
  const wide = { ascii: null, text: `x${'ß'.repeat(100)} end.`, html: '' };
  const head = 'Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n';
  const { bytes, text: left } = await altered(plain(head, 'Hello\n'), { banner: wide });
  assert.ok(left.split('\r\n').every(line => line.length <= 76));
  assert.equal((await simpleParser(bytes)).text, `${wide.text}\n\nHello\n`);
});

test('another reader finds the banner and then the text, in every encoding', async () => {
  const said = 'Grüße, été, naïve: 100 %';
  const forms = [
    { encoding: '8bit', content: Buffer.from(`${said}\r\n`) },
    {
      encoding: 'quoted-printable',
      content: Buffer.from(
        `${said.replace(/[^\x20-\x7e]/g, c => [...Buffer.from(c)].map(b => `=${b.toString(16).toUpperCase()}`).join(''))}\r\n`,
      ),
    },
    { encoding: 'base64', content: Buffer.from(`${b64(`${said}\r\n`)}\r\n`) },
  ];
  for (const { encoding, content } of forms)
    for (const asked of [
      banner,
      umlauts,
      { ascii: null, text: 'a', html: '' },
      { ascii: null, text: 'ab', html: '' },
      { ascii: null, text: 'abc', html: '' },
    ]) {
      const head = `Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: ${encoding}\n`;
      const { bytes } = await altered(plain(head, content.toString('latin1')), { banner: asked });
      const read = (await simpleParser(bytes)).text ?? '';
      const lines = asked.text
        .trimEnd()
        .split('\n')
        .map(line => line.trimEnd());
      assert.deepEqual(read.trimEnd().split(/\n+/), [...lines, said], `${encoding}: ${asked.text}`);
    }
});
