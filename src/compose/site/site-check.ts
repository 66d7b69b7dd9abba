// What an administrator should know before mail comes: settings that are allowed and seldom meant, and next hops and a
// directory that do not answer, or answer more than they should. Nothing here is sent as mail.

import { namedProfiles } from '../../config/recipient-policy.ts';
import type { Config } from '../../config/schema.ts';
import { showDuration } from '../../config/units.ts';
import { comparablePath, domainOf } from '../../model/address.ts';
import type { Clock, Random } from '../../model/clock.ts';
import { noFaults } from '../../model/clock.ts';
import { didYouMean } from '../../model/nearest.ts';
import { isPositive, replyText } from '../../model/reply.ts';
import { errorText } from '../../model/thrown.ts';
import type { Points } from '../../model/verdict.ts';
import type { NextHop } from '../../next-hop/next-hop.ts';
import { withFields } from '../../observe/log.ts';
import { selectivityOf, unlikelyName } from '../../recipients/catch-all.ts';
import { ldapSourceOf } from '../parts/ldap.ts';
import { type NextHops, nextHopsOf } from '../parts/next-hops.ts';

export interface SiteCheckOptions {
  /** A next hop that takes mail for one that is not ours relays. */
  readonly foreignDomains: readonly string[];
}

interface World {
  readonly clock: Clock;
  readonly random: Random;
}

/** Warnings that need no network. `quarantinesFrom` gives the threshold of a profile; null for one that nobody wrote. */
export function settingWarnings(config: Config, quarantinesFrom: (profile: string) => Points | null): string[] {
  const warnings: string[] = [];
  if (config.recipients === 'none') {
    warnings.push(
      'recipients is "none": every address of your domains is taken, and what the next hop does not know it must bounce ' +
        'to reverse-paths that are often forged (backscatter). Set recipients to next_hop, list or ldap, unless a server in ' +
        'front of this gateway has checked them.',
    );
  }
  if (config.accept_any_domain === true) {
    warnings.push(
      'accept_any_domain is true: whoever reaches a listener may send to any domain. List yours in domains.',
    );
  }
  return [
    ...warnings,
    ...greylistWarnings(config, quarantinesFrom),
    ...strangerWarnings(config),
    ...reviewWarnings(config),
  ];
}

/** What is not in the ledger any more when a sample is drawn, the sample says nothing of. */
function reviewWarnings({ review, ledger }: Config): readonly string[] {
  const oldestMs = review.sample_after + review.sample_every;
  if (review.sample_size === 0 || oldestMs <= ledger.keep) return [];
  return [
    `review draws samples of mail up to ${showDuration(oldestMs)} old, and ledger.keep is ${showDuration(ledger.keep)}: ` +
      'some of it is gone then. Keep it longer, or set review.sample_size to 0 for no samples.',
  ];
}

/** Only what is not quarantined is greylisted: one warning for each profile that leaves nothing between. */
function greylistWarnings(config: Config, quarantinesFrom: (profile: string) => Points | null): string[] {
  const { from_score: fromScore } = config.greylist;
  if (fromScore === 'off') return [];
  return [...keysOfProfiles(config)].flatMap(([profile, key]) => {
    const threshold = quarantinesFrom(profile);
    if (threshold === null || threshold > Math.round(fromScore * 1000)) return [];
    return (
      `greylist.from_score is ${fromScore}, and profile "${profile}" (${key}) quarantines from ${threshold / 1000} on: ` +
      'no mail to its recipients is greylisted. Set from_score below that.'
    );
  });
}

/** Profiles that some recipient has, each with the first key that names it. */
function keysOfProfiles(config: Config): ReadonlyMap<string, string> {
  const isFallbackUsed =
    config.accept_any_domain === true || Object.values(config.domains).some(({ profile }) => profile === undefined);
  const keys = new Map<string, string>();
  for (const { key, profile } of namedProfiles(config))
    if (!keys.has(profile) && (key !== 'profile' || isFallbackUsed)) keys.set(profile, key);
  return keys;
}

