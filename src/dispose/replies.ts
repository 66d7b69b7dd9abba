// Every reply to end-of-data that disposal originates. All acceptances say the same, so that a spammer learns nothing.

import type { Id } from '../model/ids.ts';
import { type Reply, reply } from '../model/reply.ts';
import type { RefusalCategory } from './decide.ts';

/** Relayed, quarantined and partly both: the same words. */
export const accepted = (transaction: Id): Reply => reply(250, '2.0.0', `Ok: queued as ${transaction}`);

const refusals: Readonly<Record<RefusalCategory, string>> = {
  malware: 'Refused: the message carries malware',
  policy: 'Refused by policy',
  spam: 'Refused: the message looks like spam',
};

/** `contact` is an address or URL that is not filtered; null when the administrator gave none. */
export function refused(category: RefusalCategory, incident: Id, contact: string | null): Reply {
  const why = `${refusals[category]} (incident ${incident})`;
  if (contact === null) return reply(550, '5.7.1', why);
  return reply(550, '5.7.1', why, `If this is a mistake, tell ${contact} the incident`);
}

/** A check that the policy needs could not run. */
export const deferred = (incident: Id): Reply =>
  reply(451, '4.7.1', `The message could not be checked, try again later (incident ${incident})`);

/** It is taken when it comes again: `greylist`. */
export const greylisted = (incident: Id): Reply =>
  reply(451, '4.7.1', `Greylisted, try again in some minutes (incident ${incident})`);

/** Our own trouble: the quarantine or the disk. */
export const localError: Reply = reply(451, '4.3.0', 'Local error in processing, try again later');

/** The next hop refused recipients that it had not refused before; the retry hears so at RCPT. */
export const recipientsRefused: Reply = reply(451, '4.1.1', 'Some recipients were refused, try again');
