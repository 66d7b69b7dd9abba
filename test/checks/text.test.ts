// The text that a reader sees.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { textCheck } from '../../src/checks/text.ts';
import { observed, subjectOf } from './mail-scene.ts';

const observe = async (mail: string) => await observed(textCheck, subjectOf(mail));

test('plain text', async () => {
  assert.deepEqual(await observe('Subject: x\n\nHELLO you\n\nthere\n'), {
    length: 17,
    words: 3,
    lines: 2,
    is_empty: false,
    has_plain: true,
    zero_width: 0,
    bidi_controls: 0,
    bidi_overrides: 0,
    mail_addresses: [],
    upper_ratio: 0.385,
    non_ascii_ratio: 0,
    is_truncated: false,
  });
});

test('nothing to read', async () => {
  const { is_empty, length, upper_ratio } = await observe('Content-Type: text/html\n\n<p> </p><script>x()</script>\n');
  assert.deepEqual({ is_empty, length, upper_ratio }, { is_empty: true, length: 0, upper_ratio: 0 });
});

test('unicode tricks: zero-width characters are counted', async () => {
  const body = Buffer.from('v\u200bi\u200ca\u00adgra', 'utf8').toString('base64');
  const value = await observe(
    `Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n${body}\n`,
  );
  assert.equal(value.zero_width, 3);
});

test('unicode tricks: what turns the direction of text is counted', async () => {
  const body = Buffer.from('a\u202egpj.exe\u202c \u200f', 'utf8').toString('base64');
  const value = await observe(
    `Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n${body}\n`,
  );
  assert.deepEqual([value.bidi_controls, value.bidi_overrides], [3, 1]);
});

const addresses = [
  { text: 'Write to Ann.B+x@Mail.Example, or bob@b.test.', finds: ['ann.b+x@mail.example', 'bob@b.test'] },
  { text: 'ann@b.test ANN@B.TEST', finds: ['ann@b.test'] },
  { text: 'ann@localhost, @ann, a @ b.example, 5@', finds: [] },
  { text: `${'a'.repeat(70)}@b.example`, finds: [`${'a'.repeat(64)}@b.example`] },
];
for (const { text, finds } of addresses)
  test(`mail addresses in ${text.slice(0, 40)}`, async () =>
    assert.deepEqual((await observe(`Subject: x\n\n${text}\n`)).mail_addresses, finds));

test('many mail addresses are bounded evidence, and `@` in great numbers no work', async () => {
  const text = `${Array.from({ length: 50 }, (_, i) => `user${i}@host${i}.example`).join(' ')}\n${'@'.repeat(200_000)}\n`;
  assert.equal((await observe(`Subject: x\n\n${text}`)).mail_addresses.length, 5);
});

test('HTML alone is text too', async () => {
  const { has_plain, words } = await observe('Content-Type: text/html\n\n<p>Hello <b>you</b></p>\n');
  assert.deepEqual({ has_plain, words }, { has_plain: false, words: 2 });
});

test('text beyond the limit is told', async () => {
  const value = await observe(`Subject: x\n\n${'word '.repeat(600_000)}\n`);
  assert.equal(value.is_truncated, true);
  assert.equal(value.length, 256 * 1024);
});
