// Who really sent a message to our side: the client, or where that is one of ours, the first that is not, by the Received
// fields of those that are. What stands below the field of an untrusted hop may be forged, and is not read.

import type { Mail } from '../content/mail.ts';
import type { Envelope } from '../model/envelope.ts';
import { within } from '../model/networks.ts';
import type { Site } from '../model/site.ts';
import { isLoopback } from './networks.ts';
import { receivedFrom } from './received.ts';

export const originKinds = ['client', 'received', 'inside', 'unknown'] as const;

export interface Origin {
  /**
   * `client`: it is the client that is connected. `received`: it handed over to a hop of ours. `inside`: the message began at
   * one of our hops. `unknown`: a hop of ours does not say it in a form that is safe to read.
   */
  readonly kind: (typeof originKinds)[number];
  /** There is an address to judge: `client` or `received`. */
  readonly isKnown: boolean;
  readonly isConnected: boolean;
  /** `''` where it is not known. */
  readonly address: string;
  /** What it called itself; `''` where it is not known. */
  readonly helo: string;
  /** Its name, as the hop that it connected to confirmed it; `''` without. */
  readonly name: string;
  /** The trusted hops between it and us, the client first. */
  readonly hops: readonly string[];
}

interface Arrival {
  readonly envelope: Pick<Envelope, 'helo'> & { readonly connection: Client };
  readonly site: Pick<Site, 'trustedNetworks'>;
  readonly mail: Pick<Mail, 'values'>;
}

type Client = Pick<Envelope['connection'], 'clientAddress' | 'clientName'>;

export function originOf({ envelope, site, mail }: Arrival): Origin {
  const { clientAddress, clientName } = envelope.connection;
  const isTrusted = trustedBy(site);
  if (!isTrusted(clientAddress)) {
    return known('client', { address: clientAddress, helo: envelope.helo, name: clientName ?? '' }, []);
  }
  const hops = [clientAddress];
  for (const value of mail.values('received')) {
    const received = receivedFrom(value);
    if (received.kind === 'note') continue;
    if (received.kind === 'inside') return unknown('inside', hops);
    if (received.kind === 'unreadable') return unknown('unknown', hops);
    // Loopback is the trusted host itself: a filter beside its MTA.
    if (!isTrusted(received.address) && !isLoopback(received.address)) return known('received', received, hops);
    hops.push(received.address);
  }
  return unknown('inside', hops);
}

const trusting = new WeakMap<object, (address: string) => boolean>();

/** Whether an address is one of the networks that `site` trusts; made once for as long as that is in force. */
export function trustedBy(site: Pick<Site, 'trustedNetworks'>): (address: string) => boolean {
  const known = trusting.get(site) ?? within(site.trustedNetworks);
  trusting.set(site, known);
  return known;
}

type Sender = Pick<Origin, 'address' | 'helo' | 'name'>;

function known(kind: 'client' | 'received', { address, helo, name }: Sender, hops: readonly string[]): Origin {
  return { kind, isKnown: true, isConnected: kind === 'client', address, helo, name, hops };
}

function unknown(kind: 'inside' | 'unknown', hops: readonly string[]): Origin {
  return { kind, isKnown: false, isConnected: false, address: '', helo: '', name: '', hops };
}
