// What is observed of the client and of the envelope.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Subject } from '../../src/checks/check.ts';
import { clientCheck } from '../../src/checks/client.ts';
import { envelopeCheck } from '../../src/checks/envelope.ts';

interface Given {
  readonly address?: string;
  readonly name?: string | null;
  readonly helo?: string;
  readonly reversePath?: string;
  readonly recipients?: readonly string[];
}

function subject({
  address = '192.0.2.1',
  name = null,
  helo = 'mx.example.com',
  reversePath = 'a@example.com',
  recipients = ['b@example.net'],
}: Given): Subject {
  const envelope = {
    connection: { clientAddress: address, clientName: name },
    helo,
    protocol: 'ESMTP',
    tls: null,
    reversePath,
    is8bit: false,
    isUtf8: false,
    parameters: [],
    recipients: recipients.map(path => ({ path, parameters: [] })),
  };
  const site = {
    hostname: 'gate.example.net',
    domains: ['example.net'],
    trustedNetworks: ['198.51.100.0/24', '2001:db8:1::/48'],
  };
  // These two checks look at the envelope and the site only.
  return { envelope, site } as unknown as Subject;
}

const clients: readonly { name: string; given: Given; gives: Record<string, unknown> }[] = [
  {
    name: 'a public address',
    given: {},
    gives: { address: '192.0.2.1', name: '', is_private: false, is_trusted: false, tls: '' },
  },
  ...[
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.1',
    '100.64.0.1',
    '169.254.1.1',
    '127.0.0.1',
    '::1',
    'fe80::1',
    'fd00::1',
  ].map(address => ({
    name: `private: ${address}`,
    given: { address },
    gives: { is_private: true },
  })),
  ...['172.32.0.1', '100.128.0.1', '2001:db8::1'].map(address => ({
    name: `not private: ${address}`,
    given: { address },
    gives: { is_private: false },
  })),
  { name: 'a trusted network', given: { address: '198.51.100.7' }, gives: { is_trusted: true } },
  { name: 'a trusted IPv6 network', given: { address: '2001:db8:1::7' }, gives: { is_trusted: true } },
  { name: 'HELO is the name', given: { name: 'mx.example.com' }, gives: { helo_is_name: true, helo_form: 'domain' } },
  {
    name: 'HELO is above the name',
    given: { name: 'a.mx.example.com', helo: 'MX.example.com.' },
    gives: { helo_is_name: true },
  },
  { name: 'HELO ends as the name does', given: { name: 'amx.example.com' }, gives: { helo_is_name: false } },
  {
    name: 'a top-level domain is no name',
    given: { name: 'mx.example.com', helo: 'com' },
    gives: { helo_is_name: false, helo_form: 'label' },
  },
  { name: 'a literal', given: { helo: '[192.0.2.1]' }, gives: { helo_form: 'literal', helo_is_literal: true } },
  { name: 'an IPv6 literal', given: { helo: '[IPv6:2001:db8::1]' }, gives: { helo_form: 'literal' } },
  { name: 'a bare address', given: { helo: '192.0.2.1' }, gives: { helo_form: 'address', helo_is_literal: false } },
  { name: 'a single label', given: { helo: 'localhost' }, gives: { helo_form: 'label' } },
  { name: 'an underscore', given: { helo: 'my_host.example.com' }, gives: { helo_form: 'domain' } },
  { name: 'no name at all', given: { helo: '-bad-.example' }, gives: { helo_form: 'malformed' } },
  { name: 'an empty label', given: { helo: 'a..example' }, gives: { helo_form: 'malformed' } },
];
for (const c of clients)
  test(`client: ${c.name}`, async () => {
    const value = (await clientCheck.observe(subject(c.given))) as Record<string, unknown>;
    assert.deepEqual({ ...value, ...c.gives }, value);
  });

const envelopes: readonly { name: string; given: Given; gives: Record<string, unknown> }[] = [
  {
    name: 'a reverse-path',
    given: {},
    gives: { reverse_path: 'a@example.com', reverse_domain: 'example.com', is_null: false, reverse_is_local: false },
  },
  {
    name: 'the null reverse-path',
    given: { reversePath: '' },
    gives: { reverse_path: '', reverse_domain: '', is_null: true, reverse_is_local: false },
  },
  {
    name: 'one of our domains',
    given: { reversePath: 'a@EXAMPLE.net' },
    gives: { reverse_domain: 'example.net', reverse_is_local: true },
  },
  {
    name: 'recipients',
    given: { recipients: ['b@example.net', 'c@EXAMPLE.net', 'd@example.org'] },
    gives: { recipients: 3, recipient_domains: ['example.net', 'example.org'], has_role_recipient: false },
  },
  {
    name: 'a role',
    given: { recipients: ['b@example.net', 'Abuse@example.net'] },
    gives: { has_role_recipient: true },
  },
  {
    name: '<postmaster>',
    given: { recipients: ['postmaster'] },
    gives: { recipient_domains: [], has_role_recipient: true },
  },
  {
    name: 'a thousand domains',
    given: { recipients: Array.from({ length: 1000 }, (_, n) => `a@d${n}.example`) },
    gives: { recipients: 1000, recipient_domains: Array.from({ length: 20 }, (_, n) => `d${n}.example`) },
  },
];
for (const c of envelopes)
  test(`envelope: ${c.name}`, async () => {
    const value = (await envelopeCheck.observe(subject(c.given))) as Record<string, unknown>;
    assert.deepEqual({ ...value, ...c.gives }, value);
  });
