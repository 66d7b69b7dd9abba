// Our reader of MIME: ordinary trees exactly, hostile ones in bounded time, and every doubt noted.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readMail } from '../../src/content/mail.ts';
import { readStructure } from '../../src/content/mime.ts';

const crlf = (text: string): Buffer => Buffer.from(text.replaceAll('\n', '\r\n'), 'latin1');
const shape = (text: string | Buffer) => {
  const structure = readStructure(typeof text === 'string' ? crlf(text) : text);
  return structure.parts.map(p => [p.type, p.depth, p.content.subarray().toString('latin1').trim()]);
};
const anomalies = (text: string) => [...readStructure(crlf(text)).anomalies].sort();

const ordinary = [
  { name: 'text', mail: 'Subject: x\n\nHello\n', gives: [['text/plain', 0, 'Hello']] },
  { name: 'no body', mail: 'Subject: x\n\n', gives: [['text/plain', 0, '']] },
  { name: 'nothing at all', mail: '', gives: [['text/plain', 0, '']] },
  {
    name: 'a multipart with preamble and epilogue',
    mail: 'Content-Type: multipart/mixed; boundary=b\n\nThis is MIME.\n--b\n\nOne\n--b\nContent-Type: text/html\n\nTwo\n--b--\nBye\n',
    gives: [
      ['text/plain', 1, 'One'],
      ['text/html', 1, 'Two'],
    ],
  },
  {
    name: 'a multipart inside a multipart, its boundary beginning with the outer one',
    mail: 'Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/alternative; boundary=bb\n\n--bb\n\nA\n--bb--\n--b\n\nB\n--b--\n',
    gives: [
      ['text/plain', 2, 'A'],
      ['text/plain', 1, 'B'],
    ],
  },
  {
    name: 'an enclosed message',
    mail: 'Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\nSubject: in\nContent-Type: text/html\n\nIn\n--b--\n',
    gives: [['text/html', 2, 'In']],
  },
  {
    name: 'a digest encloses messages without saying so',
    mail: 'Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: in\n\nIn\n--b--\n',
    gives: [['text/plain', 2, 'In']],
  },
  {
    name: 'white space after a delimiter is transport padding',
    mail: 'Content-Type: multipart/mixed; boundary=b\n\n--b \t\n\nOne\n--b--  \n',
    gives: [['text/plain', 1, 'One']],
  },
  {
    name: 'a part without a header',
    mail: 'Content-Type: multipart/mixed; boundary=b\n\n--b\n\nOne\n--b\n\n--b--\n',
    gives: [
      ['text/plain', 1, 'One'],
      ['text/plain', 1, ''],
    ],
  },
  { name: 'base64', mail: 'Content-Transfer-Encoding: BASE64\n\nSGVsbG8=\n', gives: [['text/plain', 0, 'Hello']] },
  {
    name: 'a multipart that was cut off',
    mail: 'Content-Type: multipart/mixed; boundary=b\n\n--b\n\nOne',
    gives: [['text/plain', 1, 'One']],
  },
];

for (const c of ordinary) {
  test(`${c.name}: read exactly, with and without CR, and nothing noted`, () => {
    assert.deepEqual(shape(c.mail), c.gives);
    assert.deepEqual(shape(Buffer.from(c.mail)), c.gives);
    assert.deepEqual(anomalies(c.mail), []);
  });
}

test('names: RFC 2231, RFC 2047, and every one that some reader shows', () => {
  const header =
    'Content-Type: a/b; name="=?utf-8?q?gr=C3=BCn=2Epdf?="\nContent-Disposition: attachment; filename=plain.pdf;\n filename*=utf-8\'\'f%C3%BCnf.exe\n\n';
  assert.deepEqual(readStructure(crlf(header)).parts[0]?.filenames, ['fünf.exe', 'plain.pdf', 'grün.pdf']);
});

test('a mailparser that fails leaves the attachments found', async () => {
  const parts = Array.from(
    { length: 950 },
    (_, i) => `--b\nContent-Disposition: attachment; filename=f${i}.exe\n\nx\n`,
  );
  const mail = readMail(crlf(`Content-Type: multipart/mixed; boundary=b\n\n${parts.join('')}--b--\n`));
  const parsed = await mail.parsed();
  assert.equal(parsed.state, 'refused');
  assert.equal((await mail.attachments()).length, 950);
});

