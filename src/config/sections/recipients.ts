// Who the valid recipients are.

import { z } from 'zod';
import { count, duration, size, strings } from '../fields.ts';
import { ldapUrl, mailboxOrDomain } from '../values.ts';

const ldap = z
  .strictObject({
    url: z
      .array(ldapUrl)
      .min(1)
      .meta({ description: 'Servers, `ldap://host:port` or `ldaps://host:port`; the next is asked where one fails.' }),
    starttls: z
      .boolean()
      .meta({ description: 'TLS by StartTLS on `ldap://`. Where it fails, nothing is asked.' })
      .prefault(false),
    ca: z
      .string()
      .meta({
        description:
          'Certificate authorities in PEM that vouch for the servers, in place of those that come with Node: `file:PATH`.',
      })
      .optional(),
    bind_dn: z
      .string()
      .min(1)
      .meta({ description: 'Whom to bind as: a distinguished name, for Active Directory `user@domain` too.' })
      .optional(),
    bind_password: z
      .string()
      .min(1)
      .meta({ description: 'Its password: `file:PATH`, `env:NAME` or the text itself.', secret: true })
      .optional(),
    base: z.string().meta({ description: 'Below which entry to search: `dc=example,dc=com`.' }),
    filter: z
      .string()
      .meta({ description: 'Which entries mail is taken for (RFC 4515).' })
      .prefault('(|(mail=*)(mailAlternateAddress=*)(proxyAddresses=*))'),
    attributes: z
      .array(z.string())
      .min(1)
      .meta({
        description:
          'Attributes that hold addresses. `smtp:` before one, as in proxyAddresses, is understood; values with another prefix are left out.',
      })
      .prefault(['mail', 'mailAlternateAddress', 'proxyAddresses']),
    page_size: count(500, 'Entries in one answer (RFC 2696); Active Directory gives at most 1000.'),
    timeout: duration('10s', 'For each answer of a server.'),
    refresh: duration('15m', 'How often all addresses are read; after a failure it is tried again within a minute.'),
    ask_unknown: z
      .boolean()
      .meta({
        description:
          'Asks LDAP at once for an address that the last reading did not have, so that a new mailbox works; a no is believed for 5 minutes.',
      })
      .prefault(true),
    max_age: duration(
      '1d',
      'With `ask_unknown` off: when the last good reading is older, addresses that it lacks get 451 in place of 550.',
    ),
    max_shrink: z
      .int()
      .min(0)
      .max(100)
      .meta({
        description:
          'A reading that has fewer addresses than the last, by more than so many percent, is kept back. 100 takes every one.',
      })
      .prefault(50),
    max_addresses: count(1_000_000, 'A reading with more is broken off.'),
    max_size: size('256MiB', 'What a server may send for one reading.'),
    groups: z
      .record(z.string().min(1), z.string())
      .meta({
        description:
          'Profiles by group: the distinguished name of a group to the profile of its direct members. The first group counts; `recipient_profiles` win.',
      })
      .prefault({}),
  })
  .meta({ description: 'The directory, for `recipients: ldap`.' });

export const recipientKeys = {
  recipients: z
    .enum(['next_hop', 'list', 'ldap', 'none'])
    .meta({
      description:
        'Who knows the valid recipients: the next hop itself (asked by RCPT, cached), `recipient_list`, a directory (`ldap`), or nobody (all of our domains are taken).',
    })
    .prefault('next_hop'),
  recipient_list: strings(
    'Valid addresses, or `@domain` for all of a domain; for `recipients: list`.',
    mailboxOrDomain,
  ),
  recipient_delimiter: z
    .string()
    .regex(/^[!#$&'*+/=?^_`{|}~.-]*$/, 'expected characters that may stand in an address, such as +')
    .meta({
      description:
        'Characters that begin a tag: with `+`, jane+lists@ is known where jane@ is, and has its profile. The next hop must deliver it.',
    })
    .prefault(''),
  ldap: ldap.optional(),
};
