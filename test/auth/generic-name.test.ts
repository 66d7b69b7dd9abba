// Names that a network makes from its addresses, and names that only look like it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isGenericName } from '../../src/auth/generic-name.ts';

const generic: readonly (readonly [name: string, address: string])[] = [
  ['192-0-2-66.dyn.pool.example', '192.0.2.66'],
  ['66.2.0.192.example.net', '192.0.2.66'],
  ['ip-192-0-2-66.ec2.internal.example', '192.0.2.66'],
  ['static.66.2.0.192.clients.hoster.example', '192.0.2.66'],
  ['host192_0_2_66.example.net', '192.0.2.66'],
  ['192x0x2x66.customers.example.net', '192.0.2.66'],
  ['192000002066.isp.example', '192.0.2.66'],
  ['p192.000.002.066.isp.example', '192.0.2.66'],
  ['c0000242.virtua.example', '192.0.2.66'],
  ['ipc0000242.dynamic.isp.example', '192.0.2.66'],
  ['pool-2-66.isp.example', '192.0.2.66'],
  ['dsl-66-2.isp.example', '192.0.2.66'],
  ['cpe-2-66.res.isp.example', '192.0.2.66'],
  ['2001-0db8-0000-0000-0000-0000-0000-0005.isp.example', '2001:db8::5'],
  ['5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.isp.example', '2001:db8::5'],
  ['node-0001000200030004.ipv6.isp.example', '2001:db8::1:2:3:4'],
];
const named: readonly (readonly [name: string, address: string])[] = [
  ['', '192.0.2.66'],
  ['', ''],
  ['mx.example.com', '192.0.2.66'],
  ['mail66.example.com', '192.0.2.66'],
  ['a2-66.smtp-out.amazonses.example', '192.0.2.66'],
  ['192-0-2-66.mail-mail.social.example', '192.0.2.66'],
  ['mail-192-0-2-66.esp.example', '192.0.2.66'],
  ['out-2-66.newsletter.example', '192.0.2.66'],
  ['mta192-0-2-66.esp.example', '192.0.2.66'],
  ['h-1192-0-2-66.example.net', '192.0.2.66'],
  ['192-0-2-661.example.net', '192.0.2.66'],
  ['2-66.example.net', '192.0.2.66'],
  ['web-2-66.example.net', '192.0.2.66'],
  ['dsl.example.net', '192.0.2.66'],
  ['server12.dynamic-hosting.example', '192.0.2.66'],
  // Groups without their leading zeros cannot be told from other digits.
  ['2001-db8-0-0-1-2-3-4.isp.example', '2001:db8::1:2:3:4'],
  ['mail.example.com', '2001:db8::1:2:3:4'],
  ['a.example.com', '2001:db8::1'],
];
for (const [name, address] of generic) test(`generic: ${name}`, () => assert.ok(isGenericName(name, address)));
for (const [name, address] of named)
  test(`not generic: ${name} (${address})`, () => assert.ok(!isGenericName(name, address)));