test('prototype pollution: a header or parameter called __proto__ is a name like others', async () => {
  const mail = readMail(
    crlf('__proto__: polluted\nconstructor: x\nContent-Type: text/plain; __proto__=y; __proto__*0=z\n\nHello\n'),
  );
  assert.deepEqual(mail.values('__proto__'), ['polluted']);
  assert.deepEqual(await mail.text('header:__proto__'), ['polluted']);
  assert.equal((await mail.parsed()).state, 'parsed');
  assert.deepEqual(Object.keys(Object.prototype), []);
});

test('MIME depth: multiparts a thousand deep are read to the limit', () => {
  const open = Array.from({ length: 1000 }, (_, i) => `Content-Type: multipart/mixed; boundary=b${i}\n\n--b${i}\n`);
  const structure = readStructure(crlf(`${open.join('')}\nHello\n`));
  assert.deepEqual([...structure.limits], ['depth']);
  assert.ok(structure.depth <= 51);
});

test('MIME depth: enclosed messages ten thousand deep are read to the limit', () => {
  const structure = readStructure(crlf('Content-Type: message/rfc822\n\n'.repeat(10_000)));
  assert.deepEqual([...structure.limits], ['depth']);
});

test('MIME depth: encoded containers inside each other are read within the budget of decoded bytes', () => {
  let inner = 'Content-Type: text/plain\r\n\r\nHello';
  for (let i = 0; i < 60; i++) {
    const type = 'Content-Type: message/rfc822\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n';
    inner = type + inner.replaceAll('=', '=3D');
  }
  const structure = readStructure(Buffer.from(inner));
  assert.ok(structure.limits.size > 0);
  assert.ok(structure.count < 200);
});

test('MIME parts: a hundred thousand are read to the limit', () => {
  const structure = readStructure(
    crlf(`Content-Type: multipart/mixed; boundary=b\n\n${'--b\n\nx\n'.repeat(100_000)}--b--\n`),
  );
  assert.deepEqual([...structure.limits], ['parts']);
});

test('MIME parts: a million lines that look like delimiters are looked at up to the limit', () => {
  const structure = readStructure(
    crlf(`Content-Type: multipart/mixed; boundary=b\n\n--b\n\n${'--c\n'.repeat(1_000_000)}--b--\n`),
  );
  assert.deepEqual([...structure.limits], ['delimiters']);
});

for (const [name, header] of [
  ['100,000 fields', 'X: y\n'.repeat(100_000)],
  ['a line of 1 MB', `X: ${'y'.repeat(1_000_000)}\n`],
  ['100,000 folds', `X: y\n${' z\n'.repeat(100_000)}`],
] as const) {
  test(`header bulk: ${name} are evidence, in the message and in a part, and mailparser does not see them`, async () => {
    const top = readMail(crlf(`${header}\nHello\n`));
    assert.ok(top.header.exceeded.length > 0);
    assert.equal((await top.parsed()).state, 'refused');
    const part = readMail(crlf(`Content-Type: multipart/mixed; boundary=b\n\n--b\n${header}\nHello\n--b--\n`));
    assert.deepEqual([...part.structure().limits], ['header']);
    assert.equal((await part.parsed()).state, 'refused');
    assert.ok((await part.text('text')).some(text => text.includes('Hello')));
  });
}

for (const [name, body] of [
  ['base64 in one line', 'QUJD'.repeat(1_500_000)],
  ['base64 in short lines', 'QUJD\n'.repeat(1_000_000)],
  ['empty lines', '\n'.repeat(2_000_000)],
  ['equals signs', '='.repeat(2_000_000)],
  ['CRs', '\r'.repeat(2_000_000)],
] as const) {
  test(`parser differential: megabytes of ${name}, in a part and before it, are read to their end`, async () => {
    // Two boundaries, so that all readings are made.
    const type = 'Content-Type: multipart/mixed; boundary=b; boundary=c\n\n';
    for (const mail of [`${type}--b\n\n${body}\n--b--\n`, `${type}${body}\n--b\n\nHello\n--b--\n`]) {
      assert.ok((await readMail(crlf(mail)).contents()).length > 0);
    }
  });
}
