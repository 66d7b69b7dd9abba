// The next hops of the configuration, each once, and the way from a recipient to its own.

import { namedNextHops, recipientPolicies } from '../config/recipient-policy.ts';
import type { Config } from '../config/schema.ts';
import type { Path } from '../model/address.ts';
import type { Clock, Faults, Random } from '../model/clock.ts';
import type { Reply } from '../model/reply.ts';
import { maildirNextHop } from '../next-hop/maildir.ts';
import type { DeliveryResult, NextHop } from '../next-hop/next-hop.ts';
import { rfcTimeouts, smtpNextHop } from '../next-hop/smtp.ts';
import { parseNextHop } from '../next-hop/target.ts';

export interface NextHops {
  readonly all: readonly NextHop[];
  routeOf(recipient: Path): NextHop;
  close(): Promise<void>;
}

interface World {
  readonly clock: Clock;
  readonly random: Random;
  readonly faults: Faults;
}

/** `heard` is told of each answer to a copy. @throws ConfigError for a next hop that cannot be read. */
export function nextHopsOf(config: Config, world: World, heard: (reply: Reply) => void): NextHops {
  const hops = new Map(namedNextHops(config).map(url => [url, overheard(nextHopOf(url, config, world), heard)]));
  const policyOf = recipientPolicies(config);
  return {
    all: [...hops.values()],
    routeOf: recipient => {
      const hop = hops.get(policyOf(recipient).nextHop);
      if (hop === undefined) throw new Error(`no next hop for ${policyOf(recipient).nextHop}`);
      return hop;
    },
    close: async () => {
      await Promise.all([...hops.values()].map(hop => hop.close()));
    },
  };
}

function overheard(hop: NextHop, heard: (reply: Reply) => void): NextHop {
  return {
    name: hop.name,
    get capabilities() {
      return hop.capabilities;
    },
    deliver: async delivery => {
      const result = await hop.deliver(delivery);
      for (const { path } of delivery.recipients) heard(answerTo(path, result));
      return result;
    },
    verify: recipient => hop.verify(recipient),
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

/** Postfix reuses a connection for so long and so often at most; next hops are used to that. */
const reuse = { idleMs: 10_000, maxTransactions: 100, maxWaiters: 1000, waitMs: 60_000 } as const;

function nextHopOf(url: string, config: Config, world: World): NextHop {
  const target = parseNextHop(url);
  if (target.scheme === 'maildir') return maildirNextHop({ target, hostname: config.hostname }, world);
  return smtpNextHop(
    {
      target,
      hostname: config.hostname,
      tls: config.next_hop_tls,
      timeouts: rfcTimeouts,
      pool: { ...reuse, maxConnections: config.next_hop_connections },
      probePool: { ...reuse, maxConnections: 4, waitMs: 20_000 },
      probeReversePath: '',
    },
    world,
  );
}
