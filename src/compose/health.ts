// What /readyz asks: the next hops and the store are required, the rest may be degraded while mail is still answered.

import type { NextHop } from '../next-hop/next-hop.ts';
import type { Component, Probe } from '../observe/health.ts';
import type { Store } from '../store/sqlite/store.ts';
import type { Antivirus } from './antivirus.ts';
import type { Inspection } from './inspection.ts';

interface Parts {
  readonly nextHops: readonly NextHop[];
  readonly store: Store;
  readonly antivirus: Antivirus | null;
  readonly inspection: Inspection | null;
}

const up: Component = { state: 'up', reason: null };
const down = (reason: string): Component => ({ state: 'down', reason });

export function healthProbes({ nextHops, store, antivirus, inspection }: Parts): readonly Probe[] {
  return [
    { name: 'next_hop', isRequired: true, check: () => nextHopHealth(nextHops) },
    {
      name: 'store',
      isRequired: true,
      check: () => (store.quarantine.isSound ? up : down('a write was not made durable')),
    },
    {
      name: 'clamd',
      isRequired: false,
      check: () => antivirus?.health() ?? { state: 'absent', reason: 'no clamd is configured' },
    },
    { name: 'workers', isRequired: false, check: () => workerHealth(inspection) },
  ];
}

/** Mail for some domains can be accepted while one of several next hops is up. */
async function nextHopHealth(nextHops: readonly NextHop[]): Promise<Component> {
  const answers = await Promise.all(nextHops.map(hop => hop.check().catch(() => false)));
  const reachable = answers.filter(isUp => isUp).length;
  const figures = { reachable, configured: nextHops.length };
  if (reachable === nextHops.length) return { ...up, figures };
  if (reachable === 0) return { ...down('no next hop can be reached'), figures };
  return { state: 'degraded', reason: 'some next hops cannot be reached', figures };
}

function workerHealth(inspection: Inspection | null): Component {
  if (inspection === null) return { state: 'absent', reason: 'checks are off' };
  const { workers, inFlight, waiting } = inspection.inspector.stats();
  return { ...up, figures: { workers, in_flight: inFlight, waiting } };
}
