// Envelope addresses as they were written, byte for byte: never decoded, folded or re-quoted on their way through.

/** What stood between `<` and `>`: `''` is the null reverse-path. Not ASCII only under SMTPUTF8. */
export type Path = string;

/** The domain of `path` in lower case, without the dot of the root; null for `<>` and `<postmaster>`. */
export function domainOf(path: Path): string | null {
  const at = path.lastIndexOf('@');
  if (at < 0) return null;
  return path
    .slice(at + 1)
    .toLowerCase()
    .replace(/\.$/, '');
}

/** The part before the last `@`, as written (quoted where it was quoted). */
export function localPartOf(path: Path): string {
  const at = path.lastIndexOf('@');
  return at < 0 ? path : path.slice(0, at);
}

/** Mailboxes that must stay reachable (RFC 5321 §4.5.1, RFC 2142): never refused or quarantined by score. */
const roles = new Set(['postmaster', 'abuse', 'security']);

export function isRoleAddress(path: Path): boolean {
  return roles.has(localPartOf(path).toLowerCase());
}
