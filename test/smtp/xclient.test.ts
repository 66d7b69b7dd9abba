// XCLIENT and XFORWARD as Postfix documents them: what is obeyed, and what is refused as a whole.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type Introduction, parseXclient, parseXforward } from '../../src/smtp/xclient.ts';

const nothing: Introduction = { address: null, port: null, name: null, helo: null, isExtended: null };

const obeyed: readonly { line: string; says: Partial<Introduction> }[] = [
  { line: 'XCLIENT ADDR=192.0.2.1', says: { address: '192.0.2.1' } },
  { line: 'xclient addr=192.0.2.1 ', says: { address: '192.0.2.1' } },
  { line: 'XCLIENT ADDR=IPV6:2001:DB8::1', says: { address: '2001:db8::1' } },
  { line: 'XCLIENT ADDR=ipv6:::ffff:192.0.2.1', says: { address: '192.0.2.1' } },
  { line: 'XCLIENT ADDR=2001:db8::1', says: { address: '2001:db8::1' } },
  { line: 'XCLIENT PORT=4711 NAME=mail.example.', says: { port: 4711, name: 'mail.example.' } },
  { line: 'XCLIENT NAME=my_host.example\tHELO=[192.0.2.1]', says: { name: 'my_host.example', helo: '[192.0.2.1]' } },
  { line: 'XCLIENT HELO=a+2Bb', says: { helo: 'a+b' } },
  { line: 'XCLIENT PROTO=ESMTP', says: { isExtended: true } },
  { line: 'XCLIENT PROTO=smtp', says: { isExtended: false } },
  { line: 'XCLIENT NAME=[UNAVAILABLE] ADDR=192.0.2.1', says: { address: '192.0.2.1' } },
  { line: 'XCLIENT NAME=[TEMPUNAVAIL] ADDR=[UNAVAILABLE] PORT=[UNAVAILABLE] HELO=[tempunavail]', says: {} },
];

suite('XCLIENT that is obeyed', () => {
  for (const { line, says } of obeyed) {
    test(line, () => assert.deepEqual(parseXclient(line), { ...nothing, ...says }));
  }
});

const refused = [
  'XCLIENT',
  'XCLIENT ',
  'XCLIENT ADDR',
  'XCLIENT ADDR=',
  'XCLIENT ADDR=nowhere',
  'XCLIENT ADDR=IPV6:192.0.2.1',
  'XCLIENT ADDR=192.0.2.1 ADDR=192.0.2.2',
  'XCLIENT ADDR=192.0.2.1 LOGIN=somebody',
  'XCLIENT ADDR=192.0.2.1 DESTADDR=192.0.2.9',
  'XCLIENT PORT=0',
  'XCLIENT PORT=65536',
  'XCLIENT PROTO=LMTP',
  'XCLIENT NAME=a..b',
  'XCLIENT NAME=a+0D+0Ab',
  'XCLIENT NAME=a(b',
  'XCLIENT HELO=a+20b',
  'XCLIENT HELO=a+0D+0AMAIL',
  'XCLIENT HELO=a+2g',
  'XCLIENT HELO=a+',
  `XCLIENT HELO=${'x'.repeat(256)}`,
  '=XCLIENT ADDR=192.0.2.1 =x',
];

suite('XCLIENT that is refused', () => {
  for (const line of refused) test(line.slice(0, 60), () => assert.equal(parseXclient(line), null));
});

// Postfix passes on what the client said, and refuses the client's mail where XFORWARD is refused.
const forwarded: readonly { line: string; says: Partial<Introduction> | null }[] = [
  {
    line: 'XFORWARD NAME=mail.example ADDR=192.0.2.1 PORT=4711 PROTO=ESMTP HELO=mail.example',
    says: { name: 'mail.example', address: '192.0.2.1', port: 4711, isExtended: true, helo: 'mail.example' },
  },
  { line: 'XFORWARD NAME=[UNAVAILABLE] ADDR=IPV6:2001:db8::1', says: { address: '2001:db8::1' } },
  { line: 'XFORWARD HELO=two+20words', says: { helo: 'two?words' } },
  { line: `XFORWARD HELO=${'x'.repeat(300)}`, says: { helo: 'x'.repeat(255) } },
  { line: 'XFORWARD HELO=malformed', says: { helo: 'malformed' } },
  { line: 'XFORWARD NAME=a..b PORT=0 PROTO=LMTP', says: {} },
  { line: 'XFORWARD ADDR=nowhere', says: null },
  { line: 'XFORWARD IDENT=4711', says: null },
  { line: 'XFORWARD ADDR=192.0.2.1 ADDR=192.0.2.2', says: null },
  { line: 'XFORWARD', says: null },
];

suite('XFORWARD', () => {
  for (const { line, says } of forwarded) {
    test(line.slice(0, 60), () => assert.deepEqual(parseXforward(line), says && { ...nothing, ...says }));
  }
});
