// What a worker hands on of a message's texts: the fields that are asked for, whole or not at all.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readMail } from '../../src/content/mail.ts';
import { type KeptMail, maxKeptChars, textsToKeep } from '../../src/inspect/keep-texts.ts';
import { type TextField, textFields } from '../../src/model/evidence.ts';
import { type KeptTexts, type TextKeeping, unpackedTexts, wasKept } from '../../src/model/kept-texts.ts';

const plain = 'Subject: =?utf-8?q?gr=C3=BC=C3=9Fe?=\r\nX-Odd: one\r\nX-Odd: two\r\n\r\nVisit http://a.test/\r\n';
const mailOf = (text: string): KeptMail => readMail(Buffer.from(text));

async function kept(mail: KeptMail, keeping: TextKeeping, sought: readonly TextField[] = []): Promise<KeptTexts> {
  const packed = await textsToKeep(mail, keeping, sought, 10_000);
  assert.ok(packed);
  return unpackedTexts(JSON.parse(Buffer.from(packed).toString()));
}

test('nothing where nothing is to be kept', async () => {
  assert.equal(await textsToKeep(mailOf(plain), 'off', ['text'], 10_000), null);
});

test('sought: the fields of rules as patterns see them, and every header field, asked for or not', async () => {
  const of = await kept(mailOf(plain), 'sought', ['subject', 'url', 'html', 'header:x-absent']);
  assert.deepEqual(
    [...of.texts].sort(([a], [b]) => (a < b ? -1 : 1)),
    [
      ['header:subject', ['grüße']],
      ['header:x-odd', ['one', 'two']],
      ['html', []],
      ['subject', ['grüße']],
      ['url', ['http://a.test/']],
    ],
  );
  const fields: readonly [TextField, boolean][] = [
    ['html', true],
    ['header:x-absent', true],
    ['text', false],
    ['raw', false],
    ['sa:body', false],
  ];
  for (const [field, isKept] of fields) assert.equal(wasKept(of, field), isKept, field);
});

test('all: every field that a rule can name, and views that are sought', async () => {
  const of = await kept(mailOf(plain), 'all', ['sa:body']);
  for (const field of [...textFields, 'sa:body'] as const) assert.ok(of.texts.has(field), field);
  assert.deepEqual(of.texts.get('raw'), [plain]);
});

/** A mail whose fields have so many characters. */
const sized = (chars: Readonly<Partial<Record<TextField, number>>>, header: readonly string[] = []): KeptMail => ({
  header: { fields: header.map(name => ({ name })) } as unknown as KeptMail['header'],
  text: async field => (chars[field] === undefined ? [] : ['x'.repeat(chars[field])]),
});

test('what is too large is left out whole, the largest first, and is not taken to be empty', async () => {
  const quarter = maxKeptChars / 4;
  const of = await kept(sized({ text: quarter, html: 2 * quarter + 1, url: quarter }), 'sought', [
    'html',
    'text',
    'url',
  ]);
  assert.deepEqual([...of.texts.keys()].sort(), ['text', 'url']);
  assert.deepEqual([wasKept(of, 'html'), wasKept(of, 'url')], [false, true]);
  const whole = await kept(sized({ text: quarter, html: 2 * quarter, url: quarter }), 'sought', [
    'html',
    'text',
    'url',
  ]);
  assert.equal(whole.texts.size, 3);
});

test('a header section that is too large is left out, and none of its fields is taken to be missing', async () => {
  const of = await kept(sized({ 'header:x-large': maxKeptChars, text: 1 }, ['x-large', 'x-small']), 'sought', ['text']);
  assert.deepEqual([[...of.texts.keys()], wasKept(of, 'header:x-small')], [['text'], false]);
});

test('texts that come too late or cannot be read are not kept', async () => {
  const hanging: KeptMail = { ...mailOf(plain), text: () => new Promise(() => {}) };
  assert.equal(await textsToKeep(hanging, 'sought', ['text'], 1), null);
  const failing: KeptMail = { ...mailOf(plain), text: () => Promise.reject(new Error('no')) };
  assert.equal(await textsToKeep(failing, 'sought', ['text'], 1000), null);
});

const never = () => new Promise<never>(() => {});
const fails = () => Promise.reject(new Error('no'));
const unread: readonly { readonly name: string; readonly field: TextField; readonly read: () => Promise<never> }[] = [
  { name: 'a field that cannot be read', field: 'text', read: fails },
  { name: 'a field that comes too late', field: 'text', read: never },
  { name: 'a header field that cannot be read', field: 'header:x-odd', read: fails },
];
for (const { name, field, read } of unread)
  test(`${name} is not kept, and is not taken to be missing; the others are`, async () => {
    const mail = mailOf(plain);
    const packed = await textsToKeep(
      { ...mail, text: of => (of === field ? read() : mail.text(of)) },
      'sought',
      ['subject', 'text'],
      read === never ? 1 : 1000,
    );
    assert.ok(packed);
    const of = unpackedTexts(JSON.parse(Buffer.from(packed).toString()));
    assert.deepEqual([of.texts.get('subject'), wasKept(of, field)], [['grüße'], false]);
  });
