// Reads a path of MAIL or RCPT (RFC 5321 §4.1.2, RFC 6531 §3.3) and keeps it byte for byte; shapes that another parser
// would read as a different address, or as an order to relay, are refused.

import { isIPv4, isIPv6 } from 'node:net';
import { domainToASCII, domainToUnicode } from 'node:url';
import { isAscii, type Path } from '../model/address.ts';

export type PathDefect =
  /** Not a path, or longer than one may be. */
  | 'syntax'
  /** Beyond ASCII without SMTPUTF8 (RFC 6531 §3.5). */
  | 'not-ascii'
  /** Source route, percent hack, bang path, or a quoted local part that holds another address. */
  | 'indirect';

export type ParsedPath =
  | { readonly path: Path; readonly rest: string; readonly defect: null }
  | { readonly defect: PathDefect };

/** RFC 5321 §4.5.3.1.3: 256 octets with the brackets. */
const maxPathBytes = 254;

/** The angle brackets and what is between them; `>` may stand in a quoted string, any character after a backslash. */
const bracketed = /^<((?:"(?:[^"\\]|\\.)*"|[^<>"])*)>/su;

const quotedString = /^"((?:[^"\\\x00-\x1f\x7f]|\\[\x20-\x7e])*)"$/u;
/** Dots stand where they like: addresses such as `a..b.@` exist, and no parser takes them for something else. */
const dotString = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\u0080-\u{10ffff}-]+$/u;
const label = /^[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/;

/** Characters that end a line or a word elsewhere, or change the order in which the others are shown. */
const deceptive = /[\x80-\x9f\u00a0\p{Z}\p{Bidi_Control}\p{Noncharacter_Code_Point}\ufeff]/u;

/** What stands in angle brackets at the start of `text`, and what follows; null where there are none. */
export function splitPath(text: string): { readonly path: Path; readonly rest: string } | null {
  const found = bracketed.exec(text);
  return found === null ? null : { path: found[1] ?? '', rest: text.slice(found[0].length) };
}

/** `text` starts with the path; `rest` is what follows it. */
export function parsePath(text: string, kind: 'reverse' | 'forward', isUtf8 = false): ParsedPath {
  const split = splitPath(text);
  if (split === null) return { defect: isUtf8 || isAscii(text) ? 'syntax' : 'not-ascii' };
  const defect = pathDefect(split.path, kind, isUtf8);
  return defect === null ? { ...split, defect } : { defect };
}

function pathDefect(path: Path, kind: 'reverse' | 'forward', isUtf8: boolean): PathDefect | null {
  if (!isUtf8 && !isAscii(path)) return 'not-ascii';
  if (path === '') return kind === 'reverse' ? null : 'syntax';
  if (Buffer.byteLength(path) > maxPathBytes) return 'syntax';
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
  if (deceptive.test(quoted?.replaceAll(' ', '') ?? localPart)) return 'syntax';
  // A server that normalises would find a fullwidth `＠` to be an `@`.
  const meaning = (quoted ?? localPart).normalize('NFKC');
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
  return domain.split('.').every(part => (isAscii(part) ? label.test(part) : isULabel(part)));
}

/** Only what stands for itself (RFC 5890 §2.3.2.1, but for case): mapped forms (`ｏｕｒｓ`, `。`) are other domains elsewhere. */
function isULabel(text: string): boolean {
  const aLabel = domainToASCII(text);
  return label.test(aLabel) && domainToUnicode(aLabel) === text.toLowerCase();
}
