// The options under which the tests make next hops: short enough that a wait that never ends shows, long enough that no test depends on them.

import type { TestContext } from 'node:test';
import { noFaults, systemClock } from '../../src/model/clock.ts';
import type { NextHop } from '../../src/next-hop/next-hop.ts';
import { type SmtpNextHopDeps, type SmtpNextHopOptions, smtpNextHop } from '../../src/next-hop/smtp.ts';
import { parseNextHop } from '../../src/next-hop/target.ts';

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
  return { target, hostname: 'gate.test', tls: 'none', timeouts, pool, probePool, probeReversePath: '' };
}

/** An SMTP next hop that is closed when the test ends. */
export function makeSmtp(
  t: TestContext,
  url: string,
  more: Partial<SmtpNextHopOptions> = {},
  deps: Partial<SmtpNextHopDeps> = {},
): NextHop {
  const nextHop = smtpNextHop({ ...smtpOptions(url), ...more }, { clock: systemClock, faults: noFaults, ...deps });
  t.after(() => nextHop.close());
  return nextHop;
}
