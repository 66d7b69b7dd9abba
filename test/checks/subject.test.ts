// How a subject is written.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Subject } from '../../src/checks/check.ts';
import { subjectCheck } from '../../src/checks/subject.ts';
import { observed, subjectOf } from './mail-scene.ts';

const b64 = (text: string) => `=?utf-8?B?${Buffer.from(text).toString('base64')}?=`;

const cases: readonly { readonly subject: string; readonly holds: Readonly<Record<string, unknown>> }[] = [
  {
    subject: 'Minutes of Monday',
    holds: { length: 17, words: 3, is_shouted: false, is_reply: false, encoding: 'none', charset: '', exclamations: 0 },
  },
  {
    subject: 'WIN $1000 NOW!!! REALLY?',
    holds: { is_shouted: true, exclamations: 3, currency: 1, digits: 4, questions: 1 },
  },
  { subject: 'FYI: ISO 9001', holds: { is_shouted: false } },
  { subject: 'NASA and ESA meeting', holds: { is_shouted: false, upper_ratio: 0.412 } },
  { subject: 'Re: minutes', holds: { is_reply: true, is_false_reply: true, is_forward: false } },
  { subject: 'AW[2]: Termin', holds: { is_reply: true } },
  { subject: '[list] Re: minutes', holds: { is_reply: true } },
  {
    subject: b64('\u56de\u590d\uff1a\u62a5\u4ef7'),
    holds: { is_reply: true, charset: 'utf-8', encoding: 'b', is_needlessly_encoded: false },
  },
  { subject: 'Fwd: minutes', holds: { is_forward: true, is_reply: false, is_false_reply: false } },
  { subject: 'RV: presupuesto', holds: { is_forward: true } },
  { subject: 'Results: minutes', holds: { is_reply: false, is_forward: false } },
  { subject: 'Resume', holds: { is_reply: false } },
  { subject: b64('Minutes'), holds: { encoding: 'b', is_needlessly_encoded: true } },
  {
    subject: '=?ISO-8859-1*en?Q?caf=E9?=',
    holds: { encoding: 'q', is_needlessly_encoded: false, charset: 'iso-8859-1' },
  },
  { subject: `${b64('a\u00e9')} =?utf-8?q?b?=`, holds: { encoding: 'mixed' } },
  { subject: 'caf\u00e9', holds: { is_raw_8bit: true, encoding: 'none' } },
  { subject: b64('\u{1f525}\u{1f525} Sale'), holds: { emoji: 2, is_raw_8bit: false } },
  { subject: 'Cheap pills                     xqz', holds: { has_gap: true } },
  { subject: 'Two  spaces', holds: { has_gap: false } },
  { subject: 'Ann.Example, your parcel', holds: { names_recipient: true } },
  { subject: 'ann.example@ours.example: blocked', holds: { names_recipient: true } },
  { subject: 'Joann.example.com is down', holds: { names_recipient: false } },
  { subject: '', holds: { length: 0, words: 0, upper_ratio: 0 } },
];

const withRecipient = (mail: string, path: string): Subject => {
  const subject = subjectOf(mail);
  return { ...subject, envelope: { ...subject.envelope, recipients: [{ path, parameters: [] }] } };
};

for (const { subject, holds } of cases) {
  test(`subject: ${subject.slice(0, 40)}`, async () => {
    const value = await observed(subjectCheck, withRecipient(`Subject: ${subject}\n\nx\n`, 'Ann.Example@ours.example'));
    for (const [field, expected] of Object.entries(holds)) assert.deepEqual(value[field], expected, field);
  });
}

test('a reply to something is no false reply', async () => {
  const value = await observed(subjectCheck, subjectOf('Subject: Re: x\nIn-Reply-To: <1@x.example>\n\nx\n'));
  assert.deepEqual([value.is_reply, value.is_false_reply], [true, false]);
});

test('a short name is a word, and an address is an address', async () => {
  const names = async (subject: string) =>
    (await observed(subjectCheck, withRecipient(`Subject: ${subject}\n\nx\n`, 'abc@ours.example'))).names_recipient;
  assert.deepEqual([await names('abc news'), await names('News for ABC@ours.example!')], [false, true]);
});

for (const path of ['postmaster@ours.example', 'abuse@ours.example'])
  test(`${path} is no name of anybody`, async () => {
    const value = await observed(subjectCheck, withRecipient(`Subject: to ${path}\n\nx\n`, path));
    assert.equal(value.names_recipient, false);
  });

for (const subject of [
  ' '.repeat(100_000),
  `${'a     '.repeat(30_000)}`,
  '=?'.repeat(50_000),
  `[${'x'.repeat(50_000)}`,
])
  test(`a subject of ${JSON.stringify(subject.slice(0, 6))}... comes to an end`, async () => {
    const value = await observed(subjectCheck, subjectOf(`Subject: a${subject}b\n\nx\n`));
    assert.ok(value.length <= 1000);
  });
