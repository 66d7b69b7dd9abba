// What runs beside the line: releases that the next hop deferred are tried again, and what is old goes.

import type { Config } from '../config/schema.ts';
import { clockJumps, expireOld } from '../dispose/expire.ts';
import { type Releaser, releaser } from '../dispose/release.ts';
import type { Clock, Faults } from '../model/clock.ts';
import { inTime } from '../model/in-time.ts';
import type { Log } from '../observe/log.ts';
import type { Store } from '../store/sqlite/store.ts';
import type { TextKeeper } from '../store/texts.ts';
import type { GatewayHistory } from './parts/history.ts';
import type { NextHops } from './parts/next-hops.ts';

interface World {
  readonly clock: Clock;
  readonly faults: Faults;
  readonly log: Log;
}

/** Beside 20 s for running transactions and 5 s for the API: within 30 s together. */
const releasesEndMs = 5000;
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

export function releaserOf(
  store: Store,
  nextHops: NextHops,
  history: Pick<GatewayHistory, 'released'> | null,
  world: World,
): Releaser {
  return releaser(
    { firstRetryMs: minute, maxRetryMs: hour, giveUpAfterMs: day },
    {
      ...world,
      quarantine: store.quarantine,
      requests: store.requests,
      routeOf: nextHops.routeOf,
      released: transaction => history?.released(transaction),
    },
  );
}

/**
 * Waits for copies that are at a next hop: one that took its copy, and whose answer is not recorded, is sent it again at the next
 * start. One that does not answer in time is left to that, as after a kill (THREATS.md, L2).
 */
export async function endReleases(releases: Releaser, log: Log): Promise<void> {
  const late = () => log.warn({ afterMs: releasesEndMs }, 'release not finished: tried again at the next start');
  await inTime(() => releases.close(), releasesEndMs, late);
}

/** `others` have things of their own that expire. Returns how to end it. */
export function startHousekeeping(
  config: Config,
  store: Store,
  others: readonly (Pick<GatewayHistory, 'expire'> | null)[],
  releases: Releaser,
  { clock, log }: World,
): () => void {
  const options = {
    quarantineKeepMs: config.quarantine.keep,
    ledgerKeepDays: Math.ceil(config.ledger.keep / day),
    ledgerKeepBytes: config.ledger.max_size,
    ...textsKept(config),
  };
  const retry = () => void releases.retry().catch(err => log.error({ err }, 'releases not retried'));
  const hasJumped = clockJumps(clock);
  const expire = () => {
    // Either the jump is put right by the next time, or it was one to the right time.
    if (hasJumped()) return log.warn({}, 'not expired: the clock jumped');
    void expireOld(options, store, clock.now()).then(
      expired => log.info({ ...expired }, 'expired'),
      err => log.error({ err }, 'not expired'),
    );
    for (const other of others) void other?.expire();
  };
  retry();
  if (config.ledger.keep_texts === 'off') void forgetTexts(store.texts, { clock, log });
  const timers = [setInterval(retry, minute / 2), setInterval(expire, hour)];
  return () => {
    for (const timer of timers) clearInterval(timer);
  };
}

/** Where none are to be kept, those that are there go. */
const textsKept = ({ ledger }: Config) =>
  ledger.keep_texts === 'off'
    ? { textsKeepDays: 0, textsKeepBytes: 0 }
    : { textsKeepDays: Math.ceil(ledger.keep_texts_for / day), textsKeepBytes: ledger.max_texts_size };

/** What was kept before somebody decided otherwise does not wait for the hour. */
async function forgetTexts(texts: TextKeeper, { clock, log }: Pick<World, 'clock' | 'log'>): Promise<void> {
  try {
    const days = await texts.prune(clock.now(), 0, 0);
    if (days > 0) log.info({ days }, 'kept texts deleted');
  } catch (err) {
    log.error({ err }, 'kept texts not deleted');
  }
}
