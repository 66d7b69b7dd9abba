// Where mail goes.

import { z } from 'zod';
import { count } from '../fields.ts';

export const nextHop = z.string().meta({
  description:
    'Where mail goes: `smtp://host:port`, `smtps://host:port`, `lmtp://host:port`, `lmtp:///socket` or `maildir:DIR`.',
});

export const nextHopKeys = {
  next_hop: nextHop.prefault('maildir:./var/maildir'),
  next_hop_tls: z
    .enum(['none', 'opportunistic', 'required', 'verified'])
    .meta({ description: 'STARTTLS towards the next hop; `verified` also checks the certificate and its name.' })
    .prefault('opportunistic'),
  next_hop_connections: count(20, 'Connections to one next hop at the same time.'),
};
