// Where mail goes.

import { z } from 'zod';
import { count } from '../fields.ts';

const tlsMode = z.enum(['none', 'opportunistic', 'required', 'verified']);

const url = z.string();

const withSettings = z.strictObject({
  url,
  tls: tlsMode.optional(),
  ca: z.string().optional(),
  chunking: z.boolean().optional(),
  xforward: z.boolean().optional(),
});

const one = z.union([url, withSettings]);
const atLeastOne = 'expected at least one next hop';

export const nextHop = z
  .union([one, z.array(z.union([one, z.array(one).min(1, atLeastOne)])).min(1, atLeastOne)], {
    error: 'expected a URL such as smtp://host:25, a mapping with the keys url, tls, ca, chunking, xforward, or a list',
  })
  .meta({
    description:
      'Where mail goes: `smtp://host:port`, `smtps://host:port`, `lmtp://host:port`, `lmtp:///socket` or `maildir:DIR`. ' +
      'A list is tried in its order, `[smtp://a, smtp://b]`; a list within the list holds equals that take turns, ' +
      '`[[smtp://a, smtp://b], smtp://spare]`. In place of a URL, `{ url, tls, ca, chunking, xforward }` sets ' +
      'for one of them what `next_hop_tls` and its neighbours set for all.',
  });

export const nextHopKeys = {
  next_hop: nextHop.prefault('maildir:./var/maildir'),
  next_hop_tls: tlsMode
    .meta({
      description:
        'STARTTLS towards the next hop; `verified` also checks the certificate and its name, for `smtps` too. Not on sockets.',
    })
    .prefault('opportunistic'),
  next_hop_ca: z
    .string()
    .meta({
      description: 'Authorities that `verified` trusts in place of the usual ones: certificates in PEM, `file:PATH`.',
    })
    .optional(),
  next_hop_connections: count(20, 'Connections to one next hop at the same time.'),
  next_hop_chunking: z
    .boolean()
    .meta({
      description: 'Content goes by BDAT where the next hop offers CHUNKING. False for one whose BDAT is broken.',
    })
    .prefault(true),
  next_hop_xforward: z
    .boolean()
    .meta({
      description: 'The next hop is told the client’s name, address and HELO where it offers XFORWARD (Postfix).',
    })
    .prefault(true),
};
