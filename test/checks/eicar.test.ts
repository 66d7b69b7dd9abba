// Parser differentials (THREATS.md 34): EICAR hidden in every way that readers disagree about is found, or the doubt is noted.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import { eicarCheck } from '../../src/checks/eicar.ts';
import { eicar } from '../../src/scan/eicar.ts';
import { observed, subjectOf } from './mail-scene.ts';

const base64 = Buffer.from(eicar).toString('base64');
const quoted = [...Buffer.from(eicar)]
  .map(byte => `=${byte.toString(16).toUpperCase().padStart(2, '0')}`)
  .join('')
  .replace(/(.{72})/g, '$1=\n');
const uuencoded = `begin 644 eicar.com\n${uuLine(eicar.slice(0, 45))}\n${uuLine(eicar.slice(45))}\n\`\nend`;

function uuLine(text: string): string {
  const bytes = Buffer.alloc(Math.ceil(text.length / 3) * 3);
  bytes.write(text, 'latin1');
  const sextets = [...Array(bytes.length / 3).keys()].flatMap(i => {
    const n = bytes.readUIntBE(i * 3, 3);
    return [n >> 18, n >> 12, n >> 6, n].map(s => String.fromCharCode((s & 63) + 32));
  });
  return String.fromCharCode(text.length + 32) + sextets.join('');
}

/** A multipart/mixed of a text and an attachment, with the pieces that a case changes. */
function mixed(
  part: string,
  { type = 'Content-Type: multipart/mixed; boundary=XX', tail = '--XX--\n', preamble = '' } = {},
): string {
  return `From: a@sender.example\nSubject: x\nMIME-Version: 1.0\n${type}\n\n${preamble}--XX\nContent-Type: text/plain\n\nHello there.\n--XX\n${part}\n${tail}`;
}

const attachment = (cte: string, body: string): string =>
  `Content-Type: application/octet-stream; name=a.com\nContent-Disposition: attachment; filename=a.com\n${cte}\n\n${body}`;
const encoded = attachment('Content-Transfer-Encoding: base64', base64);

