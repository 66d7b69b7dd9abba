// The quick way through a body, held against mailauth's own.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RelaxedHash } from 'mailauth/lib/dkim/body/relaxed.js';
import { RelaxedBody } from '../../src/auth/relaxed-body.ts';

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

type Reading = Pick<RelaxedHash, 'update'> & { end?(): void };

function hashed(parts: readonly Buffer[], maxBodyLength: number | undefined, by: (hash: RelaxedHash) => Reading) {
  const hash = new RelaxedHash('rsa-sha256', maxBodyLength);
  hash.setContentType({ value: 'multipart/mixed', params: { boundary: 'edge' } });
  const reading = by(hash);
  for (const part of parts) reading.update(part);
  reading.end?.();
  const digest = hash.digest('base64');
  const { byteLength, canonicalizedLength, bodyHashedBytes } = hash;
  return { digest, byteLength, canonicalizedLength, bodyHashedBytes, parts: hash.getMimeStructureStart() };
}

test('a body has the hash, the lengths and the start of its parts that mailauth finds, wherever it is cut', () => {
  fc.assert(
    fc.property(body, cuts, limit, (whole, at, maxBodyLength) => {
      const expected = hashed([whole], maxBodyLength, hash => hash);
      assert.deepEqual(
        hashed(chunks(whole, at), maxBodyLength, hash => new RelaxedBody(hash)),
        expected,
      );
    }),
    { numRuns: 300 },
  );
});

const cases = [
  { name: 'base64', body: base64Line.repeat(200), withCare: 0 },
  { name: 'two spaces', body: 'a  b\r\n'.repeat(10), withCare: 60 },
  { name: 'a space at the end of a line', body: 'a b \r\n'.repeat(10), withCare: 60 },
  { name: 'a tab', body: 'a\tb\r\n'.repeat(10), withCare: 50 },
  { name: 'a line without its end', body: 'a b', withCare: 3 },
  { name: 'a line longer than what is looked at together', body: `${'x'.repeat(10_000)}\r\n`, withCare: 0 },
  {
    name: 'a line in many chunks is looked at once',
    body: `${' x'.repeat(10_000)}\t`,
    chunkBytes: 7,
    withCare: 20_001,
  },
  { name: 'also where it ends', body: `${'\tx'.repeat(10_000)}\r\nx\r\n`, chunkBytes: 7, withCare: 20_002 },
];

for (const { name, body, chunkBytes = body.length, withCare } of cases)
  test(`${withCare} bytes of ${body.length} are looked at one by one: ${name}`, () => {
    const hash = new RelaxedHash('rsa-sha256');
    let lookedAt = 0;
    const update = hash.update.bind(hash);
    hash.update = part => {
      lookedAt += part.length;
      update(part);
    };
    const reading = new RelaxedBody(hash);
    for (let at = 0; at < body.length; at += chunkBytes)
      reading.update(Buffer.from(body.slice(at, at + chunkBytes), 'latin1'));
    reading.end();
    assert.equal(lookedAt, withCare);
  });
