import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fieldValue, headerSection } from '../../src/model/header.ts';

const bytes = (text: string) => Buffer.from(text, 'latin1');

const cases = [
  { name: 'two fields and a body', text: 'A: 1\r\nB: 2\r\n\r\nbody', names: ['a', 'b'], body: 'body' },
  { name: 'a folded field is one field', text: 'A: 1\r\n 2\r\n\t3\r\nB: x\r\n\r\n', names: ['a', 'b'], body: '' },
  { name: 'lines that end in LF only', text: 'A: 1\nB: 2\n\nbody', names: ['a', 'b'], body: 'body' },
  { name: 'white space before the colon', text: 'Subject : x\r\n\r\n', names: ['subject'], body: '' },
  { name: 'a line without a colon has no name', text: 'From someone\r\nA: 1\r\n\r\n', names: ['', 'a'], body: '' },
  { name: 'no empty line: all is header', text: 'A: 1\r\nB: 2', names: ['a', 'b'], body: '' },
  { name: 'an empty header', text: '\r\nbody', names: [], body: 'body' },
  { name: 'nothing at all', text: '', names: [], body: '' },
  {
    name: 'a folded line before any field is a field of its own',
    text: ' x\r\nA: 1\r\n\r\n',
    names: ['', 'a'],
    body: '',
  },
  { name: 'threat 20: __proto__ is a name like another', text: '__proto__: x\r\n\r\n', names: ['__proto__'], body: '' },
];
for (const c of cases) {
  test(c.name, () => {
    const section = headerSection(bytes(c.text));
    assert.deepEqual(
      section.fields.map(field => field.name),
      c.names,
    );
    assert.equal(c.text.slice(section.bodyStart), c.body);
    assert.deepEqual(section.exceeded, []);
  });
}

test('a value is unfolded, and otherwise as written', () => {
  const raw = bytes('Subject:  a\r\n\t b =?x?=\xe9 \r\n\r\n');
  const [field] = headerSection(raw).fields;
  assert.ok(field);
  assert.equal(fieldValue(raw, field), 'a\t b =?x?=\xe9');
});

const limits = { bytes: 100, fields: 3, linesPerField: 3, fromBytes: 40 };
const exceeded = [
  {
    name: 'too many bytes',
    text: `${'A: 12345678\r\n'.repeat(2)}B: ${'x'.repeat(90)}\r\nC: 1\r\n\r\nbody`,
    limit: 'bytes',
  },
  { name: 'too many fields', text: `${'A: 1\r\n'.repeat(4)}\r\nbody`, limit: 'fields' },
  { name: 'a From of too many bytes', text: `From: ${'g:;'.repeat(11)}\r\n x\r\n\r\nbody`, limit: 'fromBytes' },
  { name: 'several From of too many bytes', text: `${'FROM : a@b.test,\r\n'.repeat(3)}\r\nbody`, limit: 'fromBytes' },
  { name: 'too many lines in a field', text: `A: 1\r\n${' x\r\n'.repeat(3)}\r\nbody`, limit: 'linesPerField' },
];
const within = [
  { name: 'a From of as many bytes as are read', text: `From: ${'x'.repeat(32)}\r\n\r\nbody` },
  { name: 'a To that is longer than a From may be', text: `To: ${'x'.repeat(60)}\r\n\r\nbody` },
];
for (const { name, text } of within) {
  test(`${name} is within the limits`, () => assert.deepEqual(headerSection(bytes(text), limits).exceeded, []));
}
for (const c of exceeded) {
  test(`threat 33: ${c.name} is said, and the body is still found`, () => {
    const section = headerSection(bytes(c.text), limits);
    assert.deepEqual(section.exceeded, [c.limit]);
    assert.ok(section.fields.length <= 3);
    assert.equal(c.text.slice(section.bodyStart), 'body');
  });
}
