// The next hops of the configuration, each once however many routes lead to it, and the way from a recipient to its route.

import { lookup } from 'node:dns/promises';
import { recipientPolicies } from '../../config/recipient-policy.ts';
import { type HopSettings, type NextHopSetting, namedRoutes, routeSettings } from '../../config/routes.ts';
import type { Config } from '../../config/schema.ts';
import type { Path } from '../../model/address.ts';
import type { Clock, Faults, Random } from '../../model/clock.ts';
import { type Reply, replyText } from '../../model/reply.ts';
import { maildirNextHop } from '../../next-hop/maildir.ts';
import type { DeliveryResult, NextHop, Unreachable } from '../../next-hop/next-hop.ts';
import { Route } from '../../next-hop/route.ts';
import { rfcTimeouts, smtpNextHop } from '../../next-hop/smtp.ts';
import { parseNextHop } from '../../next-hop/target.ts';
import { WatchedNextHop } from '../../next-hop/watched.ts';
import type { Log } from '../../observe/log.ts';

export interface NextHops {
  /** Every route, once. */
  readonly all: readonly NextHop[];
  /** The same with the key that configures each, and the next hops that it leads to. */
  readonly routes: readonly NamedRoute[];
  /** Every next hop, once. */
  readonly hops: readonly WatchedNextHop[];
  routeOf(recipient: Path): NextHop;
  close(): Promise<void>;
}

export interface NamedRoute {
  /** `next_hop`, `domains.example.com.next_hop`. */
  readonly key: string;
  readonly nextHops: readonly WatchedNextHop[];
}

interface World {
  readonly clock: Clock;
  readonly random: Random;
  readonly faults: Faults;
  readonly log: Log;
}

/** `heard` is told of each answer to a copy. @throws ConfigError for a next hop that cannot be read. */
export function nextHopsOf(config: Config, world: World, heard: (reply: Reply) => void): NextHops {
  const hopOf = once((settings: HopSettings) => watchedNextHop(settings, config, world));
  const routeTo = once((setting: NextHopSetting) => {
    const groups = routeSettings(setting, config).map(group => group.map(hopOf));
    const route = new Route({ ...patience, groups }, world);
    return { route, overheard: overheard(route, heard) };
  });
  const policyOf = recipientPolicies(config);
  const routes = namedRoutes(config).map(({ key, setting }) => ({ key, ...routeTo(setting) }));
  const hops = [...new Set(routes.flatMap(({ route }) => route.nextHops))];
  return {
    all: [...new Set(routes.map(route => route.overheard))],
    routes: routes.map(({ key, route }) => ({ key, nextHops: route.nextHops })),
    hops,
    routeOf: recipient => routeTo(policyOf(recipient).nextHop).overheard,
    close: async () => {
      await Promise.all(hops.map(hop => hop.close()));
    },
  };
}

/** What `make` gives for a setting, made once for settings that say the same. */
function once<Setting, Made>(make: (setting: Setting) => Made): (setting: Setting) => Made {
  const made = new Map<string, Made>();
  return setting => {
    const key = JSON.stringify(setting);
    const known = made.get(key);
    if (known !== undefined) return known;
    const fresh = make(setting);
    made.set(key, fresh);
    return fresh;
  };
}

function overheard(hop: NextHop, heard: (reply: Reply) => void): NextHop {
  return {
    name: hop.name,
    get capabilities() {
      return hop.capabilities;
    },
    get connections() {
      return hop.connections;
    },
    deliver: async (delivery, left) => {
      const result = await hop.deliver(delivery, left);
      for (const { path } of delivery.recipients) heard(answerTo(path, result));
      return result;
    },
    verify: (recipient, left) => hop.verify(recipient, left),
    check: () => hop.check(),
    close: () => hop.close(),
  };
}

function answerTo(path: Path, result: DeliveryResult): Reply {
  if (!('replies' in result)) return result.reply;
  const reply = result.replies.get(path);
  if (reply === undefined) throw new Error('a delivery answers for each of its recipients');
  return reply;
}

/** Postfix's smtp_connect_timeout for what may be tried elsewhere; the rest is as long as for a single next hop. */
const patience = { openingMs: 30_000, deliveryMs: rfcTimeouts.deliveryMs, verifyMs: rfcTimeouts.verifyMs } as const;

/** From a failure to the first question whether it is back: soon enough for a restart, rare enough for a long outage. */
const restMs = 30_000;

function watchedNextHop(settings: HopSettings, config: Config, world: World): WatchedNextHop {
  return new WatchedNextHop(nextHopOf(settings, config, world), {
    restMs,
    changed: (hop, down) => logChange(world.log, hop.name, down),
  });
}

function logChange(log: Log, nextHop: string, down: Unreachable | null): void {
  if (down === null) log.info({ nextHop }, 'next hop is back');
  else log.warn({ nextHop, reply: replyText(down.reply), because: down.because }, 'next hop failed');
}

/** Postfix reuses a connection for so long and so often at most; next hops are used to that. */
const reuse = { idleMs: 10_000, maxTransactions: 100, maxWaiters: 1000, waitMs: 60_000 } as const;

function nextHopOf({ url, tls, ca, chunking, xforward }: HopSettings, config: Config, world: World): NextHop {
  const target = parseNextHop(url);
  if (target.scheme === 'maildir') return maildirNextHop({ target, hostname: config.hostname }, world);
  return smtpNextHop(
    {
      target,
      hostname: config.hostname,
      tls,
      ...(ca !== null && { tlsCa: ca }),
      usesChunking: chunking,
      usesXforward: xforward,
      timeouts: rfcTimeouts,
      pool: { ...reuse, maxConnections: config.next_hop_connections },
      probePool: { ...reuse, maxConnections: 4, waitMs: 20_000 },
      probeReversePath: '',
    },
    { ...world, addressesOf },
  );
}

/** By the system's resolver: /etc/hosts counts for next hops, as it does for every mail server. */
const addressesOf = async (host: string): Promise<readonly string[]> =>
  (await lookup(host, { all: true, order: 'verbatim' })).map(({ address }) => address);