const hidden: readonly (readonly [name: string, mail: string])[] = [
  ['plain base64', mixed(encoded)],
  ['no encoding at all', mixed(attachment('Content-Transfer-Encoding: 7bit', eicar))],
  ['quoted-printable', mixed(attachment('Content-Transfer-Encoding: quoted-printable', quoted))],
  [
    'two boundary parameters, the second used',
    mixed(encoded, { type: 'Content-Type: multipart/mixed; boundary=YY; boundary=XX' }),
  ],
  [
    'two boundary parameters, the first used',
    mixed(encoded, { type: 'Content-Type: multipart/mixed; boundary=XX; boundary=YY' }),
  ],
  ['a boundary with white space after it', mixed(encoded, { type: 'Content-Type: multipart/mixed; boundary="XX "' })],
  [
    'a boundary with a comment after it',
    mixed(encoded, { type: 'Content-Type: multipart/mixed; boundary=XX (comment)' }),
  ],
  [
    'a boundary with a comment before it',
    mixed(encoded, { type: 'Content-Type: multipart/mixed; boundary=(comment)XX' }),
  ],
  ['a missing semicolon before the boundary', mixed(encoded, { type: 'Content-Type: multipart/mixed boundary=XX' })],
  [
    'a boundary in the form of RFC 2231',
    mixed(encoded, { type: "Content-Type: multipart/mixed; boundary*=us-ascii''X%58" }),
  ],
  ['a boundary in pieces', mixed(encoded, { type: 'Content-Type: multipart/mixed; boundary*0=X; boundary*1=X' })],
  ['a folded boundary', mixed(encoded, { type: 'Content-Type: multipart/mixed;\n boundary=\n XX' })],
  [
    'two Content-Types, plain first',
    mixed(encoded, { type: 'Content-Type: text/plain\nContent-Type: multipart/mixed; boundary=XX' }),
  ],
  [
    'two Content-Types, multipart first',
    mixed(encoded, { type: 'Content-Type: multipart/mixed; boundary=XX\nContent-Type: text/plain' }),
  ],
  [
    'two Content-Types with other boundaries',
    mixed(encoded, { type: 'Content-Type: multipart/mixed; boundary=YY\nContent-Type: multipart/mixed; boundary=XX' }),
  ],
  ['no boundary', mixed(encoded, { type: 'Content-Type: multipart/mixed' })],
  [
    'an empty boundary',
    mixed(encoded, { type: 'Content-Type: multipart/mixed; boundary=""' }).replaceAll('--XX', '--'),
  ],
  ['base64 with a semicolon', mixed(attachment('Content-Transfer-Encoding: base64;', base64))],
  ['base64 in quotes', mixed(attachment('Content-Transfer-Encoding: "base64"', base64))],
  ['base64 with a comment', mixed(attachment('Content-Transfer-Encoding: (x)base64', base64))],
  ['base64 folded', mixed(attachment('Content-Transfer-Encoding:\n base64', base64))],
  ['base64 misspelt', mixed(attachment('Content-Transfer-Encoding: base-64', base64))],
  [
    'two encodings, 7bit first',
    mixed(attachment('Content-Transfer-Encoding: 7bit\nContent-Transfer-Encoding: base64', base64)),
  ],
  [
    'two encodings, base64 first',
    mixed(attachment('Content-Transfer-Encoding: base64\nContent-Transfer-Encoding: 7bit', base64)),
  ],
  [
    'two encodings, both real',
    mixed(attachment('Content-Transfer-Encoding: quoted-printable\nContent-Transfer-Encoding: base64', base64)),
  ],
  ['white space before the colon', mixed(attachment('Content-Transfer-Encoding : base64', base64))],
  [
    'white space before the field',
    mixed(`Content-Type: application/octet-stream\n Content-Transfer-Encoding: base64\n\n${base64}`),
  ],
  ['the encoding missing', mixed(attachment('X: y', base64))],
  [
    'the encoding behind the empty line',
    mixed(`Content-Type: application/octet-stream\n\nContent-Transfer-Encoding: base64\n\n${base64}`),
  ],
  ['x-uuencode', mixed(attachment('Content-Transfer-Encoding: x-uuencode', uuencoded))],
  ['uuencode inline', `Subject: x\n\nHello\n\n${uuencoded}\n`],
  [
    'base64 with junk in it',
    mixed(attachment('Content-Transfer-Encoding: base64', base64.replace(/(.{9})/g, '$1!*\n'))),
  ],
  [
    'base64 padded in the middle',
    mixed(
      attachment(
        'Content-Transfer-Encoding: base64',
        `${Buffer.from(eicar.slice(0, 10)).toString('base64')}${Buffer.from(eicar.slice(10)).toString('base64')}`,
      ),
    ),
  ],
  ['base64 cut into quanta', mixed(attachment('Content-Transfer-Encoding: base64', base64.replace(/(.{4})/g, '$1=')))],
  ['base64 with spaces', mixed(attachment('Content-Transfer-Encoding: base64', base64.replace(/(.{5})/g, '$1  ')))],
  ['lines that end in CR', mixed(encoded).replaceAll('\n', '\r')],
  ['a CR in the header of the part', mixed(attachment('X: y\rContent-Transfer-Encoding: base64', base64))],
  ['a NUL in the header of the part', mixed(attachment('\0Content-Transfer-Encoding: base64', base64))],
  [
    'no empty line after the header',
    mixed(`Content-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n${base64}`),
  ],
  [
    'in the preamble',
    mixed('\nNothing', {
      preamble: `Content-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n\n${base64}\n`,
    }),
  ],
  ['in the epilogue', mixed('\nNothing', { tail: `--XX--\n\n${base64}\n` })],
  ['in a part after the closing delimiter', mixed('\nNothing', { tail: `--XX--\n--XX\n${encoded}\n--XX--\n` })],
  ['without a closing delimiter', mixed(encoded, { tail: '' })],
  ['in a multipart with an encoding', mixed(encoded).replace('\n\n', '\nContent-Transfer-Encoding: base64\n\n')],
  ['in a digest', mixed(encoded, { type: 'Content-Type: multipart/digest; boundary=XX' })],
  ['in an enclosed message', mixed(`Content-Type: message/rfc822\n\n${mixed(encoded).replaceAll('XX', 'YY')}`)],
  [
    'in an enclosed message that is encoded',
    mixed(
      `Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n${Buffer.from(
        mixed(encoded).replaceAll('XX', 'YY'),
      )
        .toString('base64')
        .replace(/(.{76})/g, '$1\n')}`,
    ),
  ],
  ['in a message/partial', `Content-Type: message/partial; id=x; number=1; total=1\n\n${mixed(encoded)}`],
  ['in a message/external-body', mixed(`Content-Type: message/external-body; access-type=x\n\n${encoded}`)],
  ['behind an indented delimiter', mixed(encoded).replace('there.\n--XX', 'there.\n --XX')],
  ['in HTML’s attachment by another name', mixed(encoded.replace('application/octet-stream', 'text/html'))],
];

