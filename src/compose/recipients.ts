// Who is a valid recipient: answered at RCPT, by the configuration or by asking the next hop.

import type { Config } from '../config/schema.ts';
import type { Clock } from '../model/clock.ts';
import { type RecipientDirectory, recipientDirectory } from '../next-hop/directory.ts';
import type { NextHops } from './next-hops.ts';

const minute = 60_000;
const hour = 60 * minute;

export function directoryOf(config: Config, nextHops: NextHops, clock: Clock): RecipientDirectory {
  return recipientDirectory(
    {
      mode: config.recipients,
      domains: Object.keys(config.domains),
      acceptAnyDomain: config.accept_any_domain === true,
      list: config.recipient_list,
      validMs: hour,
      invalidMs: 5 * minute,
      failedMs: 5000,
      // Longer than a client's first pauses before it tries again.
      refusedMs: 4 * hour,
      deferredMs: 15 * minute,
      maxEntries: 100_000,
      maxQuestions: 1000,
    },
    { clock, verify: recipient => nextHops.routeOf(recipient).verify(recipient) },
  );
}
