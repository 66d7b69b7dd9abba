// Reads a path of MAIL or RCPT (RFC 5321 §4.1.2) and keeps it byte for byte; shapes that another parser would read as a
// different address, or as an order to relay, are refused.

import { isIPv4, isIPv6 } from 'node:net';
import type { Path } from '../model/address.ts';

export type PathDefect =
  /** Not a path, or longer than one may be. */
  | 'syntax'
  /** Bytes above 127: SMTPUTF8 is not offered (RFC 6531 §3.5). */
  | 'not-ascii'
  /** Source route, percent hack, bang path, or a quoted local part that holds another address. */
  | 'indirect';

export type ParsedPath =
  | { readonly path: Path; readonly rest: string; readonly defect: null }
  | { readonly defect: PathDefect };

/** RFC 5321 §4.5.3.1.3: 256 octets with the brackets. */
const maxPathLength = 254;

/** The angle brackets and what is between them; `>` may stand in a quoted string, any character after a backslash. */
const bracketed = /^<((?:"(?:[^"\\]|\\.)*"|[^<>"])*)>/s;

const quotedString = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\[\x20-\x7e])*)"$/;
/** Dots stand where they like: addresses such as `a..b.@` exist, and no parser takes them for something else. */
const dotString = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+$/;
const label = /^[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/;

/** `text` starts with the path; `rest` is what follows it. One character a byte. */
export function parsePath(text: string, kind: 'reverse' | 'forward'): ParsedPath {
  const found = bracketed.exec(text);
  if (found === null) return { defect: isAscii(text) ? 'syntax' : 'not-ascii' };
  const path = found[1] ?? '';
  const defect = pathDefect(path, kind);
  return defect === null ? { path, rest: text.slice(found[0].length), defect } : { defect };
}

function pathDefect(path: Path, kind: 'reverse' | 'forward'): PathDefect | null {
  if (!isAscii(path)) return 'not-ascii';
  if (path === '') return kind === 'reverse' ? null : 'syntax';
  if (path.length > maxPathLength) return 'syntax';
  // RFC 5321 §4.1.1.3: the only recipient without a domain.
  if (kind === 'forward' && path.toLowerCase() === 'postmaster') return null;
  // RFC 5321 §3.6.1 and appendix C: a source route may be refused.
  if (path.startsWith('@')) return 'indirect';
  const at = path.lastIndexOf('@');
  if (at < 0) return kind === 'forward' && /[%!]/.test(path) ? 'indirect' : 'syntax';
  return localPartDefect(path.slice(0, at), kind) ?? (isDomain(path.slice(at + 1)) ? null : 'syntax');
}

function localPartDefect(localPart: string, kind: 'reverse' | 'forward'): PathDefect | null {
  const quoted = quotedString.exec(localPart)?.[1]?.replace(/\\(.)/g, '$1');
  if (quoted === undefined && !dotString.test(localPart)) return localPart.includes('@') ? 'indirect' : 'syntax';
  const meaning = quoted ?? localPart;
  // A server that forgets the quotes would deliver `"user@elsewhere"@ours` elsewhere.
  if (meaning.includes('@')) return 'indirect';
  if (kind === 'forward' && /[%!]/.test(meaning)) return 'indirect';
  // Angle brackets end the path for parsers that do not know quotes: a different address, or parameters of our making.
  return /[<>]/.test(meaning) ? 'syntax' : null;
}

/** A host name, punycode untouched, or an address literal (RFC 5321 §4.1.3). */
function isDomain(domain: string): boolean {
  const literal = /^\[(?:(IPv6:)(.+)|(.+))\]$/i.exec(domain);
  if (literal !== null) return literal[1] === undefined ? isIPv4(literal[3] ?? '') : isIPv6(literal[2] ?? '');
  return domain.split('.').every(part => label.test(part));
}

const isAscii = (text: string): boolean => /^[\x00-\x7f]*$/.test(text);
