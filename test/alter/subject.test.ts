import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { decodeWords } from '../../src/content/words.ts';
import { fieldValue, headerSection } from '../../src/model/header.ts';
import { altered } from './scene.ts';

const utf8Tag = '[Werbung ü]';
const utf8Words = `=?utf-8?B?${Buffer.from(utf8Tag).toString('base64')}?=`;
const utf8WordsAndSpace = `=?utf-8?B?${Buffer.from(`${utf8Tag} `).toString('base64')}?=`;
const long = 'x'.repeat(985);

const cases = [
  { name: 'a plain subject', mail: 'Subject: Hello\n', gives: 'Subject: [SPAM] Hello\n' },
  { name: 'no space after the colon', mail: 'Subject:Hello\n', gives: 'Subject: [SPAM] Hello\n' },
  { name: 'a tab after the colon', mail: 'Subject:\tHello\n', gives: 'Subject: [SPAM]\tHello\n' },
  { name: 'a name in capitals, with a space behind', mail: 'SUBJECT : Hello\n', gives: 'SUBJECT : [SPAM] Hello\n' },
  {
    name: 'an encoded subject',
    mail: 'Subject: =?utf-8?q?H=C3=A9?=\n',
    gives: 'Subject: [SPAM] =?utf-8?q?H=C3=A9?=\n',
  },
  { name: 'a folded subject', mail: 'Subject: one\n two\n', gives: 'Subject: [SPAM] one\n two\n' },
  { name: 'folded before its first word', mail: 'Subject:\n Hello\n', gives: 'Subject: [SPAM]\n Hello\n' },
  { name: 'an empty subject', mail: 'Subject:\n', gives: 'Subject: [SPAM]\n' },
  { name: 'a subject of white space, folded', mail: 'Subject: \n \t\nTo: x\n', gives: 'Subject: [SPAM]\nTo: x\n' },
  { name: 'no subject', mail: 'From: a@b.example\n', gives: 'Subject: [SPAM]\nFrom: a@b.example\n' },
  {
    name: 'several subjects: readers differ in which they show',
    mail: 'Subject: one\nTo: x\nsubject: two\n',
    gives: 'Subject: [SPAM] one\nTo: x\nsubject: [SPAM] two\n',
  },
  { name: 'raw 8-bit', mail: 'Subject: caf\xe9\n', gives: 'Subject: [SPAM] caf\xe9\n' },
  { name: 'the tag there already', mail: 'Subject: [SPAM] Hello\n', gives: 'Subject: [SPAM] Hello\n', isLeft: true },
  {
    name: 'the tag there already, encoded',
    mail: 'Subject: =?utf-8?q?=5BSPAM=5D_Hi?=\n',
    gives: 'Subject: =?utf-8?q?=5BSPAM=5D_Hi?=\n',
    isLeft: true,
  },
  { name: 'the tag in an answer', mail: 'Subject: Re: [SPAM] Hello\n', gives: 'Subject: [SPAM] Re: [SPAM] Hello\n' },
  { name: 'a line too long for the tag', mail: `Subject: ${long}\n`, gives: `Subject: [SPAM]\n ${long}\n` },
  { name: 'one without its space', mail: `Subject:${long}y\n`, gives: `Subject: [SPAM]\n ${long}y\n` },
  { name: 'a tag beyond ASCII', tag: utf8Tag, mail: 'Subject: Hello\n', gives: `Subject: ${utf8Words} Hello\n` },
  {
    name: 'a tag beyond ASCII before an encoded word, which would swallow the space',
    tag: utf8Tag,
    mail: 'Subject: =?utf-8?q?Hello?=\n',
    gives: `Subject: ${utf8WordsAndSpace} =?utf-8?q?Hello?=\n`,
  },
  {
    name: 'a tag beyond ASCII before a folded encoded word',
    tag: utf8Tag,
    mail: 'Subject:\n =?utf-8?q?Hello?=\n',
    gives: `Subject: ${utf8WordsAndSpace}\n =?utf-8?q?Hello?=\n`,
  },
  { name: 'a tag beyond ASCII and no subject', tag: utf8Tag, mail: 'To: x\n', gives: `Subject: ${utf8Words}\nTo: x\n` },
];

describe('a subject is tagged', () => {
  for (const { name, mail, gives, tag = '[SPAM]', isLeft = false } of cases) {
    test(name, async () => {
      const { text, notes } = await altered(`${mail}\nbody: Subject: x\n`, { subjectTag: tag });
      assert.equal(text.replaceAll('\r\n', '\n'), `${gives}\nbody: Subject: x\n`);
      assert.deepEqual(notes, [isLeft ? 'not subject_tag: is there already' : `subject_tag: ${tag}`]);
    });
  }
});

test('a message that is nothing but a subject, without an end of line', async () => {
  assert.equal((await altered('Subject:', { subjectTag: '[T]' })).text, 'Subject: [T]\r\n');
  assert.equal((await altered('', { subjectTag: '[T]' })).text, 'Subject: [T]\r\n');
});

test('whatever the subject is, it is read as the tag and what was read before, and no other field changes', async () => {
  const piece = fc.constantFrom(' ', '\t', '\n ', '=?utf-8?q?a?=', '=?x', ':', 'b', '\xff', '[T]');
  const value = fc.array(piece, { maxLength: 12 }).map(pieces => pieces.join(''));
  await fc.assert(
    fc.asyncProperty(value, fc.constantFrom('[T]', '[ü]'), async (given, tag) => {
      const mail = `From: a@b.example\nSubject:${given}\nTo: x\n\nbody\n`;
      const before = readSubject(Buffer.from(mail, 'latin1'));
      const { bytes } = await altered(mail, { subjectTag: tag });
      const after = readSubject(bytes);
      assert.equal(after.replace(/\s+/g, ' ').trim(), before.startsWith(tag) ? before : `${tag} ${before}`.trim());
      const fields = headerSection(bytes).fields.map(field => field.name);
      assert.deepEqual(fields, ['from', 'subject', 'to']);
    }),
    { numRuns: 1000 },
  );
});

function readSubject(message: Uint8Array): string {
  const field = headerSection(message).fields.find(({ name }) => name === 'subject');
  return field === undefined ? '' : decodeWords(fieldValue(message, field)).replace(/\s+/g, ' ').trim();
}
