// Settings of the directory that contradict each other, or would give a password away.

import { createSecureContext } from 'node:tls';
import { isLoopback } from './loopback.ts';
import type { Config } from './schema.ts';

type Ldap = NonNullable<Config['ldap']>;

export function ldapFaults({ recipients, ldap }: Config): string[] {
  if (ldap === undefined) {
    return recipients === 'ldap' ? ['recipients is "ldap" and there is no ldap: say where the directory is.'] : [];
  }
  const unread = recipients === 'ldap' ? [] : [`ldap is set and recipients is "${recipients}": it would not be read.`];
  return [...unread, ...credentialFaults(ldap), ...tlsFaults(ldap)];
}

function credentialFaults({ bind_dn, bind_password }: Ldap): string[] {
  if ((bind_dn === undefined) === (bind_password === undefined)) return [];
  return ['ldap.bind_dn and ldap.bind_password belong together.'];
}

function tlsFaults({ url, starttls, bind_password, ca }: Ldap): string[] {
  const faults: string[] = [];
  const plain = url.filter(server => server.startsWith('ldap:'));
  if (starttls && plain.length < url.length) {
    faults.push('ldap.starttls is true and ldap.url has an ldaps://, which is inside TLS already.');
  }
  const open = plain.filter(server => !isLoopback(hostAndPortOf(server)));
  if (bind_password !== undefined && !starttls && open.length > 0) {
    faults.push(`ldap.url ${open.join(', ')} would be sent the password in the clear: use ldaps:// or starttls: true.`);
  }
  if (ca !== undefined && !isPem(ca)) faults.push('ldap.ca is no certificate in PEM; files are named by file:PATH.');
  return faults;
}

const hostAndPortOf = (url: string): string => `${new URL(url).hostname}:389`;

function isPem(ca: string): boolean {
  try {
    createSecureContext({ ca });
    return ca.includes('-----BEGIN CERTIFICATE-----');
  } catch {
    return false;
  }
}
