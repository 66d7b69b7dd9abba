// Words in disguise, as evidence (THREATS.md 19: zero-width characters and homographs).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { charactersCheck } from '../../src/checks/characters.ts';
import { observed, subjectOf } from './mail-scene.ts';

const word = (text: string) => `=?utf-8?B?${Buffer.from(text).toString('base64')}?=`;
const utf8 = (header: string, text: string) =>
  `${header}Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n${Buffer.from(text).toString('base64')}\n`;

test('an ordinary mail has none', async () => {
  const { examples, ...counts } = await observed(charactersCheck, subjectOf(utf8('Subject: x\n', 'Hello, 2 of 10.')));
  assert.deepEqual(examples, []);
  assert.deepEqual(counts, {
    disguised_words: 0,
    lookalike_words: 0,
    styled_words: 0,
    unseen_words: 0,
    digit_words: 0,
    spaced_words: 0,
    mixed_script_words: 0,
    substitute_share: 0,
    in_subject: false,
    in_names: false,
  });
});

test('unicode tricks: each way of disguise is counted, and the words shown', async () => {
  const text = 'P\u0430yPal, \u{1d5e9}\u{1d5f6}\u{1d5ee}, via\u200bgra, acc0unt, v i a g r a';
  const value = await observed(charactersCheck, subjectOf(utf8('Subject: x\n', text)));
  assert.deepEqual(
    [
      value.disguised_words,
      value.lookalike_words,
      value.styled_words,
      value.unseen_words,
      value.digit_words,
      value.spaced_words,
    ],
    [5, 1, 1, 1, 1, 1],
  );
  assert.equal(value.mixed_script_words, 1);
  assert.deepEqual(
    value.examples.toSorted(),
    ['P\u0430yPal', 'acc0unt', 'v i a g r a', 'viaU+200Bgra', '\u{1d5e9}\u{1d5f6}\u{1d5ee}'].toSorted(),
  );
});

const places = [
  { name: 'the subject', header: `Subject: ${word('Your P\u0430yPal')}\n`, in: { in_subject: true, in_names: false } },
  {
    name: 'the name in From',
    header: `From: ${word('P\u0430yPal')} <a@x.example>\n`,
    in: { in_subject: false, in_names: true },
  },
  {
    name: 'the name in Reply-To',
    header: `Reply-To: ${word('P\u0430yPal')} <a@x.example>\n`,
    in: { in_subject: false, in_names: true },
  },
  { name: 'the text', header: 'Subject: x\n', in: { in_subject: false, in_names: false } },
];

for (const place of places) {
  test(`in ${place.name}`, async () => {
    const text = place.name === 'the text' ? 'P\u0430yPal' : 'x';
    const value = await observed(charactersCheck, subjectOf(utf8(place.header, text)));
    assert.deepEqual({ in_subject: value.in_subject, in_names: value.in_names }, place.in);
    assert.equal(value.disguised_words, 1);
    assert.ok(value.substitute_share > 0 && value.substitute_share < 1);
  });
}
