// The client's side: listeners and limits.

import { z } from 'zod';
import { count, duration, size, strings } from '../fields.ts';
import { endpoint, network } from '../values.ts';

const tls = z
  .strictObject({
    cert: z.string().meta({ description: 'The certificate chain in PEM: `file:PATH`, `env:NAME` or the text itself.' }),
    key: z
      .string()
      .meta({ description: 'The private key in PEM: `file:PATH`, `env:NAME` or the text itself.', secret: true }),
    implicit: z
      .boolean()
      .meta({ description: 'TLS from the first byte (RFC 8314) in place of STARTTLS.' })
      .prefault(false),
  })
  .meta({ description: 'Certificate and key. Without them STARTTLS is not offered.' });

const listener = z.strictObject({
  address: endpoint.meta({ description: 'Where to listen, `host:port`. Port 0 takes a free one.' }),
  direction: z
    .literal('inbound')
    .meta({ description: 'Mail from outside for our domains; the only direction so far.' })
    .prefault('inbound'),
  tls: tls.optional(),
});

export const smtp = z
  .strictObject({
    listen: z
      .array(listener)
      .min(1)
      .meta({ description: 'Listeners for mail.' })
      .prefault([{ address: '127.0.0.1:2525' }]),
    max_message_size: size('50MiB', 'Larger messages are refused with 552 5.3.4; advertised by SIZE (RFC 1870).'),
    max_recipients: count(1000, 'Recipients in one transaction; more get 452 4.5.3.'),
    max_connections: count(1000, 'Connections at the same time; more get 421 4.7.0.'),
    connections_per_source: count(50, 'Connections at the same time from one address; an IPv6 source is a /64.'),
    max_errors: count(20, 'Refused commands on one connection before it is closed with 421 4.7.0.'),
    command_timeout: duration('5m', 'How long to wait for a command (RFC 5321 section 4.5.3.2).'),
    transaction_deadline: duration('20m', 'From MAIL to the end of the content, however busily the client sends.'),
    bare_newlines: z
      .enum(['normalise', 'refuse'])
      .meta({
        description:
          'A bare CR or LF in content is made CRLF, or refused with 550 5.6.11. An imitation of end-of-data is always refused.',
      })
      .prefault('normalise'),
    xclient_from: strings('Addresses and networks that may say by XCLIENT for whom they speak.', network),
  })
  .prefault({});
