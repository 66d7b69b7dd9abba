// What /readyz asks: the next hops and the store are required, the rest may be degraded while mail is still answered.

import { inTime } from '../model/in-time.ts';
import type { Reply } from '../model/reply.ts';
import { replies } from '../next-hop/replies.ts';
import type { WatchedNextHop } from '../next-hop/watched.ts';
import type { Component, Probe } from '../observe/health.ts';
import type { Store } from '../store/sqlite/store.ts';
import type { GatewayAccess } from './parts/access.ts';
import type { Antivirus } from './parts/antivirus.ts';
import { listsHealth } from './parts/dns-lists.ts';
import type { Inspection } from './parts/inspection.ts';
import type { NextHops } from './parts/next-hops.ts';
import type { Recipients } from './parts/recipients.ts';

interface Parts {
  readonly nextHops: Pick<NextHops, 'hops' | 'routes'>;
  readonly store: Store;
  readonly recipients: Pick<Recipients, 'health'>;
  readonly antivirus: Antivirus | null;
  readonly inspecting: Promise<Inspection | null>;
  readonly access: Pick<GatewayAccess, 'health'>;
}

const up: Component = { state: 'up', reason: null };
const down = (reason: string): Component => ({ state: 'down', reason });

export function healthProbes({ nextHops, store, recipients, antivirus, inspecting, access }: Parts): readonly Probe[] {
  return [
    { name: 'next_hop', isRequired: true, check: () => nextHopHealth(nextHops) },
    {
      name: 'store',
      isRequired: true,
      check: () => (store.quarantine.isSound ? up : down('a write was not made durable')),
    },
    { name: 'recipients', isRequired: true, check: () => recipients.health() },
    {
      name: 'clamd',
      isRequired: false,
      check: () => antivirus?.health() ?? { state: 'absent', reason: 'no clamd is configured' },
    },
    { name: 'dns_lists', isRequired: false, check: async () => listsHealth((await inspecting)?.dnsLists ?? null) },
    { name: 'access', isRequired: false, check: () => access.health() },
    { name: 'workers', isRequired: false, check: async () => workerHealth(await inspecting) },
  ];
}

/** Sooner than the probe's own end: one next hop that does not answer must not make all of them look down. */
const answerMs = 3000;
const maxNamed = 5;

/** Mail for some domains can be accepted while one of several routes is open, and a route is while one of its next hops is up. */
async function nextHopHealth({ hops, routes }: Pick<NextHops, 'hops' | 'routes'>): Promise<Component> {
  const asked = await Promise.all(hops.map(async hop => [hop, await whyDown(hop)] as const));
  const down = new Map(asked.flatMap(([hop, why]) => (why === null ? [] : [[hop, why]])));
  const figures = { reachable: hops.length - down.size, configured: hops.length };
  if (down.size === 0) return { ...up, figures };
  const isOpen = routes.some(({ nextHops }) => nextHops.some(hop => !down.has(hop)));
  return { state: isOpen ? 'degraded' : 'down', reason: named(routes, down), figures };
}

/** By their keys and not by their addresses: it is shown without a token. */
function named(routes: NextHops['routes'], down: ReadonlyMap<WatchedNextHop, string>): string {
  const places = routes.flatMap(({ key, nextHops }) =>
    nextHops.map((hop, i) => ({ hop, place: nextHops.length === 1 ? key : `${key} (${i + 1} of ${nextHops.length})` })),
  );
  const all = [...down].map(([hop, why]) => `${places.find(place => place.hop === hop)?.place}: ${why}`);
  const rest = all.length > maxNamed ? `; and ${all.length - maxNamed} more` : '';
  return `${all.slice(0, maxNamed).join('; ')}${rest}`;
}

async function whyDown(hop: WatchedNextHop): Promise<string | null> {
  const answer = hop.check().then(
    down => (down === null ? null : wordsFor(down.reply)),
    () => 'failed',
  );
  return inTime(
    () => answer,
    answerMs,
    () => 'no answer in time',
  );
}

/** What a peer said is not repeated. */
function wordsFor(reply: Reply): string {
  switch (reply) {
    case replies.unreachable:
      return 'no connection';
    case replies.tlsMissing:
      return 'no TLS is offered';
    case replies.tlsFailed:
      return 'no TLS could be established';
    case replies.busy:
      return 'all connections are in use';
    case replies.storageFailed:
      return 'it cannot be written';
    default:
      return 'no SMTP session';
  }
}

function workerHealth(inspection: Inspection | null): Component {
  if (inspection === null) return { state: 'absent', reason: 'checks are off' };
  const { workers, inFlight, waiting } = inspection.inspector.stats();
  return { ...up, figures: { workers, in_flight: inFlight, waiting } };
}
