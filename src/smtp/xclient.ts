// XCLIENT and XFORWARD: what a trusted proxy says of the client for whom it speaks (Postfix's XCLIENT_README and
// XFORWARD_README). XCLIENT begins the session anew for that client; XFORWARD holds for one transaction.

import { isIP, isIPv4 } from 'node:net';
import { fromXtext } from '../model/xtext.ts';
import { canonicalAddress } from './addresses.ts';

/** What was said; null for what was not, or is `[UNAVAILABLE]` or `[TEMPUNAVAIL]`. */
export interface Introduction {
  readonly address: string | null;
  readonly port: number | null;
  readonly name: string | null;
  readonly helo: string | null;
  readonly isExtended: boolean | null;
}

/** As announced in EHLO, for both. What we would ignore is not: LOGIN would be a claim to have authenticated. */
export const introducedAttributes = ['NAME', 'ADDR', 'PORT', 'PROTO', 'HELO'] as const;
type Attribute = (typeof introducedAttributes)[number];

const forms: Readonly<Record<Attribute, (value: string) => boolean>> = {
  NAME: value => value.length <= 255 && /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?$/.test(value),
  ADDR: value => isIP(withoutTag(value)) !== 0 && (!isTagged(value) || !isIPv4(withoutTag(value))),
  PORT: value => /^[1-9]\d{0,4}$/.test(value) && Number(value) <= 65_535,
  PROTO: value => /^E?SMTP$/i.test(value),
  HELO: value => /^[\x21-\x7e]{1,255}$/.test(value),
};

/** Null for a line that is not to be obeyed: without attributes, or with one that is unknown, repeated or malformed. */
export function parseXclient(line: string): Introduction | null {
  return parse(line, (name, value) => (forms[name](value) ? value : malformed));
}

/**
 * As XCLIENT; but a proxy whose XFORWARD is refused cannot pass on the mail, whatever the client made up. So only an
 * address must be one: of HELO what is no character of a name is a question mark, and the rest is as if it was not said.
 */
export function parseXforward(line: string): Introduction | null {
  return parse(line, (name, value) => {
    const readable = name === 'HELO' ? value.slice(0, 255).replace(/[^\x21-\x7e]/g, '?') : value;
    if (forms[name](readable)) return readable;
    return name === 'ADDR' ? malformed : null;
  });
}

const malformed = Symbol('malformed');
type Take = (name: Attribute, value: string) => string | null | typeof malformed;

function parse(line: string, take: Take): Introduction | null {
  const said = new Map<Attribute, string | null>();
  for (const word of line
    .trim()
    .split(/[ \t]+/)
    .slice(1)) {
    const [, key = '', encoded = ''] = /^([A-Za-z]+)=(\S+)$/.exec(word) ?? [];
    const name = introducedAttributes.find(attribute => attribute === key.toUpperCase());
    const value = fromXtext(encoded);
    if (name === undefined || said.has(name) || value === null) return null;
    const isKnown = !/^\[(?:UNAVAILABLE|TEMPUNAVAIL)\]$/i.test(value);
    const taken = isKnown ? take(name, value) : null;
    if (taken === malformed) return null;
    said.set(name, taken);
  }
  return said.size === 0 ? null : introduction(said);
}

function introduction(said: ReadonlyMap<Attribute, string | null>): Introduction {
  const get = (name: Attribute): string | null => said.get(name) ?? null;
  const address = get('ADDR');
  const port = get('PORT');
  const protocol = get('PROTO');
  return {
    address: address === null ? null : canonicalAddress(withoutTag(address)),
    port: port === null ? null : Number(port),
    name: get('NAME'),
    helo: get('HELO'),
    isExtended: protocol === null ? null : protocol.toUpperCase() === 'ESMTP',
  };
}

const isTagged = (address: string): boolean => /^IPv6:/i.test(address);
const withoutTag = (address: string): string => address.replace(/^IPv6:/i, '');
