// The views of a mail: its texts, and which reading each comes from.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MailParser } from 'mailparser';
import { extension } from '../../src/content/attachments.ts';
import { clipped, fitting, withUnseenShown } from '../../src/content/bounds.ts';
import { readMail } from '../../src/content/mail.ts';
import { maxFieldChars } from '../../src/content/texts.ts';
import { textFields } from '../../src/model/evidence.ts';

const crlf = (text: string): Buffer => Buffer.from(text.replaceAll('\n', '\r\n'), 'latin1');

const allFields = [...textFields, 'header:x-two'] as const;

test('the texts in which patterns are sought', async () => {
  const mail = readMail(
    crlf(`From: =?utf-8?q?J=C3=BCrgen?= <j@x.example>
Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=
X-Two: one
X-Two: two
  folded
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: multipart/alternative; boundary=a

--a
Content-Type: text/plain; charset=iso-8859-1

Sch\xf6n: https://x.example/1
--a
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: base64

${Buffer.from('<p>Schön: <a href="https://X.example/2">da</a>').toString('base64')}
--a--
--b
Content-Type: application/pdf; name="Rechnung.pdf"

%PDF
--b--
`),
  );
  const texts = await mail.texts(allFields);
  assert.deepEqual(texts.get('subject'), ['Grüße']);
  assert.deepEqual(texts.get('from'), ['Jürgen <j@x.example>']);
  assert.deepEqual(texts.get('header:x-two'), ['one', 'two  folded']);
  assert.deepEqual(texts.get('text'), ['Schön: https://x.example/1', 'Schön: da']);
  assert.deepEqual(texts.get('html'), ['<p>Schön: <a href="https://X.example/2">da</a>']);
  assert.deepEqual([...(texts.get('url') ?? [])].sort(), ['https://x.example/1', 'https://x.example/2']);
  assert.deepEqual(texts.get('filename'), ['Rechnung.pdf']);
  assert.match(texts.get('raw')?.[0] ?? '', /^From: =\?utf-8/);
});

test('what rules see beside the visible text: names, links, hidden text, words undone', async () => {
  const mail = readMail(
    crlf(`From: =?utf-8?q?P=D0=B0yPal?= <j@x.example>
Reply-To: Help <help@x.example>
Sender: Help <s@x.example>
Subject: Your acc0unt
Content-Type: text/html; charset=utf-8

<p>Pay n=0w<p style="display:none">ham words<br>more</p><a href="https://x.example/1">Go <b>there</b></a><a href="https://x.example/2">Go there</a><a href="#x"> </a><p>m0ney
now
`),
  );
  assert.deepEqual(await mail.text('name'), ['P\u0430yPal', 'Help']);
  assert.deepEqual(await mail.text('link'), ['Go there']);
  assert.deepEqual(await mail.text('hidden'), ['ham words\nmore']);
  assert.deepEqual(await mail.text('folded'), ['Your account', 'PayPal', 'money']);
  assert.deepEqual(await mail.text('text'), ['Pay n=0w\nGo thereGo there\nm0ney\nnow']);
});

test('texts are capped', async () => {
  const texts = await readMail(crlf(`Subject: x\n\n${'word '.repeat(200_000)}\n`)).texts(allFields);
  assert.equal(texts.get('text')?.[0]?.length, maxFieldChars);
  assert.equal(texts.get('raw')?.[0]?.length, maxFieldChars);
});

test('a long text that nobody is shown does not keep the HTML from being searched', async () => {
  const part = (type: string, content: string) => `--b\nContent-Type: ${type}\n\n${content}\n`;
  const filler = part('text/plain', 'word '.repeat(60_000));
  const mail = readMail(
    crlf(`Content-Type: multipart/alternative; boundary=b\n\n${filler}${part('text/html', '<p>Offer</p>')}--b--\n`),
  );
  const [plain, html] = await mail.text('text');
  assert.equal(html, 'Offer');
  assert.equal(plain?.length, maxFieldChars - 'Offer'.length);
});

