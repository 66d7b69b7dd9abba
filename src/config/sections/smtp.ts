// The client's side: listeners and limits.

import { z } from 'zod';
import { count, duration, durationOrNone, size, strings } from '../fields.ts';
import { endpoint, network } from '../values.ts';

const certificate = {
  cert: z.string().meta({ description: 'The certificate chain in PEM: `file:PATH`, `env:NAME` or the text itself.' }),
  key: z
    .string()
    .meta({ description: 'The private key in PEM: `file:PATH`, `env:NAME` or the text itself.', secret: true }),
};

const tls = z
  .strictObject({
    ...certificate,
    more_certificates: z
      .array(z.strictObject(certificate))
      .meta({
        description:
          'Certificates for other names of ours. A client gets the first that is good for the name it asks for (SNI), `cert` where none is.',
      })
      .prefault([]),
    min_version: z
      .enum(['TLSv1.2', 'TLSv1.3'])
      .meta({ description: 'Older versions are refused; those before TLSv1.2 always are (RFC 8996).' })
      .prefault('TLSv1.2'),
    implicit: z
      .boolean()
      .meta({ description: 'TLS from the first byte (RFC 8314) in place of STARTTLS.' })
      .prefault(false),
  })
  .meta({
    description: 'Certificate and key; `SIGHUP` reads renewed ones. Without them STARTTLS is not offered.',
  });

const noLimit = '0: no limit.';

/** For one source: an IPv4 address, or the /64 of an IPv6 one. */
const rates = z
  .strictObject({
    connections_per_minute: count(0, `Connections of one source; more get 421 4.7.0. ${noLimit}`, 0),
    messages_per_minute: count(0, `Messages (MAIL) of one source; more get 450 4.7.1. ${noLimit}`, 0),
    recipients_per_minute: count(0, `Recipients (RCPT) of one source; more get 450 4.7.1. ${noLimit}`, 0),
    unknown_recipients: count(
      100,
      `Recipients that do not exist, asked for by one source within \`window\`: then its connections get 421 4.7.0 until there were fewer. ${noLimit}`,
      0,
    ),
    messages_per_sender: count(
      0,
      `Messages with one reverse-path within \`window\`, from wherever; more get 450 4.7.1. Anybody may use up a forged sender’s. ${noLimit}`,
      0,
    ),
    messages_per_sender_domain: count(0, `The same for the domain of the reverse-path. ${noLimit}`, 0),
    messages_per_recipient: count(
      0,
      `Messages for one recipient within \`window\`; more get 450 4.7.1. postmaster, abuse and security have no limit. ${noLimit}`,
      0,
    ),
    window: duration('1h', 'For those that are not by the minute.'),
  })
  .prefault({});

const tarpit = z
  .strictObject({
    after: count(
      5,
      'Refused commands on one connection from which on replies are late; at `max_errors` or above: never.',
    ),
    step: duration('1s', 'By so much later with each refused command.'),
    max: duration('10s', 'At most so late.'),
  })
  .prefault({});

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
    max_errors: count(
      20,
      'Refused commands on one connection before it is closed with 421 4.7.0; a message that is accepted has those before it forgiven.',
    ),
    rates,
    tarpit,
    early_talkers: z
      .enum(['refuse', 'score'])
      .meta({
        description:
          'Clients that speak before the greeting, or send commands behind EHLO without waiting for its reply: refused with 554 5.5.1, or noted for the rules (CLIENT_SPOKE_EARLY).',
      })
      .prefault('score'),
    greeting_delay: durationOrNone(
      'How long the greeting waits for early talkers; without it only what comes at once is seen. At most 1m.',
    ),
    command_timeout: duration('5m', 'How long to wait for a command (RFC 5321 section 4.5.3.2).'),
    busy_timeout: duration('30s', 'In its stead while four fifths of `max_connections` are taken.'),
    content_minimum: size(
      '4KiB',
      'Content that must come within each `command_timeout`; slower clients get 421 4.4.2.',
    ),
    transaction_deadline: duration(
      '20m',
      'From MAIL to the end of the content, however busily the client sends; also how long commands without mail may go on.',
    ),
    bare_newlines: z
      .enum(['normalise', 'refuse'])
      .meta({
        description:
          'A bare CR or LF in content is made CRLF, or refused with 550 5.6.11. An imitation of the end of DATA is always refused.',
      })
      .prefault('normalise'),
    xclient_from: strings('Addresses and networks that may say by XCLIENT or XFORWARD for whom they speak.', network),
    proxy_protocol_from: strings(
      'Addresses and networks of proxies whose every connection begins with a PROXY header (version 1 or 2); without one it is closed.',
      network,
    ),
  })
  .prefault({});
