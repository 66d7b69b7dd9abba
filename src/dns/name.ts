// Names as they are asked and cached: lower case, ASCII, without the dot of the root.

import { domainToASCII } from 'node:url';

/**
 * `name` in the form in which it is asked; null when no such name can exist in the DNS (RFC 1035 §2.3.4): an empty label,
 * one of more than 63 octets, more than 253 octets in all.
 */
export function normalisedName(name: string): string | null {
  const lower = name.toLowerCase().replace(/\.$/, '');
  const ascii = /[^\x00-\x7f]/.test(lower) ? domainToASCII(lower) : lower;
  if (ascii.length > 253) return null;
  return ascii.split('.').every(label => label.length > 0 && label.length <= 63) ? ascii : null;
}

/**
 * Whether the library below us sends `name` as it stands. Other octets are lawful in the DNS (RFC 2181 §11), and SPF macros
 * make such names, but it refuses them, reads `\` as an escape, and ends a name at NUL.
 */
export const isAskable = (name: string): boolean => /^[-_a-z0-9./*]+$/.test(name);
