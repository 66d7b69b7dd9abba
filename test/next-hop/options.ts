// The options under which the tests make next hops: short enough that a wait that never ends shows, long enough that no test depends on them.

import { lookup } from 'node:dns/promises';
import type { TestContext } from 'node:test';
import { noFaults, systemClock } from '../../src/model/clock.ts';
import type { NextHop } from '../../src/next-hop/next-hop.ts';
import { type SmtpNextHopDeps, type SmtpNextHopOptions, smtpNextHop } from '../../src/next-hop/smtp.ts';
import { parseNextHop } from '../../src/next-hop/target.ts';
import { WatchedNextHop, type WatchOptions } from '../../src/next-hop/watched.ts';

const patient = 60_000;

export function smtpOptions(url: string): SmtpNextHopOptions {
  const target = parseNextHop(url);
  if (target.scheme === 'maildir') throw new Error(`${url} is not spoken to`);
  const timeouts = {
    connectMs: patient,
    greetingMs: patient,
    commandMs: patient,
    blockMs: patient,
    finalMs: patient,
    deliveryMs: patient,
    verifyMs: patient,
  };
  const pool = { maxConnections: 4, idleMs: patient, maxTransactions: 1000, maxWaiters: 100, waitMs: patient };
  const probePool = { ...pool, maxConnections: 2 };
  return {
    target,
    hostname: 'gate.test',
    tls: 'none',
    timeouts,
    pool,
    probePool,
    probeReversePath: '',
    usesChunking: true,
    usesXforward: true,
  };
}

const addressesOf = async (host: string) => (await lookup(host, { all: true })).map(({ address }) => address);

/** An SMTP next hop that is closed when the test ends. */
export function makeSmtp(
  t: TestContext,
  url: string,
  more: Partial<SmtpNextHopOptions> = {},
  deps: Partial<SmtpNextHopDeps> = {},
): NextHop {
  const nextHop = smtpNextHop(
    { ...smtpOptions(url), ...more },
    { clock: systemClock, faults: noFaults, addressesOf, ...deps },
  );
  t.after(() => nextHop.close());
  return nextHop;
}

export const routeTimes = { openingMs: patient, deliveryMs: patient, verifyMs: patient } as const;

/** A next hop whose failures are remembered; after one it is asked again when nobody waits any more, unless told otherwise. */
export function watched(t: TestContext, nextHop: NextHop, more: Partial<WatchOptions> = {}): WatchedNextHop {
  const hop = new WatchedNextHop(nextHop, { restMs: patient, changed: () => {}, ...more });
  t.after(() => hop.close());
  return hop;
}
