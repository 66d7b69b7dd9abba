// MX of a domain, as senders would read it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mxFindings } from '../../src/domain-records/mx.ts';
import type { Zone } from '../support/dns-server.ts';
import { resolveOf, site, summary, values } from './scene.ts';

const addressed = { 'gate.example': { A: ['198.51.100.7'] }, 'other.example': { AAAA: ['2001:db8::1'] } };

const cases: readonly { name: string; zone: Zone; says: readonly RegExp[] }[] = [
  { name: 'ours alone', zone: { 'a.example': { MX: [[10, 'gate.example']] } }, says: [/^MX ok: $/] },
  { name: 'in other letters', zone: { 'a.example': { MX: [[10, 'GATE.Example']] } }, says: [/^MX ok: $/] },
  {
    name: 'ours and one behind it',
    zone: {
      'a.example': {
        MX: [
          [10, 'gate.example'],
          [20, 'other.example'],
        ],
      },
    },
    says: [/^MX ok: others take mail too/, /^MX host ok: $/],
  },
  {
    name: 'ours behind another',
    zone: {
      'a.example': {
        MX: [
          [20, 'gate.example'],
          [10, 'other.example'],
        ],
      },
    },
    says: [/^MX ok: others are asked before this gateway/, /^MX host ok: $/],
  },
  { name: 'none', zone: { 'a.example': { TXT: ['x'] } }, says: [/^MX missing: .*RFC 5321 §5\.1/] },
  { name: 'no such domain', zone: {}, says: [/^MX missing: /] },
  {
    name: 'another’s',
    zone: { 'a.example': { MX: [[10, 'other.example']] } },
    says: [/^MX wrong: none is gate\.example/, /^MX host ok/],
  },
  { name: 'a null MX', zone: { 'a.example': { MX: [[0, '']] } }, says: [/^MX wrong: a null MX: .*RFC 7505/] },
  {
    name: 'a null MX beside ours',
    zone: {
      'a.example': {
        MX: [
          [0, ''],
          [10, 'gate.example'],
        ],
      },
    },
    says: [/^MX wrong: .*must stand alone/],
  },
  {
    name: 'an alias beside ours',
    zone: {
      'a.example': {
        MX: [
          [10, 'gate.example'],
          [20, 'alias.example'],
        ],
      },
      'alias.example': { CNAME: 'other.example' },
    },
    says: [/^MX ok/, /^MX host wrong: it is an alias \(CNAME\) of other\.example/],
  },
  {
    name: 'a host without an address beside ours',
    zone: {
      'a.example': {
        MX: [
          [10, 'gate.example'],
          [20, 'gone.example'],
        ],
      },
    },
    says: [/^MX ok/, /^MX host wrong: it has no address/],
  },
  {
    name: 'an address in place of a name',
    zone: {
      'a.example': {
        MX: [
          [10, 'gate.example'],
          [20, '198.51.100.9'],
        ],
      },
    },
    says: [/^MX ok/, /^MX host wrong: an address stands where a name must/],
  },
  {
    name: 'a server that fails',
    zone: { 'a.example': 'servfail' },
    says: [/^MX unknown: MX of a\.example .*ESERVFAIL/],
  },
  { name: 'a server that is silent', zone: { 'a.example': 'timeout' }, says: [/^MX unknown: .*ETIMEOUT/] },
  {
    name: 'a host whose server fails',
    zone: {
      'a.example': {
        MX: [
          [10, 'gate.example'],
          [20, 'dark.example'],
        ],
      },
      'dark.example': 'servfail',
    },
    says: [/^MX ok/, /^MX host unknown: /],
  },
];

for (const { name, zone, says } of cases) {
  test(name, async t => {
    const found = await mxFindings('a.example', site, await resolveOf(t, { ...addressed, ...zone }));
    assert.equal(found.length, says.length, found.map(summary).join('\n'));
    for (const [i, pattern] of says.entries()) assert.match(found.map(summary)[i] ?? '', pattern);
  });
}

test('what is missing is named, and what is right stays as it is', async t => {
  const [absent] = await mxFindings('a.example', site, await resolveOf(t, {}));
  assert.deepEqual(absent && values(absent), ['a.example MX 10 gate.example.']);
  const zone: Zone = { ...addressed, 'a.example': { MX: [[5, 'gate.example']] } };
  const [there] = await mxFindings('a.example', site, await resolveOf(t, zone));
  assert.deepEqual(there && values(there), ['a.example MX 5 gate.example.']);
});

test('of many hosts a few are looked at', async t => {
  const hosts = Array.from({ length: 40 }, (_, i) => [i, `mx${i}.example`] as const);
  const found = await mxFindings('a.example', site, await resolveOf(t, { 'a.example': { MX: hosts } }));
  assert.equal(found.length, 11);
});
