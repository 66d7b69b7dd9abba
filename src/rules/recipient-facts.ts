// The facts as the recipients of one policy group have them: of entries that are for some recipients only, their own.

import { type AccessRecord, accessFor } from '../model/access.ts';
import type { Facts } from '../model/evidence.ts';

/** The scopes of the entries that name this message, those for all apart: what divides its recipients. */
export function scopesAmong(facts: Facts): readonly string[] {
  return [...new Set(recordsIn(facts).map(({ recipients }) => recipients))].filter(scope => scope !== '');
}

/** `facts` with what the entries come to for recipients that are in `scopes`. */
export function factsFor(facts: Facts, scopes: readonly string[]): Facts {
  const { access } = facts;
  if (access?.state !== 'observed') return facts;
  const value = { ...(access.value as object), ...accessFor(recordsIn(facts), scopes) };
  return { ...facts, access: { ...access, value } };
}

function recordsIn({ access }: Facts): readonly AccessRecord[] {
  return access?.state === 'observed' ? (access.value as { readonly entries: readonly AccessRecord[] }).entries : [];
}
