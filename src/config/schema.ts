// The one schema: types, validation, defaults, the reference page and the example file all come from it.

import { hostname } from 'node:os';
import { z } from 'zod';
import { parseDuration, parseSize, showSize } from './units.ts';
import {
  clamdAddress,
  dnsServer,
  domainName,
  endpoint,
  mailbox,
  mailboxOrDomain,
  network,
  replyWords,
} from './values.ts';

const aDuration = 'expected a duration above zero, such as 500ms, 45s, 5m, 1h, 30d';
const aSize = 'expected a size above zero, such as 512KiB, 50MiB, 10GiB';

/** A duration such as `45s`; milliseconds once parsed. No duration of ours has a use for zero. */
const duration = (preset: string, about: string) =>
  z
    .string(aDuration)
    .meta({ description: about, format: 'duration' })
    .transform((text, context) => parseDuration(text) || fail(context, aDuration))
    .prefault(preset);

/** A size such as `50MiB`; bytes once parsed. */
const size = (preset: string, about: string, leastBytes = 1) =>
  z
    .string(aSize)
    .meta({ description: about, format: 'size' })
    .transform((text, context) => parseSize(text) || fail(context, aSize))
    .refine(bytes => bytes >= leastBytes, `expected at least ${showSize(leastBytes)}`)
    .prefault(preset);

const count = (preset: number, about: string, least = 1) =>
  z.int().min(least).meta({ description: about }).prefault(preset);

const strings = (about: string, each: z.ZodString = z.string()) =>
  z.array(each).meta({ description: about }).prefault([]);

function fail(context: { addIssue(message: string): void }, message: string): never {
  context.addIssue(message);
  return z.NEVER;
}

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

const smtp = z
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

const nextHop = z.string().meta({
  description:
    'Where mail goes: `smtp://host:port`, `smtps://host:port`, `lmtp://host:port`, `lmtp:///socket` or `maildir:DIR`.',
});

const domain = z.strictObject(
  {
    profile: z.string().meta({ description: 'The profile of this domain’s recipients.' }).optional(),
    next_hop: nextHop.optional(),
    mode: z.enum(['enforce', 'observe']).meta({ description: 'Overrides `mode` for this domain.' }).optional(),
  },
  { error: issue => (issue.input === null ? 'expected settings, or {} for none' : undefined) },
);

/** Below this a worker has no room for its own code. */
const leastHeapBytes = 64 * 1024 ** 2;

const clamd = z
  .strictObject({
    address: clamdAddress.meta({ description: '`tcp://host:port` or `unix:/path/of/socket`.' }),
    timeout: duration('20s', 'For one scan; then the scan has failed, which is never clean.'),
    connections: count(10, 'Scans at the same time; keep it at or below clamd’s MaxThreads.'),
  })
  .meta({ description: 'ClamAV’s daemon. Without this key antivirus is skipped, which is said once at start.' });

