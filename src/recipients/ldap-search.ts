// The two questions to LDAP: all addresses, page by page (RFC 2696), and whether it has one of a few.

import { AndFilter, type Client, EqualityFilter, FilterParser, NoSuchObjectError, OrFilter } from 'ldapts';
import { ConfigError, TemporaryFailure } from '../model/failure.ts';
import { addressesOf, foldedDn, groupOf, type LdapEntry, valuesOf } from './entry-addresses.ts';
import { onLdap } from './ldap-connection.ts';
import type { GroupProfile, LdapSource } from './ldap-source.ts';

/** An address, and the place of its group's profile among the source's `groups`; -1 for none. */
export type Listed = readonly [address: string, group: number];

export interface Reading {
  readonly entries: number;
  /** Values that are no address. */
  readonly unreadable: number;
  /** References to other servers, which are not followed. */
  readonly referrals: number;
  /** Groups of the configuration that LDAP does not have, or does not show us. */
  readonly missingGroups: readonly string[];
  /** The last page was empty: some servers end so before the end. */
  readonly endedEmpty: boolean;
}

/** @throws ConfigError for a filter that cannot be read. */
export function parseFilter(filter: string) {
  try {
    // Parentheses of values are escaped (RFC 4515 §3); ldapts closes what was left open.
    if (filter.split('(').length !== filter.split(')').length) throw new Error('unbalanced parentheses');
    return FilterParser.parseString(filter);
  } catch (cause) {
    throw new ConfigError(`ldap.filter: ${filter} is not a filter (RFC 4515)`, { cause });
  }
}

/**
 * Reads everything; `heard` is given each page's addresses, and null when a reading begins anew at the next server.
 * @throws TemporaryFailure when no server gave all of it.
 */
export function readAll(source: LdapSource, heard: (page: readonly Listed[] | null) => void): Promise<Reading> {
  return onLdap(source, async client => {
    heard(null);
    const groups = await Promise.all(source.groups.map(group => membersOf(client, group)));
    const sum = { entries: 0, unreadable: 0, referrals: 0, endedEmpty: false };
    let addresses = 0;
    for await (const { searchEntries, searchReferences } of client.searchPaginated(source.base, {
      filter: parseFilter(source.filter),
      scope: 'sub',
      attributes: attributesOf(source),
      paged: { pageSize: source.pageSize },
    })) {
      const page = pageOf(searchEntries, source, groups);
      addresses += page.listed.length;
      if (addresses > source.maxAddresses) throw new TemporaryFailure(`more than ${source.maxAddresses} addresses`);
      sum.endedEmpty = searchEntries.length === 0;
      sum.entries += searchEntries.length;
      sum.referrals += searchReferences.length;
      sum.unreadable += page.unreadable;
      heard(page.listed);
    }
    return { ...sum, missingGroups: source.groups.filter((_, i) => groups[i] === null).map(({ dn }) => dn) };
  });
}

/**
 * Which of `addresses` (folded) LDAP has at this moment.
 * @throws TemporaryFailure when no server answered.
 */
export function askFor(source: LdapSource, addresses: readonly string[]): Promise<readonly Listed[]> {
  return onLdap(source, async client => {
    const { searchEntries } = await client.search(source.base, {
      filter: new AndFilter({ filters: [parseFilter(source.filter), heldBy(source.attributes, addresses)] }),
      scope: 'sub',
      attributes: attributesOf(source),
      sizeLimit: 10,
    });
    // What the server takes for equal (spaces left out, say) is not for us to take.
    return pageOf(searchEntries, source, []).listed.filter(([address]) => addresses.includes(address));
  });
}

/**
 * Entries that have one of `addresses` in one of `attributes`. Values go out as they are, not as text of a filter, so that
 * there is nothing in them to be escaped (RFC 4515 §3).
 */
function heldBy(attributes: readonly string[], addresses: readonly string[]): OrFilter {
  const filters = attributes.flatMap(attribute =>
    addresses.flatMap(address => [
      new EqualityFilter({ attribute, value: address }),
      new EqualityFilter({ attribute, value: `smtp:${address}` }),
    ]),
  );
  return new OrFilter({ filters });
}

const attributesOf = ({ attributes, groups }: LdapSource): string[] => [
  ...attributes,
  ...(groups.length > 0 ? ['memberOf'] : []),
];

function pageOf(entries: readonly LdapEntry[], source: LdapSource, groups: readonly (ReadonlySet<string> | null)[]) {
  const members = groups.map(group => group ?? new Set<string>());
  let unreadable = 0;
  const listed = entries.flatMap(entry => {
    const found = addressesOf(entry, source.attributes);
    unreadable += found.unreadable;
    const group = groupOf(entry, source.groups, members);
    return found.addresses.map((address): Listed => [address, group]);
  });
  return { listed, unreadable };
}

/** The distinguished names that a group lists itself; null where there is no such group. */
async function membersOf(client: Client, { dn }: GroupProfile): Promise<ReadonlySet<string> | null> {
  try {
    const { searchEntries } = await client.search(dn, { scope: 'base', attributes: ['member', 'uniqueMember'] });
    const [group] = searchEntries;
    if (group === undefined) return null;
    const members = [...valuesOf(group, 'member'), ...valuesOf(group, 'uniqueMember')];
    return new Set(members.flatMap(member => (member === null ? [] : [foldedDn(member)])));
  } catch (error) {
    if (error instanceof NoSuchObjectError) return null;
    throw error;
  }
}
