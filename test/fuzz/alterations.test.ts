// Alterations of mail made of what parsers trip over: nothing throws, nothing but what was asked for changes, and what is signed verifies.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readStructure, type Structure } from '../../src/content/mime.ts';
import { altered, recordsOf, signingKey } from '../alter/scene.ts';
import { byMailauth } from '../support/verifiers.ts';

const lines = fc.constantFrom(
  'From: a@b.example',
  'Subject: x',
  'Subject:',
  'Subject: =?utf-8?q?=C3=BC?=',
  'ARC-Seal: i=1; cv=none; b=x',
  'Content-Type: multipart/alternative; boundary=b',
  'Content-Type: multipart/mixed; boundary=c',
  'Content-Type: multipart/signed; boundary=b',
  'Content-Type: text/plain; charset=utf-8',
  'Content-Type: text/html; charset=iso-8859-1',
  'Content-Type: message/rfc822',
  'Content-Disposition: attachment; filename=a.txt',
  'Content-Transfer-Encoding: base64',
  'Content-Transfer-Encoding: quoted-printable',
  'Content-Transfer-Encoding: 8bit',
  ' folded',
  '',
  '',
  '',
  '--b',
  '--b--',
  '--c',
  '--c--',
  'SGVsbG8=',
  'SGVsbG8g',
  '77u/SGVs',
  '=C3=BC=',
  'a=3Db',
  '<p>x',
  '\xef\xbb\xbfx',
  'H\xc3\xbc',
  '. ',
);
// What begins with white space would continue the last field of ours.
const mail = fc.array(lines, { maxLength: 30 }).map(list =>
  list
    .map(line => `${line}\n`)
    .join('')
    .trimStart(),
);

const key = signingKey('ed25519');
const asked = {
  subjectTag: '[T]',
  banner: { text: 'From außen.\n', ascii: 'From outside.\n', html: '<p>From außen.</p>\n' },
  signature: key,
  prepended: 'X-Ours: 1\r\n',
};

const shapeOf = ({ parts, anomalies, multiparts }: Structure) => ({
  parts: parts.map(({ type, depth, charset, encoding, filenames }) => ({ type, depth, charset, encoding, filenames })),
  anomalies: [...anomalies],
  multiparts: [...multiparts],
});

test('nothing throws, and what was not asked for is as it was', async () => {
  await fc.assert(
    fc.asyncProperty(mail, async text => {
      const { bytes, notes } = await altered(text, asked);
      const raw = Buffer.from(text.replaceAll('\n', '\r\n'), 'latin1');
      const [before, after] = [readStructure(raw), readStructure(bytes)];
      const done = notes.filter(note => note.startsWith('banner: ')).map(note => note.slice('banner: '.length));
      assert.deepEqual(shapeOf(after), shapeOf(before));
      const changed = after.parts.filter(
        (part, i) => !part.content.subarray().equals((before.parts[i] ?? part).content.subarray()),
      );
      assert.deepEqual(
        changed.map(part => part.type),
        done,
      );
      for (const [i, part] of after.parts.entries()) {
        const was = before.parts[i]?.content.subarray() ?? Buffer.alloc(0);
        const is = part.content.subarray();
        const mark = was.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf])) ? 3 : 0;
        assert.ok(
          is.subarray(is.length - was.length + mark).equals(was.subarray(mark)),
          'what stood there stands at the end',
        );
      }
    }),
    { numRuns: 3000 },
  );
});

test('what is signed verifies', async () => {
  await fc.assert(
    fc.asyncProperty(mail, async text => {
      const { bytes, notes } = await altered(`From: a@ours.example\n${text}`, asked);
      if (!notes.some(note => note.startsWith('dkim_signature'))) return;
      assert.deepEqual((await byMailauth(bytes, recordsOf(key))).dkim, ['pass'], bytes.toString('latin1'));
    }),
    { numRuns: 300 },
  );
});
