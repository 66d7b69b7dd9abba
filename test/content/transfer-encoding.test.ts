// Transfer encodings undone as laxly as any reader does.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode, decodeLaxBase64, type Encoding, uuencodedFiles } from '../../src/content/transfer-encoding.ts';

const cases: readonly {
  readonly name: string;
  readonly as: Encoding;
  readonly wire: string;
  readonly gives: string;
  readonly malformed?: true;
}[] = [
  { name: 'base64', as: 'base64', wire: 'SGVsbG8=\r\n', gives: 'Hello' },
  { name: 'base64 in lines', as: 'base64', wire: 'SGVs\r\nbG8h\r\n', gives: 'Hello!' },
  { name: 'base64 of nothing', as: 'base64', wire: '', gives: '' },
  { name: 'padding in the middle', as: 'base64', wire: 'SGU=bGxv', gives: 'Hello', malformed: true },
  { name: 'an extra padding after whole quanta', as: 'base64', wire: 'SGVs=bG8h=', gives: 'Hello!', malformed: true },
  { name: 'characters outside the alphabet', as: 'base64', wire: 'SG*Vs-bG8!h', gives: 'Hello!', malformed: true },
  { name: 'missing padding', as: 'base64', wire: 'SGVsbG8', gives: 'Hello', malformed: true },
  { name: 'three padding characters', as: 'base64', wire: 'SGVsbG8===', gives: 'Hello', malformed: true },
  { name: 'quoted-printable', as: 'quoted-printable', wire: 'a=3Db=\r\nc', gives: 'a=bc' },
  { name: 'lower case codes', as: 'quoted-printable', wire: '=c3=bc', gives: 'ü' },
  { name: 'padding of transport after a soft break', as: 'quoted-printable', wire: 'a= \t\r\nb', gives: 'ab' },
  {
    name: 'a stray equals sign stands for itself',
    as: 'quoted-printable',
    wire: 'a=b=',
    gives: 'a=b',
    malformed: true,
  },
  { name: 'uuencode', as: 'uuencode', wire: 'begin 644 x\r\n%2&5L;&\\\r\n`\r\nend\r\n', gives: 'Hello' },
  { name: 'uuencode without its begin', as: 'uuencode', wire: 'nothing', gives: 'nothing', malformed: true },
  { name: 'identity', as: 'identity', wire: 'SGVsbG8=', gives: 'SGVsbG8=' },
];

for (const c of cases) {
  test(`${c.as}: ${c.name}`, () => {
    const { bytes, isMalformed } = decode(Buffer.from(c.wire), c.as);
    assert.equal(Buffer.from(bytes).toString(), c.gives);
    assert.equal(isMalformed, c.malformed ?? false);
  });
}

test('uuencoded files are found in the midst of text, and only at the start of a line', () => {
  const text =
    'Look: begin 644 no\nHi\nbegin 644 hello world.txt\n%2&5L;&\\\n`\nend\nBye\nbegin 755 b\n#0V%T\n`\nend\n';
  const files = uuencodedFiles(Buffer.from(text)).map(f => [f.name, Buffer.from(f.bytes).toString()]);
  assert.deepEqual(files, [
    ['hello world.txt', 'Hello'],
    ['b', 'Cat'],
  ]);
});

test('the words of a text are not uuencoded files', () => {
  assert.deepEqual(uuencodedFiles(Buffer.from('begin 2020 with joy\nbegin 644 nothing follows\n\n')), []);
});

test('large base64 is decoded in pieces as it is at once, wherever it is flawed', () => {
  const given = Buffer.alloc(300_000, 'pieces of what is large ');
  const encoded = given.toString('base64');
  const inLines = (length: number): string => encoded.replace(new RegExp(`.{${length}}`, 'g'), '$&\r\n');
  const flaws = [10, 70_000, 400_000 - 5].flatMap(at =>
    ['*', '=', ' ', '\r\n', '', 'AA'].map(flaw => inLines(76).slice(0, at) + flaw + inLines(76).slice(at + 1)),
  );
  for (const wire of [
    encoded,
    inLines(76),
    inLines(64),
    inLines(75),
    inLines(4),
    inLines(76).slice(1),
    `${inLines(76)}===`,
    ...flaws,
  ]) {
    const { bytes, isMalformed } = decode(Buffer.from(wire), 'base64');
    const laxly = decodeLaxBase64(Buffer.from(wire));
    assert.ok(Buffer.from(bytes).equals(laxly));
    const letters = wire.replace(/\s+/g, '');
    // A single letter that is left over holds no byte: all readers drop it.
    assert.equal(isMalformed, letters.length % 4 > 1 || !/^[A-Za-z0-9+/]+={0,2}$/.test(letters));
  }
});
