// What an LDAP entry says of its addresses and groups. Its values come from people and imports: what is no address is left out.

import { comparablePath } from '../model/address.ts';
import type { GroupProfile } from './ldap-source.ts';

/** Attributes as ldapts gives them: values are Buffers where one of them is not UTF-8. */
export interface LdapEntry {
  readonly dn: unknown;
  readonly [attribute: string]: unknown;
}

export interface EntryAddresses {
  readonly addresses: readonly string[];
  /** Values of the named attributes that are no address: control characters, no UTF-8, no domain. */
  readonly unreadable: number;
}

/** RFC 5321 §4.5.3.1: 64 octets, `@`, 255 octets. */
const longest = 320;
const mailbox = /^[^\s@<>"\p{Cc}]+@[^\s@<>"\p{Cc}]+$/u;
/** The address types of proxyAddresses: `SMTP:` the first, `smtp:` the others, and many that are not mail. */
const typed = /^([A-Za-z][A-Za-z0-9-]*):(.*)$/s;

export function addressesOf(entry: LdapEntry, attributes: readonly string[]): EntryAddresses {
  const values = attributes.flatMap(attribute => valuesOf(entry, attribute));
  const found = values.map(addressIn);
  const addresses = found.filter(address => typeof address === 'string');
  return { addresses: [...new Set(addresses)], unreadable: found.filter(address => address === null).length };
}

/** Null: no address. Undefined: of another type (`X500:`, `sip:`), which is no fault. */
function addressIn(value: string | null): string | null | undefined {
  if (value === null || value.length > longest) return null;
  const [, type, rest = ''] = typed.exec(value) ?? [];
  if (type !== undefined && type.toLowerCase() !== 'smtp') return undefined;
  const address = type === undefined ? value : rest;
  return mailbox.test(address) ? comparablePath(address) : null;
}

/** The place among `groups` of the first that the entry is in, by its own memberOf or by `members`; -1 for none. */
export function groupOf(
  entry: LdapEntry,
  groups: readonly GroupProfile[],
  members: readonly ReadonlySet<string>[],
): number {
  const dn = typeof entry.dn === 'string' ? foldedDn(entry.dn) : '';
  const memberOf = new Set(valuesOf(entry, 'memberOf').map(value => (value === null ? '' : foldedDn(value))));
  return groups.findIndex((group, i) => memberOf.has(foldedDn(group.dn)) || members[i]?.has(dn) === true);
}

/** A distinguished name as it is compared: spaces around its separators and the case of letters mean nothing (RFC 4514). */
export function foldedDn(dn: string): string {
  return dn
    .replace(/\\([0-9A-Fa-f]{2})/g, (escaped, hex) => {
      const letter = String.fromCharCode(Number.parseInt(hex, 16));
      return /[\x20-\x2f:;<=>?@\\]/.test(letter) ? `\\${letter}` : escaped;
    })
    .replace(/(?<!\\)\s*([,=+])\s*/g, '$1')
    .trim()
    .toLowerCase();
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The values of `attribute`, whatever its case and options (`mail;lang-en`, `member;range=0-1499`); null for what is not UTF-8. */
export function valuesOf(entry: LdapEntry, attribute: string): (string | null)[] {
  const wanted = attribute.toLowerCase();
  return Object.entries(entry)
    .filter(([name]) => name.split(';', 1)[0]?.toLowerCase() === wanted)
    .flatMap(([, value]) => (Array.isArray(value) ? value : [value]))
    .map(textOf);
}

function textOf(value: unknown): string | null {
  if (typeof value === 'string') return value;
  if (!(value instanceof Uint8Array)) return null;
  try {
    return utf8.decode(value);
  } catch {
    return null;
  }
}
