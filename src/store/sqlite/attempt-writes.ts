// Rows of receipts, deferrals and requests. Each function runs inside a transaction that its caller commits.

import type { Database } from 'better-sqlite3';
import type { EpochMs } from '../../model/clock.ts';
import type { CopyKey, Deferral, DeferralCause } from '../memory-of-attempts.ts';
import type { RequestState } from '../requests.ts';

export function receiptWrites(db: Database) {
  const writeReceipt = db.prepare(
    'INSERT INTO receipts VALUES (@sha256, @reversePath, @forwardPath, @now) ON CONFLICT DO UPDATE SET delivered_at = @now',
  );
  const consumeReceipt = db.prepare(
    'DELETE FROM receipts WHERE sha256 = @sha256 AND reverse_path = @reversePath AND forward_path = @forwardPath',
  );
  const expireReceipts = db.prepare('DELETE FROM receipts WHERE delivered_at < ?');

  return {
    writeReceipts(keys: readonly CopyKey[], now: EpochMs): void {
      for (const key of keys) writeReceipt.run({ ...key, now });
    },
    consumeReceipts(keys: readonly CopyKey[]): void {
      for (const key of keys) consumeReceipt.run(key);
    },
    expireReceipts: (before: EpochMs): number => expireReceipts.run(before).changes,
  };
}

export function deferralWrites(db: Database) {
  const countDeferral = db.prepare<CopyKey & { cause: DeferralCause; now: EpochMs }, Deferral>(`
    INSERT INTO deferrals VALUES (@sha256, @reversePath, @forwardPath, @cause, @now, @now, 1)
    ON CONFLICT DO UPDATE SET last_at = @now, attempts = attempts + 1
    RETURNING first_at AS firstAt, attempts`);
  const expireDeferrals = db.prepare('DELETE FROM deferrals WHERE last_at < ?');
  const count = (cause: DeferralCause, key: CopyKey, now: EpochMs): Deferral =>
    countDeferral.get({ ...key, cause, now }) ?? { firstAt: now, attempts: 1 };

  return {
    countDeferrals(cause: DeferralCause, keys: readonly CopyKey[], now: EpochMs): Deferral {
      const counts = keys.map(key => count(cause, key, now));
      return {
        firstAt: Math.min(...counts.map(c => c.firstAt)),
        attempts: Math.max(...counts.map(c => c.attempts)),
      };
    },
    expireDeferrals: (before: EpochMs): number => expireDeferrals.run(before).changes,
  };
}

export function requestWrites(db: Database) {
  const request = db.prepare<[string], { digest: string; answer: string | null }>(
    'SELECT digest, answer FROM requests WHERE key = ?',
  );
  const insertRequest = db.prepare('INSERT INTO requests VALUES (?, ?, ?, NULL)');
  const answerRequest = db.prepare('UPDATE requests SET answer = ? WHERE key = ?');
  const expireRequests = db.prepare('DELETE FROM requests WHERE begun_at < ?');

  return {
    beginRequest(key: string, digest: string, now: EpochMs): RequestState {
      const known = request.get(key);
      if (known === undefined) {
        insertRequest.run(key, digest, now);
        return { state: 'open' };
      }
      if (known.digest !== digest) return { state: 'other-request' };
      return known.answer === null ? { state: 'open' } : { state: 'answered', answer: known.answer };
    },
    answerRequest(key: string, answer: string): void {
      answerRequest.run(answer, key);
    },
    expireRequests: (before: EpochMs): number => expireRequests.run(before).changes,
  };
}
