// `on_failure`: how long a message waits for a check that could not run. Deferral always ends.

import type { EpochMs } from '../model/clock.ts';
import type { Verdict } from '../model/verdict.ts';
import type { Deferral } from '../store/memory-of-attempts.ts';
import type { FailedCheck } from './decide.ts';

/** How long a message is deferred, and what follows. */
export interface Patience {
  readonly deferForMs: number;
  /** The attempt with this number is not deferred any more: 1 never defers. */
  readonly attempts: number;
  readonly afterwards: 'quarantine' | 'continue';
}

/** Null where the policy goes on without this check. */
export type FailurePolicyOf = (profile: string, check: string) => Patience | null;

export function failurePolicies(verdict: Verdict, policyOf: FailurePolicyOf): readonly Patience[] {
  return verdict.missing.map(({ check }) => policyOf(verdict.profile, check)).filter(policy => policy !== null);
}

/** What to do at the attempt that `deferral` counted last. Of several failed checks, the most patient decides. */
export function afterFailure(policies: readonly Patience[], deferral: Deferral, now: EpochMs): FailedCheck {
  if (policies.some(patience => waits(patience, deferral, now))) return 'defer';
  return policies.some(policy => policy.afterwards === 'quarantine') ? 'quarantine' : 'continue';
}

/** Whether the attempt that `deferral` counted last is deferred, too. */
export function waits({ attempts, deferForMs }: Patience, deferral: Deferral, now: EpochMs): boolean {
  return deferral.attempts < attempts && now - deferral.firstAt < deferForMs;
}
