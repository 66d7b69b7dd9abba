// Where the tests of this folder look for addresses; what differs is said by each.

import type { LdapSource } from '../../src/recipients/ldap-source.ts';
import { rootDn, rootPassword } from '../support/slapd.ts';

export const source = (urls: readonly string[], more: Partial<LdapSource> = {}): LdapSource => ({
  urls,
  isStartTls: false,
  ca: null,
  credentials: { dn: rootDn, password: rootPassword },
  base: 'dc=test',
  filter: '(|(mail=*)(mailAlternateAddress=*)(proxyAddresses=*))',
  attributes: ['mail', 'mailAlternateAddress', 'proxyAddresses'],
  groups: [],
  pageSize: 500,
  timeoutMs: 20_000,
  maxAddresses: 100_000,
  maxBytes: 64 * 1024 ** 2,
  ...more,
});
