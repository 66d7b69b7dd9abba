// The one schema: types, validation, defaults, the reference page and the example file all come from it.

import { hostname } from 'node:os';
import { z } from 'zod';
import { count, duration, percentage, size, strings } from './fields.ts';
import { accessKeys } from './sections/access.ts';
import { alterationKeys } from './sections/alterations.ts';
import { authenticationKeys, trustedSealers } from './sections/authentication.ts';
import { historyKeys } from './sections/history.ts';
import { ledgerKeys } from './sections/ledger.ts';
import { nextHop, nextHopKeys } from './sections/next-hops.ts';
import { recipientKeys } from './sections/recipients.ts';
import { reputationKeys } from './sections/reputation.ts';
import { reviewKeys } from './sections/review.ts';
import { arcSeal, dkim } from './sections/signing.ts';
import { smtp } from './sections/smtp.ts';
import { trialKeys } from './sections/trial.ts';
import { clamdAddress, dnsServer, domainName, endpoint, mailbox, replyWords } from './values.ts';

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
  ...nextHopKeys,
  ...recipientKeys,
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
  ...trialKeys,
  checks: z
    .enum(['all', 'none'])
    .meta({ description: '`none` relays without inspecting, and loads no rules: for measuring, and for an emergency.' })
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
  ...authenticationKeys,
  ...alterationKeys,
  dkim,
  arc: z.strictObject({ trusted_sealers: trustedSealers, seal: arcSeal.optional() }).prefault({}),
  ...historyKeys,
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
  ...reputationKeys,
  ...accessKeys,
  clamd: clamd.optional(),
  rules: z
    .strictObject({
      folders: strings('Folders of rule files and profiles of your own, loaded after the shipped ones.'),
      spamassassin: strings(
        'SpamAssassin’s rules to load beside ours: `.cf` files, and folders whose `.pre` and `.cf` files are read in the order of their names. `postern rules import` says of each rule how true it is.',
      ),
      apply_limit: percentage(
        '1%',
        '`postern config apply` is refused without `--force` where more of the replayed mail would move to another action, or cannot be told.',
      ),
    })
    .prefault({}),
  workers: z
    .strictObject({
      count: count(
        2,
        'Threads that read messages; at most the number of cores helps. Of two or more, one at a time holds no message of 256 KiB or more.',
      ),
      heap: size('256MiB', 'Heap of each; a message that exceeds it alone is unscannable.', leastHeapBytes),
    })
    .prefault({}),
  quarantine: z.strictObject({ keep: duration('30d', 'Entries older than this are deleted.') }).prefault({}),
  ...ledgerKeys,
  ...reviewKeys,
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