for (const [name, mail] of hidden) {
  test(`parser differential: EICAR ${name} is found or the ambiguity noted`, async () => {
    const subject = subjectOf(mail);
    const value = await observed(eicarCheck, subject);
    const noted = await subject.mail.anomalies();
    assert.ok(value.found === true || noted.size > 0);
  });
}

for (const [name, mail] of hidden) {
  test(`EICAR ${name} is found`, async () => {
    assert.equal((await observed(eicarCheck, subjectOf(mail))).found, true);
  });
}

function zip(name: string, content: Buffer): Buffer {
  const packed = deflateRawSync(content);
  const header = Buffer.alloc(30);
  header.write('504b0304', 'hex');
  header.writeUInt16LE(8, 8);
  header.writeUInt32LE(packed.length, 18);
  header.writeUInt16LE(name.length, 26);
  return Buffer.concat([header, Buffer.from(name), packed]);
}

const zipped = (content: Buffer): string =>
  mixed(attachment('Content-Transfer-Encoding: base64', content.toString('base64').replace(/(.{76})/g, '$1\n')));

test('EICAR in an archive in an archive is found, and where', async () => {
  const value = await eicarCheck.observe(subjectOf(zipped(zip('a.zip', zip('eicar.com', Buffer.from(eicar))))));
  assert.deepEqual(value, { found: true, part: 'part 2 (a.com)', is_complete: true });
});

/** More than is kept decoded, and random, so that it does not deflate. */
const large = Buffer.concat(Array.from({ length: 200_000 }, (_, i) => createHash('sha256').update(`${i}`).digest()));
/** Across the end of a window of what is decoded, and of a piece that is searched. */
const across = 2 * 48 * 1024 - 20;

const insideLarge: readonly (readonly [where: string, content: Buffer, part: string])[] = [
  ['at its end', Buffer.concat([large, Buffer.from(eicar)]), 'part 2 (a.com)'],
  [
    'across windows',
    Buffer.concat([large.subarray(0, across), Buffer.from(eicar), large.subarray(across)]),
    'part 2 (a.com)',
  ],
  [
    'in an archive behind a large member',
    Buffer.concat([zip('large', large), zip('eicar.com', Buffer.from(eicar))]),
    'part 2 (a.com)',
  ],
  [
    'in an archive in an archive behind a large member',
    Buffer.concat([zip('large', large), zip('a.zip', zip('eicar.com', Buffer.from(eicar)))]),
    'part 2 (a.com)',
  ],
];
for (const [where, content, part] of insideLarge)
  test(`EICAR in a large attachment is found ${where}`, async () => {
    assert.deepEqual(await eicarCheck.observe(subjectOf(zipped(content))), { found: true, part, is_complete: true });
  });

test('a large attachment without it', async () => {
  const value = await eicarCheck.observe(subjectOf(zipped(zip('large', large))));
  assert.deepEqual(value, { found: false, part: '', is_complete: true });
});

test('archive bombs: what was not unpacked is told', async () => {
  const value = await eicarCheck.observe(subjectOf(zipped(zip('bomb', Buffer.alloc(40 * 1024 * 1024)))));
  assert.deepEqual(value, { found: false, part: '', is_complete: false });
});

test('mail without it', async () => {
  const value = await eicarCheck.observe(
    subjectOf('Subject: EICAR\n\nThe string begins with X5O!P and ends with H+H*.\n'),
  );
  assert.deepEqual(value, { found: false, part: '', is_complete: true });
});