export const schema = z.strictObject({
  hostname: z
    .string()
    .regex(/^[A-Za-z0-9.-]+$/, 'expected a host name')
    .meta({
      description: 'Our name in the banner, in HELO, in Received, and the authserv-id of Authentication-Results.',
      shownDefault: 'the name of the machine',
    })
    .prefault(() => hostname()),
  mode: z
    .enum(['enforce', 'observe'])
    .meta({ description: '`observe` judges, records and adds fields, and never quarantines or refuses.' })
    .prefault('enforce'),
  smtp,
  next_hop: nextHop.prefault('maildir:./var/maildir'),
  next_hop_tls: z
    .enum(['none', 'opportunistic', 'required', 'verified'])
    .meta({ description: 'STARTTLS towards the next hop; `verified` also checks the certificate and its name.' })
    .prefault('opportunistic'),
  next_hop_connections: count(20, 'Connections to one next hop at the same time.'),
  recipients: z
    .enum(['next_hop', 'list', 'none'])
    .meta({
      description:
        'Who knows the valid recipients: the next hop itself (asked by RCPT, cached), `recipient_list`, or nobody (all of our domains are taken).',
    })
    .prefault('next_hop'),
  recipient_list: strings(
    'Valid addresses, or `@domain` for all of a domain; for `recipients: list`.',
    mailboxOrDomain,
  ),
  domains: z.record(domainName, domain).meta({ description: 'Domains that we accept mail for.' }).prefault({}),
  accept_any_domain: z
    .boolean()
    .meta({
      description:
        'Takes mail for every domain. True when no `domains` are given; then all listeners must be on loopback.',
    })
    .optional(),
  profile: z.string().meta({ description: 'The profile of recipients that no other key maps.' }).prefault('default'),
  recipient_profiles: z
    .record(mailbox, z.string())
    .meta({ description: 'Profiles of single addresses; they win over the domain’s.' })
    .prefault({}),
  checks: z
    .enum(['all', 'none'])
    .meta({ description: '`none` relays without inspecting: for measuring, and for an emergency.' })
    .prefault('all'),
  verdict_deadline: duration('25s', 'From end of data to the verdict; delivery follows.'),
  on_failure: z
    .strictObject({
      defer_for: duration('30m', 'After this the deferral ends.'),
      attempts: count(3, 'The attempt with this number is not deferred any more: 3 defers twice, 1 never.'),
      // biome-ignore lint/suspicious/noThenProperty: the word that DESIGN.md section 5 gives to administrators
      then: z
        .enum(['quarantine', 'continue'])
        .meta({ description: 'What follows: quarantine, or go on without the check.' })
        .prefault('quarantine'),
    })
    .meta({ description: 'When a check that the policy needs could not run: 451 4.7.1 for a while, then this.' })
    .prefault({}),
  dmarc: z
    .strictObject({ enforce: strings('From domains whose p=reject is refused without other evidence; `*` for all.') })
    .prefault({}),
  contact: replyWords.meta({ description: 'An unfiltered address or URL, shown in refusals.' }).optional(),
  api: z
    .strictObject({
      listen: endpoint.meta({ description: 'Where REST, health and metrics listen.' }).prefault('127.0.0.1:8025'),
      bootstrap_token: z
        .string()
        .meta({
          description: 'A token with the scope admin: `env:NAME`, `file:PATH` or the text itself.',
          secret: true,
        })
        .optional(),
    })
    .prefault({}),
  data_dir: z
    .string()
    .min(1, 'expected a directory')
    .meta({ description: 'Quarantine, ledger, spool and API tokens.' })
    .prefault('./var'),
  dns: z
    .strictObject({
      servers: strings('Resolvers, `address` or `address:port`; the system’s when empty.', dnsServer),
      timeout: duration('5s', 'For one query, all tries together.'),
      max_queries: count(60, 'Queries for one message.'),
    })
    .prefault({}),
  clamd: clamd.optional(),
  trusted_networks: strings(
    'Clients of ours, such as a backup MX, as addresses or networks: rules about the client are not held against them. SPF still judges the address that is connected.',
    network,
  ),
  rules: z
    .strictObject({
      folders: strings('Folders of rule files and profiles of your own, loaded after the shipped ones.'),
    })
    .prefault({}),
  workers: z
    .strictObject({
      count: count(2, 'Threads that read messages; at most the number of cores helps.'),
      heap: size('256MiB', 'Heap of each; a message that exceeds it alone is unscannable.', leastHeapBytes),
    })
    .prefault({}),
  quarantine: z.strictObject({ keep: duration('30d', 'Entries older than this are deleted.') }).prefault({}),
  ledger: z
    .strictObject({
      keep: duration('30d', 'Day files older than this are deleted.'),
      max_size: size('10GiB', 'Beyond this the oldest day files are deleted.'),
    })
    .prefault({}),
  log: z
    .strictObject({
      level: z
        .enum(['debug', 'info', 'warn', 'error'])
        .meta({ description: 'The least severe lines that are written.' })
        .prefault('info'),
      addresses: z
        .enum(['masked', 'full'])
        .meta({
          description:
            'Envelope addresses in the log: `j***@example.com`, or as they are. The ledger has them in full.',
        })
        .prefault('masked'),
    })
    .prefault({}),
});

/** The configuration in force: every key present, durations in milliseconds, sizes in bytes, secrets resolved. */
export type Config = z.output<typeof schema>;
