// Envelope addresses as they were written, byte for byte: never decoded, folded or re-quoted on their way through.

import { domainToASCII } from 'node:url';

/** What stood between `<` and `>`: `''` is the null reverse-path. Not ASCII only under SMTPUTF8. */
export type Path = string;

/** The domain of `path` as `comparableDomain` gives it; null for `<>` and `<postmaster>`. */
export function domainOf(path: Path): string | null {
  const at = path.lastIndexOf('@');
  return at < 0 ? null : comparableDomain(path.slice(at + 1));
}

/**
 * `domain` as it is compared, whichever form was written: in lower case, U-labels as the A-labels that they stand for
 * (RFC 5890 §2.3.2.1), without the dot of the root. What is no domain comes back in lower case.
 */
export function comparableDomain(domain: string): string {
  const folded = domain.toLowerCase().replace(/\.$/, '');
  // Node converts what stands between `//` and `/` of a URL: what could end that is no domain.
  if (isAscii(folded) || /[\s%/?#@:[\]\\]/.test(folded)) return folded;
  return domainToASCII(folded) || folded;
}

/** The part before the last `@`, as written (quoted where it was quoted). */
export function localPartOf(path: Path): string {
  const at = path.lastIndexOf('@');
  return at < 0 ? path : path.slice(0, at);
}

/**
 * `jane@example.com` of `jane+lists@example.com`, where `delimiters` holds the `+`; null where there is no tag to remove.
 * The first delimiter counts, as for Postfix's recipient_delimiter; one at the very beginning delimits nothing.
 */
export function withoutTag(path: Path, delimiters: string): Path | null {
  const localPart = localPartOf(path);
  const ends = [...delimiters].map(delimiter => localPart.indexOf(delimiter, 1)).filter(at => at > 0);
  return ends.length === 0 ? null : localPart.slice(0, Math.min(...ends)) + path.slice(localPart.length);
}

/**
 * `path` as addresses are compared where people list them: no case, the domain as `domainOf` gives it, no quotes that change
 * nothing (RFC 5321 §4.1.2), or `"jane"@` would escape what is set for `jane@`.
 */
export function comparablePath(path: Path): string {
  const domain = domainOf(path);
  return domain === null ? path.toLowerCase() : `${unquoted(localPartOf(path)).toLowerCase()}@${domain}`;
}

function unquoted(localPart: string): string {
  const meaning = /^"((?:[^"\\]|\\.)*)"$/s.exec(localPart)?.[1]?.replace(/\\(.)/gs, '$1') ?? '';
  return /^[^\s\p{Cc}"(),:;<>@[\\\]]+$/u.test(meaning) ? meaning : localPart;
}

export const isAscii = (text: string): boolean => /^[\x00-\x7f]*$/.test(text);

/** Mailboxes that must stay reachable (RFC 5321 §4.5.1, RFC 2142): never refused or quarantined by score. */
const roles = new Set(['postmaster', 'abuse', 'security']);

export function isRoleAddress(path: Path): boolean {
  return roles.has(localPartOf(path).toLowerCase());
}
