// What is observed of the client and of the envelope.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Subject } from '../../src/checks/check.ts';
import { clientCheck } from '../../src/checks/client.ts';
import { envelopeCheck } from '../../src/checks/envelope.ts';
import { readMail } from '../../src/content/mail.ts';
import type { DnsAnswer } from '../../src/model/ask.ts';

interface Given {
  readonly address?: string;
  readonly name?: string | null;
  readonly helo?: string;
  readonly reversePath?: string;
  readonly recipients?: readonly string[];
  readonly header?: string;
  readonly spokeEarly?: boolean;
  /** By `TYPE name`; what is not there does not exist. */
  readonly dns?: Readonly<Record<string, DnsAnswer>>;
}

function subject({
  address = '192.0.2.1',
  name = null,
  helo = 'mx.example.com',
  reversePath = 'a@example.com',
  recipients = ['b@example.net'],
  header = '',
  spokeEarly = false,
  dns = {},
}: Given): Subject {
  const envelope = {
    connection: { clientAddress: address, clientName: name, spokeEarly },
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
  const ask = {
    dns: async (name: string, type: string) => dns[`${type} ${name}`] ?? { status: 'none', code: 'ENOTFOUND' },
  };
  // These two checks look at the envelope, the site, the Received fields and the DNS only.
  return { envelope, site, ask, mail: readMail(Buffer.from(header.replaceAll('\n', '\r\n'))) } as unknown as Subject;
}

const found = (record: string): DnsAnswer => ({ status: 'found', records: [record] });

const throughBackup =
  'Received: from example.org (mail.example.org [203.0.113.9]) by backup.example.net (Postfix) with ESMTP id 1; x\n\n';

const clients: readonly { name: string; given: Given; gives: Record<string, unknown> }[] = [
  {
    name: 'a public address',
    given: {},
    gives: { address: '192.0.2.1', name: '', is_private: false, is_trusted: false, spoke_early: false, tls: '' },
  },
  { name: 'an early talker', given: { spokeEarly: true }, gives: { spoke_early: true } },
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
  { name: 'a proxy did not tell it', given: { helo: '' }, gives: { helo_form: 'unknown', helo_is_name: false } },
  { name: 'an empty label', given: { helo: 'a..example' }, gives: { helo_form: 'malformed' } },
  {
    name: 'a client that is not ours is the origin',
    given: { helo: 'Mx.example.com', header: throughBackup },
    gives: { origin: 'client', origin_address: '192.0.2.1', origin_helo: 'Mx.example.com', origin_hops: 0 },
  },
  {
    name: 'a trusted client: what is said of HELO is said of the origin’s',
    given: { address: '198.51.100.7', name: 'backup.example.net', helo: 'backup.example.net', header: throughBackup },
    gives: {
      address: '198.51.100.7',
      helo: 'backup.example.net',
      origin: 'received',
      origin_address: '203.0.113.9',
      origin_name: 'mail.example.org',
      origin_helo: 'example.org',
      origin_hops: 1,
      helo_form: 'domain',
      helo_is_name: true,
    },
  },
  {
    name: 'an origin in a private network',
    given: { address: '198.51.100.7', header: throughBackup.replace('203.0.113.9', '10.0.0.9') },
    gives: { origin_address: '10.0.0.9', origin_is_private: true, is_private: false },
  },
  {
    name: 'nothing is said of a HELO that is not known',
    given: { address: '198.51.100.7', helo: '-bad-' },
    gives: { origin: 'inside', origin_address: '', origin_helo: '', helo_form: 'unknown', helo_is_name: false },
  },
  {
    name: 'its name is looked up, and HELO compared with it',
    given: { dns: { 'PTR 1.2.0.192.in-addr.arpa': found('MX.example.com'), 'A mx.example.com': found('192.0.2.1') } },
    gives: {
      name: 'mx.example.com',
      origin_name: 'mx.example.com',
      name_state: 'confirmed',
      claimed_name: 'mx.example.com',
      name_is_generic: false,
      helo_is_name: true,
    },
  },
  {
    name: 'a name that leads elsewhere is not its name',
    given: { dns: { 'PTR 1.2.0.192.in-addr.arpa': found('mx.example.com'), 'A mx.example.com': found('192.0.2.2') } },
    gives: { name: '', name_state: 'unconfirmed', claimed_name: 'mx.example.com', helo_is_name: false },
  },
  {
    name: 'a name made from the address',
    given: { dns: { 'PTR 1.2.0.192.in-addr.arpa': found('192-0-2-1.pool.example') } },
    gives: { name_state: 'unconfirmed', name_is_generic: true },
  },
  { name: 'no name', given: {}, gives: { name: '', name_state: 'none', claimed_name: '', name_is_generic: false } },
  {
    name: 'no answer about its name costs nothing else',
    given: { dns: { 'PTR 1.2.0.192.in-addr.arpa': { status: 'failed', code: 'ETIMEOUT' } } },
    gives: { address: '192.0.2.1', name: '', name_state: 'failed', helo_form: 'domain' },
  },
  {
    name: 'a name that XCLIENT gave is not looked up',
    given: { name: 'MX.example.com', dns: { 'PTR 1.2.0.192.in-addr.arpa': found('other.example') } },
    gives: { name: 'mx.example.com', name_state: 'given', claimed_name: 'mx.example.com', helo_is_name: true },
  },
  {
    name: 'behind a hop of ours that did not confirm a name, the origin’s is looked up',
    given: {
      address: '198.51.100.7',
      name: 'backup.example.net',
      header: throughBackup.replace('mail.example.org [', 'unknown ['),
      dns: { 'PTR 9.113.0.203.in-addr.arpa': found('mx.example.org'), 'A mx.example.org': found('203.0.113.9') },
    },
    gives: { name: 'backup.example.net', origin_name: 'mx.example.org', name_state: 'confirmed' },
  },
  {
    name: 'the name of an origin that is not known is not either',
    given: { address: '198.51.100.7' },
    gives: { origin_name: '', name_state: 'unknown', name_is_generic: false },
  },
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
