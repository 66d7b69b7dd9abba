// `replace_tag`: what a tag in a pattern becomes, with what goes before, behind and between tags.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ReplaceTags, replaceTags } from '../../../src/rules/spamassassin/replace-tags.ts';

const tags: ReplaceTags = {
  start: '<',
  end: '>',
  tag: new Map([
    ['A', '[a4]'],
    ['B', '[b8]'],
    ['AB', '<A><B>'],
    ['MONEY', '\\$&'],
    ['LOOP', '<LOOP>x'],
  ]),
  pre: new Map([['P', '\\b']]),
  post: new Map([['Q', '{1,2}']]),
  inter: new Map([['W', '\\W?']]),
};

const cases = [
  { name: 'a tag', source: 'x<A>y', gives: 'x[a4]y' },
  { name: 'the same tag again', source: '<A><A>', gives: '[a4][a4]' },
  { name: 'a name that is no tag stays', source: '<i><A>', gives: '<i>[a4]' },
  { name: 'a tag of tags', source: '<AB>', gives: '[a4][b8]' },
  { name: 'behind each tag', source: '<post Q><A>x<B>', gives: '[a4]{1,2}x[b8]{1,2}' },
  { name: 'before each tag', source: '<pre P><A>x<B>', gives: '\\b[a4]x\\b[b8]' },
  { name: 'between adjacent tags only', source: '<inter W><A><B>x<A>', gives: '[a4]\\W?[b8]x[a4]' },
  { name: 'where it is asked for does not matter', source: '(?!ab)<A><B><inter W>', gives: '(?!ab)[a4]\\W?[b8]' },
  { name: 'an unknown one is nothing', source: '<post X><A>', gives: '[a4]' },
  { name: 'signs of replacing stand for themselves', source: '<MONEY>', gives: '\\$&' },
  { name: 'a look-behind is no tag', source: '(?<!x)<A>', gives: '(?<!x)[a4]' },
];

for (const { name, source, gives } of cases) test(name, () => assert.equal(replaceTags(source, tags), gives));

test('other signs around tags', () => {
  assert.equal(replaceTags('{A}<A>', { ...tags, start: '{', end: '}' }), '[a4]<A>');
});

test('a tag of itself ends', () => {
  assert.match(replaceTags('<LOOP>', tags), /^<LOOP>x{6}$/);
});
