// Structured MIME fields as every reader might read them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parameterised, withoutComments } from '../../src/content/parameters.ts';

const cases: readonly {
  readonly name: string;
  readonly field: string;
  readonly value: string;
  readonly gives: Readonly<Record<string, readonly string[]>>;
  readonly odd?: true;
}[] = [
  { name: 'a plain field', field: 'text/plain; charset=utf-8', value: 'text/plain', gives: { charset: ['utf-8'] } },
  { name: 'the value in lower case', field: 'Text/HTML', value: 'text/html', gives: {} },
  { name: 'a quoted value', field: 'a/b; name="x;y \\"z\\""', value: 'a/b', gives: { name: ['x;y "z"'] } },
  { name: 'an empty last segment', field: 'a/b; c=d;', value: 'a/b', gives: { c: ['d'] } },
  { name: 'a continued name', field: 'a/b; name*1=zip; name*0="file."', value: 'a/b', gives: { name: ['file.zip'] } },
  {
    name: 'an encoded name',
    field: "a/b; name*=utf-8'de'gr%C3%BC%C3%9F.pdf",
    value: 'a/b',
    gives: { name: ['grüß.pdf'] },
  },
  {
    name: 'an encoded and continued name beside a plain one',
    field: "a/b; name=gr.pdf; name*0*=iso-8859-1''gr%FC; name*1=.pdf",
    value: 'a/b',
    gives: { name: ['gr.pdf', 'grü.pdf'] },
  },
  { name: 'a name given twice', field: 'a/b; x=1; x=2', value: 'a/b', gives: { x: ['1', '2'] } },
  {
    name: 'a missing semicolon',
    field: 'multipart/mixed boundary=x',
    value: 'multipart/mixed',
    gives: { boundary: ['x'] },
    odd: true,
  },
  {
    name: 'a comment',
    field: 'multipart/mixed; boundary=(no)x',
    value: 'multipart/mixed',
    gives: { boundary: ['x'] },
    odd: true,
  },
  { name: 'text after the quotes', field: 'a/b; c="d"e', value: 'a/b', gives: { c: ['d'] }, odd: true },
  { name: 'a parameter without a value', field: 'a/b; c', value: 'a/b', gives: {}, odd: true },
  // THREATS.md 20.
  {
    name: 'prototype pollution by parameter names: they are keys of a Map',
    field: 'a/b; __proto__=x; __proto__*0=y; constructor=z',
    value: 'a/b',
    gives: { ['__proto__']: ['x', 'y'], constructor: ['z'] },
  },
];

for (const c of cases) {
  test(c.name, () => {
    const { value, parameters, isOdd } = parameterised(c.field);
    assert.equal(value, c.value);
    assert.deepEqual([...parameters], Object.entries(c.gives));
    assert.equal(isOdd, c.odd ?? false);
    assert.equal(Object.hasOwn(Object.prototype, 'x'), false);
  });
}

test('comments nest, and quoted brackets are none', () => {
  assert.deepEqual(withoutComments('a (b (c) d) "(e)" f'), { text: 'a   "(e)" f', hadComment: true });
});

test('nested comments: a hundred thousand do not overflow the stack', () => {
  assert.equal(withoutComments(`a${'('.repeat(100_000)}b${')'.repeat(100_000)}c`).text, 'a c');
});