/** Mail to other domains is not taken, so nothing that is said of their addresses matters. */
function strangerWarnings({ accept_any_domain: isAnyTaken, domains, recipient_profiles: profiles }: Config): string[] {
  if (isAnyTaken === true) return [];
  return Object.keys(profiles).flatMap(address => {
    const domain = domainOf(comparablePath(address));
    if (domain === null || Object.hasOwn(domains, domain)) return [];
    return `recipient_profiles.${address}: ${domain} is not in domains, and no mail to it is taken${didYouMean(domain, Object.keys(domains))}.`;
  });
}

/** Warnings that need next hops and directory to be asked. Never rejects for one that does not answer. */
export async function siteWarnings(config: Config, options: SiteCheckOptions, world: World): Promise<string[]> {
  const silent = withFields({}, () => {});
  const nextHops = nextHopsOf(config, { ...world, faults: noFaults, log: silent }, () => {});
  try {
    const ofHops = nextHops.hops.map(hop => hopWarnings(hop, config, options, world));
    const found = await Promise.all([
      ...ofHops,
      catchAllWarnings(config, nextHops, world),
      ldapWarnings(config, world),
    ]);
    return found.flat();
  } finally {
    await nextHops.close();
  }
}

async function hopWarnings(hop: NextHop, config: Config, options: SiteCheckOptions, world: World): Promise<string[]> {
  const unreachable = await hop.check();
  if (unreachable !== null) return [`the next hop ${hop.name} does not answer: ${unreachable.because}`];
  // A Maildir and LMTP are the end of the way: they pass nothing on (RFC 2033 §1).
  if (!/^smtps?:/.test(hop.name)) return [];
  for (const domain of options.foreignDomains) {
    if (Object.hasOwn(config.domains, domain)) continue;
    const recipient = `${unlikelyName(world.random)}@${domain}`;
    const answer = await hop.verify(recipient);
    if (isPositive(answer)) return [relayWarning(hop.name, recipient, replyText(answer), config)];
  }
  return [];
}

function relayWarning(hop: string, recipient: string, answer: string, config: Config): string {
  const reach =
    config.accept_any_domain === true
      ? 'accept_any_domain is true: so may everybody who reaches this gateway.'
      : 'This gateway passes on mail for your domains only, and with accept_any_domain: true it would for everybody.';
  return (
    `the next hop ${hop} takes mail for other domains from this machine: <${recipient}> heard "${answer}". ` +
    'That is usual where it trusts this machine (mynetworks), and an open relay where it trusts everybody: try it from ' +
    `elsewhere. Whoever runs a program here can send through it. ${reach}`
  );
}

async function catchAllWarnings(config: Config, nextHops: NextHops, { random }: World): Promise<string[]> {
  if (config.recipients !== 'next_hop') return [];
  const domains = Object.keys(config.domains);
  const found = await Promise.all(
    domains.map(async domain => {
      const route = nextHops.routeOf(`postmaster@${domain}`);
      const selectivity = await selectivityOf(domain, { random, verify: recipient => route.verify(recipient) });
      return catchAllWarning(domain, route.name, selectivity);
    }),
  );
  return found.filter(warning => warning !== null);
}

function catchAllWarning(domain: string, hop: string, found: Awaited<ReturnType<typeof selectivityOf>>): string | null {
  switch (found) {
    case 'selective':
      return null;
    case 'catch_all':
      return (
        `${domain}: the next hop ${hop} takes recipients that nobody has (catch-all). To ask it for recipients is useless, ` +
        'and what it bounces later goes to forged reverse-paths (backscatter). Let it refuse unknown recipients at RCPT, ' +
        'or set recipients to list or ldap.'
      );
    case 'unknown':
      return `${domain}: whether the next hop ${hop} knows its recipients could not be found out: it gave no final answer.`;
  }
}

async function ldapWarnings({ ldap }: Config, { random }: World): Promise<string[]> {
  if (ldap === undefined) return [];
  const { askFor, parseFilter } = await import('../../recipients/ldap-search.ts');
  parseFilter(ldap.filter);
  try {
    await askFor(ldapSourceOf(ldap), [`${unlikelyName(random)}@invalid`]);
    return [];
  } catch (error) {
    return [`ldap: ${errorText(error)}`];
  }
}
