// Greylisting by score: what is suspicious, and whose sender nothing vouches for, is taken when it comes again. A deferral as
// for a check that could not run: the same count of attempts, which ends by itself.

import type { Path } from '../model/address.ts';
import type { Evidence } from '../model/evidence.ts';
import type { Points, Verdict } from '../model/verdict.ts';
import type { Decision } from './decide.ts';
import type { Patience } from './failed-checks.ts';

export interface Greylisting {
  /** The least score that is deferred. */
  readonly fromScore: Points;
  readonly patience: Patience;
  /** Something vouches for the sender. */
  readonly isExempt: (verdict: Verdict, evidence: Evidence) => boolean;
}

/** Whether copies that would be delivered are suspicious enough to wait. Bounces and role addresses never do. */
export function isSuspicious({ group, action }: Decision, reversePath: Path, fromScore: Points): boolean {
  const { verdict, mode, isRole } = group;
  if (mode === 'observe' || isRole || reversePath === '') return false;
  return (action === 'deliver' || action === 'tag') && verdict.score >= fromScore;
}
