// PROXY headers as bytes: what they name, what is refused, and that no cut of them reads as another.

import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { suite, test } from 'node:test';
import { parseProxyHeader } from '../../src/smtp/proxy-header.ts';

const signature = '0d0a0d0a000d0a515549540a';

/** A header of version 2: version and command, family and transport, and what its length counts. */
function v2(command: string, family: string, addresses: string, length = addresses.length / 2): Buffer {
  return Buffer.from(signature + command + family + length.toString(16).padStart(4, '0') + addresses, 'hex');
}

const v4 = `c0000201${'c6336419'}${'1267'}${'0019'}`;
const v6 = `20010db8000000000000000000000001${'20010db8000000000000000000000019'}${'1267'}${'0019'}`;
const tlv = '040003616263';

const text = (line: string) => Buffer.from(line, 'latin1');
const client = (address: string) => ({ address, port: 4711 });

const read = [
  { name: 'TCP4', bytes: text('PROXY TCP4 192.0.2.1 198.51.100.25 4711 25\r\n'), gives: client('192.0.2.1') },
  { name: 'TCP6', bytes: text('PROXY TCP6 2001:DB8:0:0::1 2001:db8::19 4711 25\r\n'), gives: client('2001:db8::1') },
  { name: 'UNKNOWN', bytes: text('PROXY UNKNOWN\r\n'), gives: null },
  {
    name: 'UNKNOWN with what is not to be looked at, of the longest form',
    bytes: text(`PROXY UNKNOWN ${'ffff:'.repeat(7)}ffff ${'ffff:'.repeat(7)}ffff 65535 65535\r\n`),
    gives: null,
  },
  { name: 'TCP over IPv4', bytes: v2('21', '11', v4), gives: client('192.0.2.1') },
  { name: 'TCP over IPv4 with TLVs', bytes: v2('21', '11', v4 + tlv.repeat(500)), gives: client('192.0.2.1') },
  { name: 'TCP over IPv6', bytes: v2('21', '21', v6), gives: client('2001:db8::1') },
  {
    name: 'an IPv4 address mapped into IPv6',
    bytes: v2('21', '21', `00000000000000000000ffffc0000201${v6.slice(32)}`),
    gives: client('192.0.2.1'),
  },
  { name: 'LOCAL, a health check', bytes: v2('20', '00', ''), gives: null },
  { name: 'LOCAL, whatever addresses it has', bytes: v2('20', '11', v4), gives: null },
  { name: 'LOCAL of a family that nobody knows', bytes: v2('20', 'ff', v4), gives: null },
  { name: 'PROXY without a family', bytes: v2('21', '00', tlv), gives: null },
  { name: 'UDP over IPv4', bytes: v2('21', '12', v4), gives: null },
  { name: 'UDP over IPv6', bytes: v2('21', '22', v6), gives: null },
  { name: 'a Unix socket', bytes: v2('21', '31', '00'.repeat(216)), gives: null },
];

suite('PROXY headers that are read', () => {
  for (const { name, bytes, gives } of read) {
    test(name, () => {
      for (const rest of ['', '\r\n', 'EHLO x\r\n', 'PROXY UNKNOWN\r\n']) {
        const header = parseProxyHeader(Buffer.concat([bytes, text(rest)]));
        assert.deepEqual(header, { state: 'read', client: gives, usedBytes: bytes.length });
      }
    });

    test(`${name}, cut anywhere, waits for the rest`, () => {
      for (let at = 0; at < bytes.length; at++) {
        assert.deepEqual(parseProxyHeader(bytes.subarray(0, at)), { state: 'partial' }, `at ${at}`);
      }
    });
  }
});

const malformed = [
  { name: 'none at all', bytes: text('EHLO client.example\r\n') },
  { name: 'a first byte that begins none', bytes: text('E') },
  { name: 'another case', bytes: text('proxy TCP4 192.0.2.1 198.51.100.25 4711 25\r\n') },
  { name: 'a bare LF', bytes: text('PROXY TCP4 192.0.2.1 198.51.100.25 4711 25\nEHLO x\r\n') },
  { name: 'a name for an address', bytes: text('PROXY TCP4 client.example 198.51.100.25 4711 25\r\n') },
  { name: 'the address of another family', bytes: text('PROXY TCP4 2001:db8::1 198.51.100.25 4711 25\r\n') },
  { name: 'an address with leading zeros', bytes: text('PROXY TCP4 192.0.002.1 198.51.100.25 4711 25\r\n') },
  { name: 'no destination', bytes: text('PROXY TCP4 192.0.2.1 4711 25\r\n') },
  { name: 'a bad destination', bytes: text('PROXY TCP4 192.0.2.1 x 4711 25\r\n') },
  { name: 'a port beyond 65535', bytes: text('PROXY TCP4 192.0.2.1 198.51.100.25 65536 25\r\n') },
  { name: 'a port with a leading zero', bytes: text('PROXY TCP4 192.0.2.1 198.51.100.25 04711 25\r\n') },
  { name: 'two spaces', bytes: text('PROXY TCP4  192.0.2.1 198.51.100.25 4711 25\r\n') },
  { name: 'more behind it', bytes: text('PROXY TCP4 192.0.2.1 198.51.100.25 4711 25 x\r\n') },
  { name: 'another protocol', bytes: text('PROXY UDP4 192.0.2.1 198.51.100.25 4711 25\r\n') },
  { name: 'UNKNOWN glued to something', bytes: text('PROXY UNKNOWNS\r\n') },
  { name: 'a line that is longer than any', bytes: text(`PROXY UNKNOWN ${'x'.repeat(92)}\r\n`) },
  { name: 'a line that does not end', bytes: text(`PROXY UNKNOWN ${'x'.repeat(93)}`) },
  { name: 'version 1 in the binary form', bytes: v2('11', '11', v4) },
  { name: 'version 3', bytes: v2('31', '11', v4) },
  { name: 'a command that nobody knows', bytes: v2('22', '11', v4) },
  { name: 'a family that nobody knows', bytes: v2('21', '41', v4) },
  { name: 'a transport that nobody knows', bytes: v2('21', '13', v4) },
  { name: 'addresses that are too short', bytes: v2('21', '11', v4.slice(2)) },
  { name: 'addresses of IPv6 that are too short', bytes: v2('21', '21', v4) },
  { name: 'a length beyond what we hold, at once', bytes: v2('21', '11', '', 65_535) },
];

test('whatever comes, nothing is thrown, and no more is used than there is', () => {
  // Headers that are right, with bytes changed: by an own generator, so that a failure comes again.
  let seed = 1;
  const random = (below: number) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  for (let round = 0; round < 20_000; round++) {
    const bytes = Buffer.from(read[random(read.length)]?.bytes ?? assert.fail());
    for (let i = random(4); i >= 0; i--) bytes[random(Math.min(bytes.length, 60))] = random(256);
    const cut = bytes.subarray(0, random(bytes.length + 1));
    const header = parseProxyHeader(cut);
    if (header.state === 'read') {
      assert.ok(header.usedBytes <= cut.length);
      assert.ok(header.client === null || isIP(header.client.address) !== 0);
    }
  }
});

suite('PROXY headers that are refused', () => {
  for (const { name, bytes } of malformed) {
    test(name, () => assert.deepEqual(parseProxyHeader(bytes), { state: 'malformed' }));
  }
});
