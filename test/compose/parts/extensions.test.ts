import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { extensionsOf, isBeyond, OfferedExtensions } from '../../../src/compose/parts/extensions.ts';
import type { NextHop } from '../../../src/next-hop/next-hop.ts';
import { FakeClock } from '../../support/clock.ts';

type Capabilities = NextHop['capabilities'];

/** As an EHLO gives them: `SIZE 100`. */
const offers = (...lines: readonly string[]): Capabilities =>
  new Map(lines.map(line => [line.split(' ')[0] ?? '', line.split(' ').slice(1).join(' ')]));
const everything = offers('8BITMIME', 'SMTPUTF8', 'DSN', 'SIZE 5000');

suite('what is offered', () => {
  const cases = [
    { name: 'one next hop', hops: [everything], maxBytes: 5000, is8bit: true, isUtf8: true, isDsn: true },
    { name: 'nothing known yet', hops: [null], maxBytes: null, is8bit: true, isUtf8: false, isDsn: false },
    {
      name: 'one of two is not known yet',
      hops: [everything, null],
      maxBytes: 5000,
      is8bit: true,
      isUtf8: false,
      isDsn: false,
    },
    {
      name: 'what only one has is not offered, and the least SIZE is',
      hops: [everything, offers('8BITMIME', 'DSN', 'SIZE 4000')],
      maxBytes: 4000,
      is8bit: true,
      isUtf8: false,
      isDsn: true,
    },
    {
      name: 'a next hop without any',
      hops: [everything, offers()],
      maxBytes: 5000,
      is8bit: false,
      isUtf8: false,
      isDsn: false,
    },
    {
      name: 'SMTPUTF8 without 8BITMIME is none',
      hops: [offers('SMTPUTF8')],
      maxBytes: null,
      is8bit: false,
      isUtf8: false,
      isDsn: false,
    },
    // RFC 1870 §4.
    ...['SIZE', 'SIZE 0', 'SIZE x', 'SIZE -5'].map(size => ({
      name: `${size} is no limit`,
      hops: [offers('8BITMIME', size)],
      maxBytes: null,
      is8bit: true,
      isUtf8: false,
      isDsn: false,
    })),
  ];
  for (const { name, hops, ...expected } of cases) {
    const isProvisional = hops.includes(null);
    test(name, () => assert.deepEqual(extensionsOf(hops), { ...expected, isProvisional }));
  }
});

suite('a recipient that its next hop is known not to take', () => {
  const cases = [
    { name: 'beyond ASCII without SMTPUTF8', hop: offers('8BITMIME'), paths: ['jörg@a.example', ''], is: true },
    { name: 'a reverse-path beyond ASCII', hop: offers(), paths: ['a@a.example', 'jörg@a.example'], is: true },
    { name: 'all in ASCII', hop: offers(), paths: ['a@a.example', 'b@b.example'], is: false },
    { name: 'SMTPUTF8 is offered', hop: everything, paths: ['jörg@a.example'], is: false },
    { name: 'nothing is known', hop: null, paths: ['jörg@a.example'], is: false },
  ];
  for (const { name, hop, paths, is } of cases) test(name, () => assert.equal(isBeyond(hop, ...paths), is));
});

test('next hops that did not answer are asked again, a minute later, when a client asks', () => {
  const clock = new FakeClock();
  let asked = 0;
  const hop = {
    capabilities: null as Capabilities,
    check: async () => {
      asked += 1;
      throw new Error('nobody there');
    },
  };
  const offered = new OfferedExtensions([hop], clock);
  assert.equal(asked, 1);
  clock.advance(59_999);
  offered.now();
  assert.equal(asked, 1);
  clock.advance(1);
  offered.now();
  offered.now();
  assert.equal(asked, 2);
  hop.capabilities = everything;
  clock.advance(60_000);
  assert.equal(offered.now().isDsn, true);
  assert.equal(asked, 2);
});
