// The quick way through a message, held against mailauth's own.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { dkimSign } from 'mailauth/lib/dkim/sign.js';
import { dkimVerify } from 'mailauth/lib/dkim/verify.js';
import { verifyDkim } from '../../src/auth/dkim-verifier.ts';

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const record = `v=DKIM1; k=rsa; p=${publicKey.export({ type: 'spki', format: 'der' }).toString('base64')}`;
const resolver = async (): Promise<string[][]> => [[record]];

const header = 'From: Ann <ann@a.example>, bob@b.example\r\nTo: eve@c.example\r\nSubject: x\r\n folded\r\n';

async function signed(message: string, canonicalization: string): Promise<string> {
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const key = { signingDomain: 'a.example', selector: 's', privateKey: pem };
  const { signatures } = await dkimSign(message, { ...key, canonicalization, signatureData: [key] });
  return signatures + message;
}

const message = `${header}\r\nHello  there \r\n\r\nbye\r\n\r\n\r\n`;
const relaxed = await signed(message, 'relaxed/relaxed');
const simple = await signed(message, 'simple/simple');

const cases = [
  { name: 'relaxed canonicalisation', wire: relaxed, result: 'pass' },
  { name: 'simple canonicalisation', wire: simple, result: 'pass' },
  { name: 'bare LFs throughout', wire: relaxed.replaceAll('\r\n', '\n'), result: 'pass' },
  { name: 'a bare LF in the body', wire: relaxed.replace('there \r\n', 'there \n'), result: 'pass' },
  {
    name: 'a bare LF after CRLF ends the header',
    wire: relaxed.replace('folded\r\n\r\n', 'folded\r\n\n'),
    result: 'pass',
  },
  { name: 'a bare CR is content', wire: relaxed.replace('Hello', 'Hel\rlo'), result: 'fail' },
  { name: 'a body that was changed', wire: relaxed.replace('Hello', 'Jello'), result: 'fail' },
  { name: 'a header that was changed', wire: relaxed.replace('Subject: x', 'Subject: y'), result: 'fail' },
  { name: 'no signature', wire: message, result: 'none' },
  { name: 'no body and no empty line', wire: header, result: 'none' },
  { name: 'no body after the empty line', wire: `${header}\r\n`, result: 'none' },
  { name: 'an empty line at the very start', wire: `\r\n${relaxed}`, result: 'none' },
  { name: 'a bare LF at the very start', wire: `\n${relaxed}`, result: 'none' },
  { name: 'a CR before the empty line', wire: relaxed.replace('folded\r\n', 'folded\r\r\n'), result: 'pass' },
  { name: 'nothing at all', wire: '', result: 'none' },
];

for (const { name, wire, result } of cases)
  test(name, async () => {
    const bytes = Buffer.from(wire, 'latin1');
    const expected = await dkimVerify(bytes, { strict: true, resolver });
    assert.equal(expected.results[0]?.status.result, result);
    assert.deepEqual(await read(bytes), plain(expected));
    // Wherever what is given to it is cut.
    for (let cut = 1; cut < bytes.length; cut += 1) {
      const parts = [bytes.subarray(0, cut), bytes.subarray(cut)];
      assert.deepEqual(await read(Readable.from(parts)), plain(expected), `cut at ${cut}`);
    }
  });

const read = async (bytes: Buffer | Readable) => plain(await verifyDkim(bytes, { strict: true, resolver }));

type Reading = Awaited<ReturnType<typeof verifyDkim>>;

const plain = ({ headerFrom, fromFields, results, arc }: Reading) => ({
  headerFrom,
  fromFields,
  results: JSON.parse(JSON.stringify(results)),
  chain: arc?.chain,
});

test('a large message in many pieces leaves no listener behind for each', async t => {
  const warnings: Error[] = [];
  const hear = (warning: Error) => void warnings.push(warning);
  process.on('warning', hear);
  t.after(() => process.off('warning', hear));
  const line = Buffer.from(`${'x'.repeat(76)}\r\n`);
  const piece = Buffer.concat(Array.from({ length: 840 }, () => line));
  function* pieces(): Generator<Buffer> {
    yield Buffer.from(message);
    for (let bytes = 0; bytes < 20_000_000; bytes += piece.length) yield piece;
  }
  assert.equal((await read(Readable.from(pieces()))).results[0]?.status.result, 'none');
  // A warning is told in a turn of its own.
  await setImmediate();
  assert.deepEqual(warnings, []);
});
