// The expiry job: what has been kept long enough goes.

import type { Clock, EpochMs } from '../model/clock.ts';
import type { LedgerWriter } from '../store/ledger.ts';
import { type Deferrals, type Receipts, retryWindowMs } from '../store/memory-of-attempts.ts';
import type { Quarantine } from '../store/quarantine.ts';
import { type Requests, requestWindowMs } from '../store/requests.ts';
import type { TextKeeper } from '../store/texts.ts';

export interface ExpiryOptions {
  readonly quarantineKeepMs: number;
  readonly ledgerKeepDays: number;
  readonly ledgerKeepBytes: number;
  readonly textsKeepDays: number;
  readonly textsKeepBytes: number;
}

export interface ExpiryDeps {
  readonly quarantine: Quarantine;
  readonly receipts: Receipts;
  readonly deferrals: Deferrals;
  readonly requests: Requests;
  readonly ledger: LedgerWriter;
  readonly texts: TextKeeper;
}

/** What was deleted, and pending copies that became held because no client came back for them. */
export interface Expired {
  readonly entries: number;
  readonly held: number;
  readonly receipts: number;
  readonly deferrals: number;
  readonly requests: number;
  readonly ledgerDays: number;
  readonly textDays: number;
}

export async function expireOld(options: ExpiryOptions, deps: ExpiryDeps, now: EpochMs): Promise<Expired> {
  const retriesEnded = now - retryWindowMs;
  const { deleted, held } = await deps.quarantine.expire(now - options.quarantineKeepMs, retriesEnded);
  return {
    entries: deleted,
    held,
    receipts: await deps.receipts.expire(retriesEnded),
    deferrals: await deps.deferrals.expire(retriesEnded),
    requests: await deps.requests.expire(now - requestWindowMs),
    textDays: await deps.texts.prune(now, options.textsKeepDays, options.textsKeepBytes),
    ledgerDays: await deps.ledger.prune(now, options.ledgerKeepDays, options.ledgerKeepBytes),
  };
}

/** Wall clocks are corrected by less than this while a machine runs as it should. */
const jumpMs = 3_600_000;

/**
 * Whether the wall clock has jumped since the last time this was asked (since it was made). Ages are not to be believed
 * then: a clock that shows next year for a minute would empty the quarantine.
 */
export function clockJumps(clock: Clock): () => boolean {
  const offset = (): number => clock.now() - clock.monotonic();
  let before = offset();
  return () => {
    const moved = Math.abs(offset() - before);
    before = offset();
    return moved > jumpMs;
  };
}
