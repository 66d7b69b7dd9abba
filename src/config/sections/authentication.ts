// What is believed of who a message is from.

import { z } from 'zod';
import { strings } from '../fields.ts';
import { listedDomain, network } from '../values.ts';

const forwarder = z
  .strictObject({
    networks: z
      .array(network)
      .min(1)
      .meta({ description: 'Addresses or networks that it hands over from.' })
      .optional(),
    spf_domain: listedDomain
      .meta({ description: 'The domain of the reverse-path that it writes (SRS); SPF has to pass for it.' })
      .optional(),
    dkim_domain: listedDomain
      .meta({ description: 'The domain (d=) that it signs with; the signature has to pass.' })
      .optional(),
  })
  .refine(
    ({ networks, spf_domain, dkim_domain }) =>
      [networks, spf_domain, dkim_domain].filter(proof => proof !== undefined).length === 1,
    'expected one of networks, spf_domain and dkim_domain; a forwarder that has several proofs stands here several times',
  );

export const trustedSealers = strings(
  'Domains (d=) whose ARC seals are believed when they say that DMARC passed before they forwarded a message. Subdomains are included. Name only those that you know to check what they seal.',
  listedDomain,
);

export const authenticationKeys = {
  dmarc: z
    .strictObject({ enforce: strings('From domains whose p=reject is refused without other evidence; `*` for all.') })
    .prefault({}),
  lists: z
    .strictObject({
      known: strings(
        'Mailing lists, by the domain of their List-Id, subdomains included: one that is signed (DKIM) by the list’s own organisation is not held against the domain in From. Name only lists that check their members’ mail.',
        listedDomain,
      ),
    })
    .prefault({}),
  forwarders: z
    .array(forwarder)
    .meta({
      description:
        'Forwarders that your recipients chose, each by what proves it: a failed DMARC or SPF is not held against what they pass on.',
    })
    .prefault([]),
  trusted_networks: strings(
    'Hops of ours, such as a backup MX or a filter in front, as addresses or networks. Their Received fields are believed: SPF, the rules about HELO and the DNS lists judge who handed over to them.',
    network,
  ),
};
