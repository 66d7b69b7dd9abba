// Encoded words and charsets: what a reader sees of a header field.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeText } from '../../src/content/charset.ts';
import { decodeWords } from '../../src/content/words.ts';

const latin1 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

const cases = [
  { name: 'plain text stays', value: 'Minutes of the meeting', shows: 'Minutes of the meeting' },
  { name: 'base64', value: '=?utf-8?B?R3LDvMOfZQ==?=', shows: 'Grüße' },
  {
    name: 'quoted-printable, underscore is a space',
    value: '=?ISO-8859-1?q?Gr=FC=DFe_an_alle?=',
    shows: 'Grüße an alle',
  },
  { name: 'white space between words is dropped', value: '=?utf-8?q?a?=   =?utf-8?q?b?=', shows: 'ab' },
  { name: 'white space beside text is kept', value: 'x =?utf-8?q?a?= y', shows: 'x a y' },
  {
    name: 'a character split between two words',
    value: '=?utf-8?B?w7w=?= =?utf-8?q?=C3?= =?utf-8?q?=BC?=',
    shows: 'üü',
  },
  { name: 'a language after the charset', value: '=?utf-8*en?q?hi?=', shows: 'hi' },
  { name: 'an unknown charset is guessed', value: '=?x-nonsense?q?caf=C3=A9?=', shows: 'café' },
  { name: 'raw UTF-8', value: latin1('Zürich'), shows: 'Zürich' },
  { name: 'raw bytes that are no UTF-8', value: 'Z\xfcrich', shows: 'Zürich' },
  { name: 'an unfinished word stays', value: '=?utf-8?q?abc', shows: '=?utf-8?q?abc' },
  // THREATS.md 21.
  { name: 'header injection by decoded content: no new line', value: '=?utf-8?q?a=0D=0ABcc:_b?=', shows: 'a  Bcc: b' },
];

for (const c of cases) test(c.name, () => assert.equal(decodeWords(c.value), c.shows));

const charsets = [
  { charset: 'gb2312', bytes: [0xc4, 0xe3], shows: '你' },
  { charset: 'KOI8-R', bytes: [0xf0], shows: 'П' },
  { charset: 'us-ascii', bytes: [0xc3, 0xbc], shows: 'ü' },
  { charset: null, bytes: [0xfc], shows: 'ü' },
  { charset: '__proto__', bytes: [0x61], shows: 'a' },
];

for (const c of charsets) {
  test(`bytes in ${c.charset ?? 'no charset'}`, () => {
    assert.equal(decodeText(Uint8Array.from(c.bytes), c.charset), c.shows);
    const shared = new Uint8Array(new SharedArrayBuffer(c.bytes.length));
    shared.set(c.bytes);
    assert.equal(decodeText(shared, c.charset), c.shows);
  });
}
