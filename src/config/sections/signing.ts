// What we sign: mail of our own domains by DKIM, what we alter by ARC.

import { z } from 'zod';
import { strings } from '../fields.ts';
import { domainName, network } from '../values.ts';

/** One that can have a key in the DNS. */
const signingDomain = domainName.regex(/^[^[\].]+(?:\.[^[\].]+)+$/, 'expected a domain, such as example.com');

const selector = z
  .string()
  .regex(/^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/, 'expected a selector, such as s2026')
  .meta({ description: 'The public key is published at `selector._domainkey.domain`.' });

const key = z.string().meta({
  description: 'The private key in PEM, RSA or Ed25519: `file:PATH`, `env:NAME` or the text itself.',
  secret: true,
});

export const dkim = z
  .strictObject({
    sign: z
      .record(signingDomain, z.strictObject({ selector, key }))
      .meta({ description: 'Domains of ours whose mail is signed, where From names exactly that domain.' })
      .prefault({}),
    sign_from: strings('Clients whose mail is signed: our own servers, as addresses or networks.', network),
  })
  .prefault({});

export const arcSeal = z
  .strictObject({
    domain: signingDomain.meta({ description: 'd= of the seal: a domain of ours, or the name of this host.' }),
    selector,
    key,
    when: z
      .enum(['altered', 'relayed'])
      .meta({ description: 'Only what `subject_tag` or `banner` changed, or all mail that is passed on.' })
      .prefault('altered'),
  })
  .meta({
    description: 'An ARC set on what leaves (RFC 8617): what we saw before we changed it, for receivers that trust us.',
  });
