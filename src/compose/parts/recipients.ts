// Who is a valid recipient: answered at RCPT by the configuration, by LDAP or by asking the next hop; and how well it is known.

import type { Config } from '../../config/schema.ts';
import type { Clock, Random } from '../../model/clock.ts';
import { type RecipientDirectory, recipientDirectory } from '../../next-hop/directory.ts';
import type { Component } from '../../observe/health.ts';
import type { Log } from '../../observe/log.ts';
import { CatchAllWatch } from '../../recipients/catch-all.ts';
import type { LdapDirectory } from '../../recipients/ldap-directory.ts';
import { ldapDirectoryOf, ldapHealth, startRefreshing } from './ldap.ts';
import type { NextHops } from './next-hops.ts';
import { repeated } from './repeated.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

export interface Recipients {
  readonly directory: RecipientDirectory;
  /** Null where there is none. */
  readonly ldap: LdapDirectory | null;
  /** Null where the next hops are not asked. */
  readonly catchAll: CatchAllWatch | null;
  /** By the address's group in LDAP; null where it has none. */
  groupProfile(address: string): string | null;
  health(): Component;
  close(): void;
}

interface World {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Resolves when the copy on disk of what LDAP had is loaded; what must be asked is asked behind that. */
export async function recipientsOf(config: Config, nextHops: NextHops, world: World): Promise<Recipients> {
  const { clock, log } = world;
  const ldap = config.recipients === 'ldap' && config.ldap ? await ldapDirectoryOf(config, config.ldap, world) : null;
  await ldap?.load();
  const catchAll = config.recipients === 'next_hop' ? catchAllWatch(config, nextHops, world) : null;
  const stops = [ldap && startRefreshing(ldap, config), catchAll && startWatching(catchAll)];
  const health = () => (ldap ? ldapHealth(ldap, clock) : catchAll ? catchAllHealth(catchAll) : notAsked);
  if (config.recipients === 'none') log.warn({}, 'recipients are not verified: all of our domains are taken');
  return {
    directory: directoryOf(config, nextHops, clock, ldap),
    ldap,
    catchAll,
    groupProfile: address => ldap?.profileOf(address) ?? null,
    health,
    close: () => {
      for (const stop of stops) stop?.();
    },
  };
}

const notAsked: Component = { state: 'absent', reason: 'nobody is asked for recipients' };

function directoryOf(config: Config, nextHops: NextHops, clock: Clock, ldap: LdapDirectory | null): RecipientDirectory {
  return recipientDirectory(
    {
      mode: config.recipients,
      domains: Object.keys(config.domains),
      acceptAnyDomain: config.accept_any_domain === true,
      list: config.recipient_list,
      delimiters: config.recipient_delimiter,
      validMs: hour,
      invalidMs: 5 * minute,
      failedMs: 5 * second,
      // Longer than a client's first pauses before it tries again.
      refusedMs: 4 * hour,
      deferredMs: 15 * minute,
      maxEntries: 100_000,
      maxQuestions: 1000,
    },
    {
      clock,
      verify: recipient => nextHops.routeOf(recipient).verify(recipient),
      find: async addresses => ldap?.find(addresses) ?? 'unavailable',
    },
  );
}

function catchAllWatch(config: Config, nextHops: NextHops, { random, log }: World): CatchAllWatch {
  return new CatchAllWatch(Object.keys(config.domains), {
    random,
    verify: recipient => nextHops.routeOf(recipient).verify(recipient),
    changed: (domain, found) => {
      const fields = { domain, nextHop: nextHops.routeOf(`postmaster@${domain}`).name };
      if (found === 'catch_all') log.warn(fields, 'catch-all: the next hop takes recipients that nobody has');
      else log.info(fields, 'the next hop refuses unknown recipients again');
    },
  });
}

/** Sooner again where a next hop did not answer. */
function startWatching(watch: CatchAllWatch): () => void {
  return repeated(async () => {
    await watch.look();
    return watch.count('unknown') > 0 ? 10 * minute : day;
  });
}

function catchAllHealth(watch: CatchAllWatch): Component {
  const [catchAll, unknown] = [watch.count('catch_all'), watch.count('unknown')];
  const figures = { domains: watch.domains, catch_all_domains: catchAll, unknown_domains: unknown };
  if (catchAll > 0) return { state: 'degraded', reason: 'a next hop takes recipients that nobody has', figures };
  if (unknown > 0)
    return { state: 'degraded', reason: 'a next hop did not say yet whether it knows its recipients', figures };
  return { state: 'up', reason: null, figures };
}
