// What earlier checks left, as later ones read it.

import type { Facts } from '../model/evidence.ts';
import type { Shape, ValueOf } from '../model/shape.ts';
import type { dkimCheck } from './auth-dkim.ts';
import type { dmarcCheck } from './auth-dmarc.ts';
import type { spfCheck } from './auth-spf.ts';
import type { Check } from './check.ts';

/** Null where the check left nothing: what it would have proven is not proven. */
export function observed<C extends Check<Shape>>(facts: Facts, name: C['name']): ValueOf<C['evidence']> | null {
  const fact = facts[name];
  return fact?.state === 'observed' ? (fact.value as ValueOf<C['evidence']>) : null;
}

/**
 * Whether SPF or DKIM vouches for the author: by DMARC, or where its owner has published nothing that DMARC could ask, by the
 * same alignment. Of `auth.dmarc`, `auth.spf` and `auth.dkim`.
 */
export function isAuthorVouchedFor(facts: Facts): boolean {
  const dmarc = observed<typeof dmarcCheck>(facts, 'auth.dmarc');
  const isAligned =
    observed<typeof spfCheck>(facts, 'auth.spf')?.aligned === true ||
    observed<typeof dkimCheck>(facts, 'auth.dkim')?.aligned === true;
  return dmarc?.result === 'pass' || (dmarc?.result === 'none' && isAligned);
}
