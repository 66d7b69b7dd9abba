// Recipients of one transaction that share a profile, a mode, a standing and the entries that are theirs share a verdict.

import { isRoleAddress, type Path } from '../model/address.ts';
import type { PolicyGroup } from '../model/disposition.ts';
import type { Recipient } from '../model/envelope.ts';

export interface RecipientStanding {
  readonly profile: string;
  readonly mode: 'enforce' | 'observe';
}

/**
 * The groups in the order of their first recipients; each recipient is in exactly one. `scopesOf` gives those scopes of
 * entries that a recipient is in.
 */
export function policyGroups(
  recipients: readonly Recipient[],
  policyOf: (path: Path) => RecipientStanding,
  scopesOf: (path: Path) => readonly string[] = () => [],
): readonly PolicyGroup[] {
  const groups = new Map<string, PolicyGroup>();
  for (const { path } of recipients) {
    const { profile, mode } = policyOf(path);
    const isRole = isRoleAddress(path);
    const scopes = scopesOf(path);
    const key = JSON.stringify([profile, mode, isRole, scopes]);
    const group = groups.get(key);
    const shared = { profile, mode, isRole, ...(scopes.length > 0 && { scopes }) };
    groups.set(key, { ...shared, recipients: group ? [...group.recipients, path] : [path] });
  }
  return [...groups.values()];
}
