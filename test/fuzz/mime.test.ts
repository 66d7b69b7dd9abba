// MIME made of what parsers trip over: nothing throws, nothing is lost, and both readers come to an end.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { mimeLimits } from '../../src/content/anomalies.ts';
import { readHtml } from '../../src/content/html.ts';
import { readMail } from '../../src/content/mail.ts';
import { decode } from '../../src/content/transfer-encoding.ts';
import { textFields } from '../../src/model/evidence.ts';

const lines = fc.constantFrom(
  ...[
    'Content-Type: multipart/mixed; boundary=b',
    'Content-Type: multipart/mixed; boundary="b--"',
    'Content-Type: multipart/mixed',
  ],
  ...[
    'Content-Type: message/rfc822',
    'Content-Type: text/html; charset=utf-16',
    'Content-Type: multipart/digest; boundary=c',
  ],
  ...[
    'Content-Transfer-Encoding: base64',
    'Content-Transfer-Encoding: quoted-printable',
    'Content-Transfer-Encoding: x-uuencode',
  ],
  ...[
    'Content-Disposition: attachment; filename*0=a; filename*1=.exe',
    ' folded',
    'Subject: x',
    '',
    '',
    '--b',
    '--b--',
    '--b----',
    '--c',
  ],
  ...[
    '--c--',
    '--',
    'SGVsbG8=',
    'SGV=sbG8',
    'begin 644 a',
    '#0V%T',
    '`',
    'end',
    'a=3Db=',
    '<p><a href="//x">',
    'no colon here',
    '\0',
    '\xff',
  ],
);
const ends = fc.constantFrom('\r\n', '\r\n', '\r\n', '\n', '\r');
const mail = fc
  .array(fc.tuple(lines, ends), { maxLength: 40 })
  .map(list => Buffer.from(list.map(([line, end]) => line + end).join(''), 'latin1'));

test('our reader: parts lie within the message and its limits', () => {
  fc.assert(
    fc.property(mail, raw => {
      const { parts, count, depth } = readMail(raw).structure();
      assert.ok(parts.length <= count + 1 && depth <= mimeLimits.depth + 1);
      let end = 0;
      for (const { body } of parts) {
        if (body === null) continue;
        assert.ok(body.start <= body.end && body.end <= raw.length);
        end = Math.max(end, body.end);
      }
      assert.ok(end <= raw.length);
    }),
    { numRuns: 500 },
  );
});

test('our reader: the same bytes with and without CR are the same tree', () => {
  fc.assert(
    fc.property(fc.array(lines, { maxLength: 40 }), list => {
      const tree = (end: string) => {
        const { parts, count } = readMail(Buffer.from(list.map(line => line + end).join(''), 'latin1')).structure();
        return { count, parts: parts.map(p => [p.type, p.depth, p.encoding, p.filenames]) };
      };
      assert.deepEqual(tree('\r\n'), tree('\n'));
    }),
  );
});

test('both readers: every view of any message can be had', async () => {
  await fc.assert(
    fc.asyncProperty(mail, async raw => {
      const read = readMail(raw);
      const [texts, parsed, contents, attachments] = await Promise.all([
        read.texts(textFields),
        read.parsed(),
        read.contents(),
        read.attachments(),
      ]);
      assert.ok(texts.has('text') && ['parsed', 'failed', 'refused'].includes(parsed.state));
      for (const content of contents) {
        const opened = await content.read();
        assert.ok(opened.length <= raw.length);
      }
      assert.ok(attachments.every(attachment => attachment.content.length <= raw.length));
    }),
    { numRuns: 200 },
  );
});

test('transfer encodings: what was encoded comes out, and anything else comes to an end', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), bytes => {
      const base64 = Buffer.from(
        Buffer.from(bytes)
          .toString('base64')
          .replace(/(.{20})/g, '$1\r\n'),
      );
      assert.deepEqual(decode(base64, 'base64'), { bytes: Buffer.from(bytes), isMalformed: false });
      const quoted = Buffer.from(
        [...bytes].map(b => `=${b.toString(16).toUpperCase().padStart(2, '0')}`).join('=\r\n'),
      );
      assert.deepEqual(decode(quoted, 'quoted-printable'), { bytes: Buffer.from(bytes), isMalformed: false });
      for (const encoding of ['base64', 'quoted-printable', 'uuencode'] as const) {
        assert.ok(decode(bytes, encoding).bytes.length <= bytes.length);
      }
    }),
  );
});

test('HTML: any text is read', () => {
  const pieces = fc.constantFrom(
    '<',
    '>',
    '</',
    'a',
    ' href=',
    '"',
    "'",
    '&',
    '&#x41;',
    '<!--',
    '-->',
    '<script>',
    '<![CDATA[',
    '<p style="display:none">',
    '\0',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 80 }), list =>
      assert.equal(typeof readHtml(list.join('')).text, 'string'),
    ),
  );
});
