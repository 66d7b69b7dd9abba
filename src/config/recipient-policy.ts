// Which profile, mode and next hop each recipient has: the address first, then its domain, then the whole gateway.

import { domainOf, type Path } from '../model/address.ts';
import type { Config } from './schema.ts';

export interface RecipientPolicy {
  readonly profile: string;
  readonly mode: 'enforce' | 'observe';
  /** As configured: `smtp://host:port`, `maildir:DIR`. */
  readonly nextHop: string;
}

export function recipientPolicies(config: Config): (recipient: Path) => RecipientPolicy {
  const domains = new Map(Object.entries(config.domains));
  const profiles = new Map(
    Object.entries(config.recipient_profiles).map(([address, profile]) => [address.toLowerCase(), profile]),
  );
  return recipient => {
    const domain = domains.get(domainOf(recipient) ?? config.hostname.toLowerCase());
    return {
      profile: profiles.get(recipient.toLowerCase()) ?? domain?.profile ?? config.profile,
      mode: domain?.mode ?? config.mode,
      nextHop: domain?.next_hop ?? config.next_hop,
    };
  };
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
  return [{ key: 'profile', profile: config.profile }, ...ofDomains, ...ofRecipients];
}

/** Every next hop that mail may be routed to, once each. */
export function namedNextHops(config: Config): readonly string[] {
  const ofDomains = Object.values(config.domains).flatMap(({ next_hop }) => (next_hop === undefined ? [] : [next_hop]));
  return [...new Set([config.next_hop, ...ofDomains])];
}
