// What is remembered of senders, what may be learnt from it, and how long strangers wait.

import { z } from 'zod';
import { count, duration } from '../fields.ts';
import { parseDuration } from '../units.ts';

const hour = 3_600_000;
/** Greylisting must end while the sender still tries: the first hours are when MTAs try often. */
const longestDelayMs = 4 * hour;

const aSpan = 'expected off, or a duration of at least a day, such as 90d';

const keep = z
  .string(aSpan)
  .meta({
    description:
      'How long it is remembered who sent to whom, which lists, forwarders and networks were seen, and how their mail was judged; `off` remembers nothing. Addresses are kept as digests only.',
    format: 'duration',
  })
  .transform((written, context) => {
    if (written === 'off') return written;
    const ms = parseDuration(written);
    if (ms !== null && ms >= 24 * hour) return ms;
    context.addIssue(aSpan);
    return z.NEVER;
  })
  .prefault('90d');

const aScore = 'expected off, or a score above zero, such as 3';

const fromScore = z
  .union([z.literal('off'), z.number().positive(aScore)], aScore)
  .meta({
    description:
      'Messages with at least this score, and less than is quarantined, are deferred once if nothing vouches for their sender; `off` defers none.',
  })
  .prefault('off');

export const historyKeys = {
  history: z
    .strictObject({
      keep,
      max_entries: count(
        1_000_000,
        'Senders and days at most, some 80 bytes each; beyond it who came once goes first.',
        1000,
      ),
    })
    .prefault({}),
  forwarding: z
    .strictObject({
      learn: z
        .enum(['off', 'suggest', 'trust'])
        .meta({
          description:
            'Lists and forwarders that have proven themselves for weeks: `suggest` names them (`postern history`), `trust` also has mail that fails DMARC through them tagged where it would be quarantined.',
        })
        .prefault('suggest'),
    })
    .prefault({}),
  greylist: z
    .strictObject({
      from_score: fromScore,
      delay: duration('5m', 'A message that comes again after this is taken; at most 4h.').refine(
        ms => ms <= longestDelayMs,
        'expected at most 4h',
      ),
      attempts: count(10, 'The attempt with this number is taken, whatever the time.'),
    })
    .prefault({}),
};
