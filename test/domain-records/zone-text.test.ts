// Records as text: lines of a zone file, and a table for forms.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding } from '../../src/domain-records/finding.ts';
import { tagList } from '../../src/domain-records/tags.ts';
import { formTable, zoneLine, zoneText } from '../../src/domain-records/zone-text.ts';

const txt = (value: string) => zoneLine({ name: 'a.example', type: 'TXT', value });

test('names are absolute, and texts quoted', () => {
  assert.equal(zoneLine({ name: 'a.example', type: 'MX', value: '10 b.' }), 'a.example. 3600 IN MX 10 b.');
  assert.equal(txt('v=spf1 mx ~all'), 'a.example. 3600 IN TXT "v=spf1 mx ~all"');
  assert.equal(txt(''), 'a.example. 3600 IN TXT ""');
});

test('a text is split where a string ends, at 255 octets', () => {
  assert.equal(txt('x'.repeat(255)), `a.example. 3600 IN TXT "${'x'.repeat(255)}"`);
  assert.equal(txt('x'.repeat(256)), `a.example. 3600 IN TXT ( "${'x'.repeat(255)}" "x" )`);
  const [, first = '', second = ''] = /"(.*)" "(.*)"/.exec(txt('ü'.repeat(128))) ?? [];
  assert.deepEqual([first.length / 4, second], [255, '\\188']);
});

test('what ends a text, a line or a comment is escaped', () => {
  assert.equal(txt('a"b\\c;d\ne'), 'a.example. 3600 IN TXT "a\\"b\\\\c;d\\010e"');
});

const finding: Finding = {
  record: 'SPF',
  name: 'a.example',
  standing: 'wrong',
  found: [],
  because: 'this\nb.example. 3600 IN A 203.0.113.1\u009b31m',
  publish: [{ name: 'a.example', type: 'TXT', value: 'x' }],
};

test('what others wrote stays in its comment', () => {
  assert.equal(
    zoneText([finding]),
    '; SPF of a.example: wrong; thisU+000Ab.example. 3600 IN A 203.0.113.1U+009B31m\na.example. 3600 IN TXT "x"\n',
  );
  const value = 'a\tb\n';
  assert.equal(formTable([{ name: 'n', type: 'TXT', value }]), 'name\ttype\tvalue\nn\tTXT\taU+0009bU+000A\n');
});

test('what may be there already, and what only some can keep, is a comment', () => {
  const lastLine = (more: Partial<Finding>) =>
    zoneText([{ ...finding, because: '', ...more }])
      .split('\n')
      .at(-2);
  assert.equal(lastLine({ standing: 'unknown' }), '; a.example. 3600 IN TXT "x"');
  assert.equal(lastLine({ standing: 'missing', isConditional: true }), '; a.example. 3600 IN TXT "x"');
  assert.equal(lastLine({ standing: 'wrong', isConditional: true }), 'a.example. 3600 IN TXT "x"');
  assert.equal(lastLine({ standing: 'missing', isOptional: true }), 'a.example. 3600 IN TXT "x"');
  assert.equal(lastLine({ standing: 'missing' }), 'a.example. 3600 IN TXT "x"');
});

test('a file is shown line by line', () => {
  const file = { url: 'https://a.example/', text: 'x: 1\ny: 2\n' };
  assert.match(zoneText([{ ...finding, publish: [], file }]), /\n; https:\/\/a\.example\/\n; {3}x: 1\n; {3}y: 2\n$/);
});

test('tags: white space around them is nothing, and the first of two counts', () => {
  const { tags, faults } = tagList(' a = 1 ; b=2=3;a=4; ;c ;');
  assert.deepEqual(
    [...tags],
    [
      ['a', '1'],
      ['b', '2=3'],
    ],
  );
  assert.deepEqual(faults, ['the tag a is there twice (RFC 6376 §3.2)', '"" is no tag=value', '"c" is no tag=value']);
});
