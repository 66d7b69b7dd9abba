// Recipients of one transaction that share a profile, a mode and a standing share a verdict.

import { isRoleAddress, type Path } from '../model/address.ts';
import type { PolicyGroup } from '../model/disposition.ts';
import type { Recipient } from '../model/envelope.ts';

export interface RecipientStanding {
  readonly profile: string;
  readonly mode: 'enforce' | 'observe';
}

/** The groups in the order of their first recipients; each recipient is in exactly one. */
export function policyGroups(
  recipients: readonly Recipient[],
  policyOf: (path: Path) => RecipientStanding,
): readonly PolicyGroup[] {
  const groups = new Map<string, PolicyGroup>();
  for (const { path } of recipients) {
    const { profile, mode } = policyOf(path);
    const isRole = isRoleAddress(path);
    const key = JSON.stringify([profile, mode, isRole]);
    const group = groups.get(key);
    groups.set(key, { profile, mode, isRole, recipients: group ? [...group.recipients, path] : [path] });
  }
  return [...groups.values()];
}