test('parser differential: text that only our reader finds is searched too', async () => {
  const mail = readMail(
    crlf(
      'Content-Type: multipart/mixed boundary=b\n\n--b\nContent-Type: text/html\n\n<p>Hidden <a href="https://evil.test">x</a>\n--b--\n',
    ),
  );
  const texts = await mail.texts(allFields);
  assert.ok(texts.get('text')?.some(text => text.includes('Hidden')));
  assert.deepEqual(texts.get('url'), ['https://evil.test/']);
});

test('a large attachment is decoded once, and mailparser still names it', async () => {
  const body = Buffer.alloc(300_000, 'content ')
    .toString('base64')
    .replace(/(.{76})/g, '$1\n');
  const mail = readMail(
    crlf(
      `Content-Type: multipart/mixed; boundary=b\n\n--b\n\nHello\n--b\nContent-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n\n${body}\n--b--\n`,
    ),
  );
  const parsed = await mail.parsed();
  assert.ok(parsed.state === 'parsed');
  assert.deepEqual(
    parsed.attachments.map(a => [a.filename, a.content.length]),
    [['a.pdf', 0]],
  );
  const [attachment] = await mail.attachments();
  assert.deepEqual([attachment?.name, attachment?.content.length], ['a.pdf', 300_000]);
});

test('an error of mailparser never means that nothing is attached, or that there is no text', async t => {
  const fail = (_chunk: unknown, _encoding: unknown, done: (error: Error) => void) => done(new Error('broken'));
  t.mock.method(MailParser.prototype, '_transform', fail);
  const mail = readMail(
    crlf(
      'Content-Type: multipart/mixed; boundary=b\n\n--b\n\nHello\n--b\nContent-Disposition: attachment; filename=a.exe\n\nMZ\n--b--\n',
    ),
  );
  assert.deepEqual(await mail.parsed(), { state: 'failed', reason: 'broken' });
  assert.deepEqual(
    (await mail.attachments()).map(a => a.name),
    ['a.exe'],
  );
  assert.deepEqual(await mail.text('text'), ['Hello\n']);
  assert.ok((await mail.contents()).length >= 2);
});

test('base64 that readers may read differently is given to mailparser whole', async () => {
  const body = `${Buffer.alloc(3000, 'x').toString('base64')}*${Buffer.alloc(3000, 'y').toString('base64')}`;
  const mail = readMail(
    crlf(`Content-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n\n${body}\n`),
  );
  const parsed = await mail.parsed();
  assert.ok(parsed.state === 'parsed' && (parsed.attachments[0]?.content.length ?? 0) > 0);
  assert.ok((await mail.contents()).length > 1);
});

test('each view is computed once', async () => {
  const mail = readMail(crlf('Subject: x\n\nHello\n'));
  assert.equal(mail.structure(), mail.structure());
  assert.equal(mail.parsed(), mail.parsed());
  assert.equal(mail.text('text'), mail.text('text'));
});

test('facts are bounded: lists by their items and by their characters', () => {
  assert.deepEqual(fitting(['abc', 'defg', 'h'], { items: 2, chars: 100, each: 3 }), ['abc', 'def']);
  assert.deepEqual(fitting(['abc', 'defg'], { items: 9, chars: 5, each: 9 }), ['abc']);
  assert.equal(clipped('ab\u{1f600}', 3), 'ab');
});

test('unicode tricks: what is not seen is written out', () => {
  assert.equal(withUnseenShown('a\u202eb\u200bc\u0007\u{e0041}ü'), 'aU+202EbU+200BcU+0007U+E0041ü');
});

const names = [
  ['a.EXE', 'exe'],
  ['a.pdf.exe', 'exe'],
  ['a.exe...', 'exe'],
  ['a.exe \u00a0', 'exe'],
  ['a.e\u200dxe', 'exe'],
  ['a\u202efdp.exe', 'exe'],
  ['a.exe::$DATA', 'exe'],
  ['README', ''],
  ['', ''],
] as const;

for (const [name, expected] of names) {
  test(`unicode tricks: the extension of ${JSON.stringify(name)}`, () => assert.equal(extension(name), expected));
}
