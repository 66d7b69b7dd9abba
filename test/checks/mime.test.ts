// Structure as evidence: the tree, the limits, and each doubt by its name.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mimeCheck } from '../../src/checks/mime.ts';
import { type Anomaly, anomalies } from '../../src/content/anomalies.ts';
import { observed, subjectOf } from './mail-scene.ts';

const observe = async (mail: string) => await observed(mimeCheck, subjectOf(mail));
const inPart = (part: string, boundary = 'boundary=b'): string =>
  `Content-Type: multipart/mixed; ${boundary}\n\n--b\n${part}\n--b--\n`;

test('an ordinary tree', async () => {
  const value = await observe(
    'Content-Type: multipart/alternative; boundary=b\n\n--b\n\nA\n--b\nContent-Type: text/html\n\n<p>A\n--b--\n',
  );
  assert.deepEqual(value, {
    type: 'multipart/alternative',
    parts: 3,
    depth: 1,
    limits: [],
    anomalies: [],
    is_ambiguous: false,
    parser: 'parsed',
    parser_reason: '',
    has_8bit_header: false,
  });
});

/** One mail for each doubt, which is noted and with it at most those named. */
const doubts: Readonly<Record<Anomaly, string>> = {
  bare_cr: 'Subject: x\n\nHello\rthere\n',
  base64_undeclared: inPart('Content-Type: application/pdf\n\nJVBERi0xLjQKJcfsj6IKNSAwIG9iago8PC9MZW5ndGggNiAwIFI'),
  boundary_absent: 'Content-Type: multipart/mixed; boundary=b\n\nHello\n',
  boundary_after_close: 'Content-Type: multipart/mixed; boundary=b\n\n--b\n\nA\n--b--\n--b\n\nB\n',
  boundary_conflict: inPart('\nA', 'boundary=b; boundary=c'),
  boundary_missing: inPart('\nA', 'x=y'),
  boundary_odd: inPart('\nA', 'boundary="b "'),
  duplicate_disposition: inPart('Content-Disposition: inline\nContent-Disposition: attachment\n\nA'),
  duplicate_encoding: inPart('Content-Transfer-Encoding: 7bit\nContent-Transfer-Encoding: 8bit\n\nA'),
  duplicate_parameter: inPart('Content-Disposition: attachment; filename=a; filename=b; filename=c\n\nA'),
  duplicate_type: inPart('Content-Type: text/plain\nContent-Type: text/html\n\nA'),
  encoding_odd: inPart('Content-Transfer-Encoding: rot13\n\nA'),
  encoding_on_container: inPart(
    'Content-Type: message/rfc822\nContent-Transfer-Encoding: quoted-printable\n\nSubject: x\n\nA',
  ),
  external_body: inPart('Content-Type: message/external-body; access-type=url\n\nX: y'),
  field_in_body: inPart('Content-Type: application/pdf\n\nContent-Transfer-Encoding: base64\n\nSGVsbG8='),
  header_broken: inPart('Content-Type: text/plain\nno field\n\nA'),
  header_nul: inPart('Content-Type: text/plain\0\n\nA'),
  malformed_base64: inPart('Content-Transfer-Encoding: base64\n\nSGVs*bG8='),
  malformed_quoted_printable: inPart(
    'Content-Type: application/pdf\nContent-Transfer-Encoding: quoted-printable\n\na=b',
  ),
  parsers_differ:
    'Content-Type: multipart/mixed; boundary=b; boundary=c\n\n--b\nContent-Type: application/pdf\n\nA\n--b--\n',
  partial_message: 'Content-Type: message/partial; id=x\n\nA\n',
  payload_outside_parts: inPart('\nA').replace('\n\n', `\n\n${'QUJD'.repeat(15)}\n`),
  type_odd: inPart('Content-Type: text\n\nA'),
  uuencoded: 'Subject: x\n\nbegin 644 a\n#0V%T\n`\nend\n',
};

for (const name of Object.keys(anomalies)) {
  const mail = doubts[name as Anomaly];
  test(`parser differential: ${name} is noted`, async () => {
    const value = await observe(mail);
    assert.ok(value.anomalies.includes(name), value.anomalies.join(' '));
    assert.equal(value.is_ambiguous, true);
  });
}

/** What real senders do, and no doubt is. */
const harmless: readonly (readonly [name: string, mail: string])[] = [
  ['a mailing list’s footer after the parts', `${inPart('\nA')}\n_____\nlist mailing list\nhttps://lists.example/\n`],
  [
    'a signature of OpenPGP',
    inPart(
      'Content-Type: application/pgp-signature\n\n-----BEGIN PGP SIGNATURE-----\n\niQEzBAEBCAAdFiEE\n=abcd\n-----END PGP SIGNATURE-----',
    ),
  ],
  ['the same field twice', inPart('Content-Type: text/plain\nContent-Type: text/plain\n\nA')],
  [
    'a signature’s list of field names',
    'DKIM-Signature: v=1; h=From:MIME-Version:\n Content-Type:Content-Transfer-Encoding; b=x\n\nA\n',
  ],
  ['8-bit in an unfamiliar spelling', inPart('Content-Transfer-Encoding: 8-bit\n\nA')],
  ['a name in two forms', inPart("Content-Disposition: attachment; filename=a.pdf; filename*=utf-8''%C3%A4.pdf\n\nA")],
  ['a stray equals sign in text', inPart('Content-Transfer-Encoding: quoted-printable\n\na = b')],
  ['a calendar invitation', inPart('Content-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR')],
  ['a bounce', inPart('Content-Type: message/delivery-status\n\nReporting-MTA: dns; x').replace('mixed', 'report')],
  ['a MIME field after the parts, with nothing under it', `${inPart('\nA')}Content-Type: text/plain\n\n\n`],
  ['a mailbox file’s first line', 'From a@x.example Sat Nov 21 12:00:00 2026\nSubject: x\n\nA\n'],
];

for (const [name, mail] of harmless) {
  test(`${name} is no anomaly`, async () => assert.deepEqual((await observe(mail)).anomalies, []));
}

test('content under a MIME field after the parts is an anomaly', async () => {
  const hidden = `${inPart('\nA')}Content-Type: application/pdf\n\n\nContent-Disposition: attachment\n\nJVBERi0=\n`;
  assert.deepEqual((await observe(hidden)).anomalies, ['payload_outside_parts']);
});

test('a multipart that has no part is that, and not a difference of readers', async () => {
  const empty = 'Content-Type: multipart/report; boundary=b\n\nIt could not be delivered.\n';
  assert.deepEqual((await observe(empty)).anomalies, ['boundary_absent']);
});

test('MIME depth is evidence', async () => {
  const value = await observe('Content-Type: message/rfc822\n\n'.repeat(60));
  assert.deepEqual(value.limits, ['depth']);
});

test('a mailparser that was not asked is told, with the reason', async () => {
  const value = await observe(`${'X: y\n'.repeat(3000)}\nHello\n`);
  assert.deepEqual([value.parser, value.parser_reason], ['refused', 'header over its limits']);
});

test('8-bit bytes in the header', async () => {
  assert.equal((await observe('Subject: \xfc\n\nA\n')).has_8bit_header, true);
});
