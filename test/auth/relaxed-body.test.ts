// The quick way through a body, held against mailauth's own.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RelaxedHash } from 'mailauth/lib/dkim/body/relaxed.js';
import { hashRelaxed } from '../../src/auth/relaxed-body.ts';

const base64Line = `${'QUJD'.repeat(19)}\r\n`;
const piece = fc.oneof(
  { weight: 6, arbitrary: fc.nat(90).map(count => base64Line.repeat(count)) },
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      'a word ',
      'two  spaces',
      'tab\t',
      ' \r\n',
      '\t\r\n',
      '\r\n',
      '\r\n\r\n',
      ' ',
      '\r',
      'x',
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom('--edge\r\n', '--edge--\r\n', '--edge', 'y'.repeat(5000), 'ends so \r\n') },
);
/** Bare CRs stay; an LF has its CR, as whoever calls sees to. */
const body = fc.array(piece, { maxLength: 30 }).map(pieces => Buffer.from(pieces.join(''), 'latin1'));
const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 });
const limit = fc.option(fc.nat(20_000), { nil: undefined });

function chunks(whole: Buffer, at: readonly number[]): readonly Buffer[] {
  const places = [0, ...at.map(part => Math.floor(part * whole.length)).sort((a, b) => a - b), whole.length];
  return places.slice(1).map((end, index) => whole.subarray(places[index], end));
}

function hashed(
  parts: readonly Buffer[],
  maxBodyLength: number | undefined,
  add: (hash: RelaxedHash, part: Buffer) => void,
) {
  const hash = new RelaxedHash('rsa-sha256', maxBodyLength);
  hash.setContentType({ value: 'multipart/mixed', params: { boundary: 'edge' } });
  for (const part of parts) add(hash, part);
  const digest = hash.digest('base64');
  const { byteLength, canonicalizedLength, bodyHashedBytes } = hash;
  return { digest, byteLength, canonicalizedLength, bodyHashedBytes, parts: hash.getMimeStructureStart() };
}

test('a body has the hash, the lengths and the start of its parts that mailauth finds, wherever it is cut', () => {
  fc.assert(
    fc.property(body, cuts, limit, (whole, at, maxBodyLength) => {
      const expected = hashed([whole], maxBodyLength, (hash, part) => hash.update(part));
      assert.deepEqual(hashed(chunks(whole, at), maxBodyLength, hashRelaxed), expected);
    }),
    { numRuns: 300 },
  );
});

const cases = [
  { name: 'base64', body: base64Line.repeat(200), quick: 15_600 },
  { name: 'two spaces', body: 'a  b\r\n'.repeat(10), quick: 0 },
  { name: 'a space at the end of a line', body: 'a b \r\n'.repeat(10), quick: 0 },
  { name: 'a tab', body: 'a\tb\r\n'.repeat(10), quick: 0 },
  { name: 'a line without its end', body: 'a b', quick: 0 },
  { name: 'a line longer than what is looked at together', body: `${'x'.repeat(10_000)}\r\n`, quick: 10_002 },
];

for (const { name, body, quick } of cases)
  test(`${quick === 0 ? 'taken with care' : 'handed over whole'}: ${name}`, () => {
    const hash = new RelaxedHash('rsa-sha256');
    let withCare = 0;
    const update = hash.update.bind(hash);
    hash.update = part => {
      withCare += part.length;
      update(part);
    };
    hashRelaxed(hash, Buffer.from(body, 'latin1'));
    assert.equal(body.length - withCare, quick);
  });
