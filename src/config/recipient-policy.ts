// Which profile, mode and next hop each recipient has: the address first, then its LDAP group, its domain, the whole gateway.

import { comparablePath, domainOf, type Path, withoutTag } from '../model/address.ts';
import type { NextHopSetting } from './routes.ts';
import type { Config } from './schema.ts';

export interface RecipientPolicy {
  readonly profile: string;
  readonly mode: 'enforce' | 'observe';
  /** As configured. */
  readonly nextHop: NextHopSetting;
}

/** `groupProfile`: the profile of an address (in lower case) by its group in LDAP; null where it has none. */
export function recipientPolicies(
  config: Config,
  groupProfile: (address: string) => string | null = () => null,
): (recipient: Path) => RecipientPolicy {
  const domains = new Map(Object.entries(config.domains));
  const profiles = new Map(
    Object.entries(config.recipient_profiles).map(([address, profile]) => [comparablePath(address), profile]),
  );
  return recipient => {
    const domain = domains.get(domainOf(recipient) ?? config.hostname.toLowerCase());
    const names = recipientNames(recipient, config.recipient_delimiter);
    const named = firstOf(names, name => profiles.get(name)) ?? firstOf(names, groupProfile);
    return {
      profile: named ?? domain?.profile ?? config.profile,
      mode: domain?.mode ?? config.mode,
      nextHop: domain?.next_hop ?? config.next_hop,
    };
  };
}

/** The address in lower case, and without its tag: a tag that a sender chose must not choose the profile. */
export function recipientNames(recipient: Path, delimiters: string): readonly string[] {
  const written = comparablePath(recipient);
  const untagged = withoutTag(written, delimiters);
  return untagged === null ? [written] : [written, untagged];
}

function firstOf(names: readonly string[], profileOf: (name: string) => string | null | undefined): string | null {
  for (const name of names) {
    const profile = profileOf(name) ?? null;
    if (profile !== null) return profile;
  }
  return null;
}

/** Every profile that the configuration names, with the key that names it: for the check against those that exist. */
export function namedProfiles(config: Config): readonly { readonly key: string; readonly profile: string }[] {
  const ofDomains = Object.entries(config.domains).flatMap(([name, { profile }]) =>
    profile === undefined ? [] : [{ key: `domains.${name}.profile`, profile }],
  );
  const ofRecipients = Object.entries(config.recipient_profiles).map(([address, profile]) => ({
    key: `recipient_profiles.${address}`,
    profile,
  }));
  const ofGroups = Object.entries(config.ldap?.groups ?? {}).map(([dn, profile]) => ({
    key: `ldap.groups.${dn}`,
    profile,
  }));
  const onTrial = Object.entries(config.shadow_profiles).flatMap(([name, trial]) =>
    [name, trial].map(profile => ({ key: `shadow_profiles.${name}`, profile })),
  );
  return [{ key: 'profile', profile: config.profile }, ...ofDomains, ...ofRecipients, ...ofGroups, ...onTrial];
}
