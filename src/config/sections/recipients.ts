// Who the valid recipients are.

import { z } from 'zod';
import { strings } from '../fields.ts';
import { mailboxOrDomain } from '../values.ts';

export const recipientKeys = {
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
};
