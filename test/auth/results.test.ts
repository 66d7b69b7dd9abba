// The resinfo strings of Authentication-Results, from facts alone.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { authenticationResults } from '../../src/auth/results.ts';
import type { Facts, Observation } from '../../src/model/evidence.ts';

const observed = (value: unknown): Observation => ({ state: 'observed', ms: 1, value });
const failed = (reason: string): Observation => ({ state: 'failed', ms: 1, reason });

const signature = { domain: 'example.com', selector: 's1', algorithm: 'rsa-sha256', result: 'pass', comment: '' };
const b = 'oINEO8hg';
const cases: readonly { name: string; facts: Facts; gives: readonly string[] }[] = [
  { name: 'nothing', facts: {}, gives: [] },
  {
    name: 'SPF of the reverse-path',
    facts: { 'auth.spf': observed({ result: 'pass', identity: 'mailfrom', domain: 'example.com', problem: '' }) },
    gives: ['spf=pass smtp.mailfrom=example.com'],
  },
  {
    name: 'SPF of HELO, with what went wrong',
    facts: {
      'auth.spf': observed({ result: 'temperror', identity: 'helo', domain: 'mx.example.com', problem: 'DNS timeout' }),
    },
    gives: ['spf=temperror reason="DNS timeout" smtp.helo=mx.example.com'],
  },
  { name: 'no signature', facts: { 'auth.dkim': observed({ signatures: [] }) }, gives: ['dkim=none'] },
  {
    name: 'each signature for itself',
    facts: {
      'auth.dkim': observed({
        signatures: [
          { ...signature, b },
          { ...signature, result: 'fail', comment: 'bad signature', selector: 's2', b: 'a/b+c=de' },
        ],
      }),
    },
    gives: [
      'dkim=pass header.d=example.com header.s=s1 header.a=rsa-sha256 header.b=oINEO8hg',
      'dkim=fail reason="bad signature" header.d=example.com header.s=s2 header.a=rsa-sha256 header.b="a/b+c=de"',
    ],
  },
  {
    name: 'threat 24: l= is said',
    facts: { 'auth.dkim': observed({ signatures: [{ ...signature, result: 'policy', comment: 'l= used' }] }) },
    gives: ['dkim=policy reason="l= used" header.d=example.com header.s=s1 header.a=rsa-sha256'],
  },
  {
    name: 'DMARC with the policy',
    facts: { 'auth.dmarc': observed({ result: 'fail', domain: 'example.com', policy: 'reject', reason: '' }) },
    gives: ['dmarc=fail header.from=example.com policy.dmarc=reject'],
  },
  {
    name: 'DMARC that failed closed',
    facts: { 'auth.dmarc': observed({ result: 'fail', domain: '', policy: '', reason: 'several_from_fields' }) },
    gives: ['dmarc=fail reason="several from fields"'],
  },
  {
    name: 'a chain, and where it came from',
    facts: {
      client: observed({ origin_address: '2001:db8::1' }),
      'auth.arc': observed({ result: 'pass', comment: '' }),
    },
    gives: ['arc=pass smtp.remote-ip="2001:db8::1"'],
  },
  ...[
    ['confirmed', 'pass'],
    ['unconfirmed', 'fail'],
    ['none', 'permerror'],
    ['failed', 'temperror'],
  ].map(([state, result]) => ({
    name: `the client’s name: ${state}`,
    facts: { client: observed({ origin_address: '192.0.2.1', name_state: state }) },
    gives: [`iprev=${result} policy.iprev=192.0.2.1`],
  })),
  ...['given', 'unknown'].map(state => ({
    name: `the client’s name is no result of ours: ${state}`,
    facts: { client: observed({ origin_address: '192.0.2.1', name_state: state }) },
    gives: [],
  })),
  {
    name: 'checks that could not run are temporary errors',
    facts: {
      'auth.spf': failed('deadline'),
      'auth.dkim': failed('deadline'),
      'auth.dmarc': failed('deadline'),
      'auth.arc': failed('deadline'),
    },
    gives: ['spf=temperror', 'dkim=temperror', 'dmarc=temperror'],
  },
  {
    name: 'a header over its limits is a permanent one',
    facts: { 'auth.dkim': failed('header limits') },
    gives: ['dkim=permerror'],
  },
  { name: 'what was skipped is not said', facts: { 'auth.spf': { state: 'skipped', reason: 'x' } }, gives: [] },
  {
    name: 'threat 21: what the message chose cannot leave its place',
    facts: {
      'auth.dkim': observed({
        signatures: [{ ...signature, domain: 'a"b\\c\r\nX: y', selector: 'é;', comment: 'x'.repeat(300) }],
      }),
    },
    gives: [`dkim=pass reason="${'x'.repeat(200)}" header.d="a\\"b\\\\c??X: y" header.s="?;" header.a=rsa-sha256`],
  },
];
for (const c of cases)
  test(`authentication results: ${c.name}`, () => assert.deepEqual(authenticationResults(c.facts), c.gives));
