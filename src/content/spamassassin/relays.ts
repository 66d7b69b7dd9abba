// The servers that a message came through, as SpamAssassin 4.0.1 reads them out of Received fields and shows them to
// rules.

import type { Handover } from '../handover.ts';
import { decodedValues, type Field, lastValue } from './header.ts';
import { plain, type Relay, toldBy } from './received.ts';
import { address } from './received-forms.ts';

export interface Relays {
  /** From the last server inwards, as far as addresses are private or senders authenticated. */
  readonly trusted: readonly Relay[];
  readonly untrusted: readonly Relay[];
  /** How many fields tell of a handover in a form that is not known. */
  readonly unreadable: number;
}

/** No honest message came through more. */
const maxRelays = 50;

/** `handover` is the last of them, which no field tells of yet, or the topmost does. */
export function relaysOf(fields: readonly Field[], handover: Handover | null): Relays {
  const received = decodedValues(fields, 'received').slice(0, maxRelays);
  const told = [...received, ...notedOrigins(fields)].map(toldBy);
  const relays = told.filter(one => one !== null && one !== 'unreadable');
  const newest = relays.find(relay => relay !== 'fetched');
  const isTold = handover === null || newest?.ip === handover.address;
  return {
    ...trustedFirst(isTold ? relays : [lastRelay(handover), ...relays]),
    unreadable: told.filter(one => one === 'unreadable').length,
  };
}

/** Fields in which a service notes where its user was. */
const originFields = [
  'x-yahoo-post-ip',
  'x-originating-ip',
  'x-apparently-from',
  'x-senderip',
  'x-aol-ip',
  'x-ms-exchange-crosstenant-originalattributedtenantconnectingip',
];
const anyAddress = new RegExp(address, 'i');

/** As Received fields would tell of them. */
function notedOrigins(fields: readonly Field[]): readonly string[] {
  const addresses = originFields.flatMap(name => anyAddress.exec(lastValue(fields, name))?.[0] ?? []);
  return addresses.map(ip => `from X-Originating-IP: ${ip}`);
}

const lastRelay = ({ address, name, helo, reversePath }: Handover): Relay => ({
  ip: address,
  rdns: plain(name ?? ''),
  helo: plain(helo),
  by: '',
  ident: '',
  envelopeFrom: plain(reversePath),
  id: '',
  auth: '',
});

/** The newest first. */
function trustedFirst(relays: readonly (Relay | 'fetched')[]): Pick<Relays, 'trusted' | 'untrusted'> {
  const trusted: Relay[] = [];
  const untrusted: Relay[] = [];
  for (const relay of relays) {
    const isTrusted = untrusted.length === 0;
    // Who fetched the message out of a mailbox began anew.
    if (relay === 'fetched' && isTrusted) trusted.length = 0;
    if (relay === 'fetched') continue;
    if (isTrusted && (isPrivate(relay.ip) || relay.auth !== '')) trusted.push(relay);
    else untrusted.push(relay);
  }
  return { trusted, untrusted };
}

export const relaysText = (relays: readonly Relay[], isInternal: boolean): string =>
  relays.map(relay => relayText(relay, isInternal)).join(' ');

function relayText(relay: Relay, isInternal: boolean): string {
  const { ip, rdns, helo, by, ident, envelopeFrom, id, auth } = relay;
  const parts = { ip, rdns, helo, by, ident, envfrom: envelopeFrom ?? '', intl: isInternal ? 1 : 0, id, auth, msa: 0 };
  const written = Object.entries(parts).map(([name, value]) => `${name}=${value}`);
  return `[ ${written.join(' ')} ]`;
}

/** Of a network that cannot be reached from outside, as SpamAssassin has it. */
const privateAddresses = [
  /^(?:10|127|169\.254|192\.168)\./,
  /^172\.(?:1[6-9]|2\d|3[01])\./,
  /^100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./,
  /^(?:ipv6:)?fe[89ab][0-9a-f]:/i,
  /^(?:ipv6:)?(?:::1|(?:0{1,4}:){7}0{0,3}1)$/i,
];

export const isPrivate = (ip: string): boolean => privateAddresses.some(network => network.test(ip));
