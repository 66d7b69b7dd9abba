// What was seen before of who sends this: keys that the evidence of this message proves, and what history has under them.
// What nobody vouches for makes no key: whoever writes a name of others into a message learns and teaches nothing of them.

import { createHash } from 'node:crypto';
import { isIPv4 } from 'node:net';
import { originOf } from '../auth/origin.ts';
import { shareDomain } from '../auth/signed-bytes.ts';
import { registrableDomain } from '../content/urls.ts';
import { domainOf, isRoleAddress } from '../model/address.ts';
import type { Sighting } from '../model/ask.ts';
import type { EpochMs } from '../model/clock.ts';
import type { Facts } from '../model/evidence.ts';
import { TemporaryFailure } from '../model/failure.ts';
import {
  type HistoryKey,
  type HistoryKind,
  historyKinds,
  isLearnable,
  isLearnt,
  kindOf,
  nameIn,
} from '../model/history.ts';
import { groupsOf } from '../model/networks.ts';
import { choice, count, records, text, texts } from '../model/shape.ts';
import type { arcCheck } from './auth-arc.ts';
import type { dkimCheck } from './auth-dkim.ts';
import type { dmarcCheck } from './auth-dmarc.ts';
import type { spfCheck } from './auth-spf.ts';
import { check, Skipped, type Subject } from './check.ts';
import { isAuthorVouchedFor, observed } from './earlier.ts';
import type { fromCheck } from './from.ts';
import type { messageCheck } from './message.ts';

/** Beyond these nobody is looked up: who writes to so many at once is no correspondent of theirs. */
const maxRecipients = 20;
const maxDomains = 5;

export const historyCheck = check({
  name: 'history',
  after: ['from', 'message', 'auth.spf', 'auth.dkim', 'auth.dmarc', 'auth.arc'],
  timeoutMs: 1000,
  about: 'What was seen before under keys that authentication proves. Skipped where no history is kept.',
  evidence: {
    seen: records(
      {
        kind: choice(historyKinds, 'What the figures are of. A kind that this message proves no key of is left out.'),
        days: count('Days on which it was seen; 0 for never.'),
        good: count('Messages that were delivered, released ones included.'),
        bad: count('Messages that were tagged, quarantined or refused.'),
        first_days_ago: count('Days since it was first seen, as far as history is kept.'),
        last_days_ago: count('Days since it was last seen.'),
      },
      'For each kind; of several recipients, what is known to the one who knows least.',
    ),
    sender: text('The address that authentication proves: of From, else the reverse-path; empty where there is none.'),
    list: text('The list that proves to have sent it on: its List-Id and the domain that signed. Empty without.'),
    forwarder: text('The forwarder that proves itself: `arc` or `spf` and its domain. Empty without.'),
    learnt: texts('Of `list` and `forwarder`, which sent on enough days enough good messages and no bad one.'),
    keys: texts('What this message is remembered under: a kind and a digest, for lists and forwarders their names.'),
  },
  async observe(subject) {
    const keys = keysOf(subject);
    const answer = await subject.ask.history(keys);
    if (answer.status === 'absent') return new Skipped('no history is kept');
    if (answer.status === 'failed') throw new TemporaryFailure(answer.reason);
    const found = keys.map((key, i) => ({ key, sighting: answer.sightings[i] ?? null }));
    const named = (kind: HistoryKind) => keys.filter(key => kindOf(key) === kind).map(nameIn)[0] ?? '';
    return {
      seen: historyKinds.flatMap(kind => seenOf(kind, found, subject.receivedAt)),
      sender: provenAddress(subject) ?? '',
      list: named('list'),
      forwarder: named('forwarder'),
      learnt: found
        .filter(({ key, sighting }) => isLearnable(kindOf(key)) && sighting !== null && isLearnt(sighting))
        .map(({ key }) => kindOf(key)),
      keys,
    };
  },
});

interface Found {
  readonly key: HistoryKey;
  readonly sighting: Sighting | null;
}

/** Nothing at all, or one record: the fewest days and good messages, the most bad ones. */
function seenOf(kind: HistoryKind, found: readonly Found[], now: EpochMs) {
  const ofKind = found.filter(({ key }) => kindOf(key) === kind).map(({ sighting }) => sighting ?? never(now));
  if (ofKind.length === 0) return [];
  const figures = (name: 'days' | 'good' | 'bad' | 'firstAt' | 'lastAt') => ofKind.map(sighting => sighting[name]);
  return [
    {
      kind,
      days: Math.min(...figures('days')),
      good: Math.min(...figures('good')),
      bad: Math.max(...figures('bad')),
      first_days_ago: daysBetween(Math.max(...figures('firstAt')), now),
      last_days_ago: daysBetween(Math.min(...figures('lastAt')), now),
    },
  ];
}

const never = (now: EpochMs): Sighting => ({ firstAt: now, lastAt: now, days: 0, good: 0, bad: 0 });

/** None where the clock was put back. */
const daysBetween = (from: EpochMs, to: EpochMs): number => Math.max(0, Math.floor((to - from) / 86_400_000));

/** What this message is remembered under; the same evidence gives the same keys. */
function keysOf(subject: Subject): readonly HistoryKey[] {
  return [
    ...senderKeys(subject),
    ...correspondentKeys(subject),
    ...listKeys(subject.facts),
    ...forwarderKeys(subject),
    ...clientKeys(subject),
    ...signatureKeys(subject.facts),
  ];
}

/** The ledger beside it has the addresses; in the history nobody's need to stand, and a digest takes less room. */
function digested(kind: HistoryKind, ...parts: readonly string[]): HistoryKey {
  const digest = createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
  return `${kind}:${digest.slice(0, 22)}`;
}

function senderKeys(subject: Subject): readonly HistoryKey[] {
  const address = provenAddress(subject);
  if (address === null) return [];
  const domains = new Set(people(subject).map(path => domainOf(path) ?? ''));
  return domains.size > maxDomains ? [] : [...domains].map(domain => digested('sender', address, domain));
}

function correspondentKeys(subject: Subject): readonly HistoryKey[] {
  const author = provenAuthor(subject.facts);
  const recipients = people(subject);
  if (author === null || recipients.length > maxRecipients) return [];
  // One key for both directions: who was written to may answer.
  return recipients.map(path => digested('correspondents', ...[author, path.toLowerCase()].sort()));
}

/** Role addresses hear from everybody: they neither teach nor are taught. */
const people = ({ envelope }: Subject): readonly string[] =>
  envelope.recipients.map(recipient => recipient.path).filter(path => !isRoleAddress(path));

function provenAddress({ facts, envelope }: Subject): string | null {
  const author = provenAuthor(facts);
  if (author !== null) return author;
  const spf = observed<typeof spfCheck>(facts, 'auth.spf');
  const isProven = spf?.result === 'pass' && spf.identity === 'mailfrom';
  return isProven ? envelope.reversePath.toLowerCase() : null;
}

/** The address in From where DMARC passes, or, without a policy to ask, SPF or DKIM for the same organisation. */
function provenAuthor(facts: Facts): string | null {
  const from = observed<typeof fromCheck>(facts, 'from');
  if (from === null || from.addresses !== 1 || !from.is_parsable) return null;
  return isAuthorVouchedFor(facts) ? from.address : null;
}

/** A list signs for the domain of its List-Id, and sends on what others wrote: of a newsletter there is nothing to lift. */
function listKeys(facts: Facts): readonly HistoryKey[] {
  const listId = observed<typeof messageCheck>(facts, 'message')?.list_id ?? '';
  const author = observed<typeof fromCheck>(facts, 'from')?.domain ?? '';
  const signers = observed<typeof dkimCheck>(facts, 'auth.dkim')?.domains ?? [];
  const signer = signers.find(domain => shareDomain(domain, listId) && !shareDomain(domain, author));
  return signer === undefined || listId.length > 255 ? [] : [`list:${listId} ${signer}`];
}

function forwarderKeys(subject: Subject): readonly HistoryKey[] {
  const forwarder = sealingForwarder(subject.facts) ?? rewritingForwarder(subject);
  return forwarder === null ? [] : [`forwarder:${forwarder}`];
}

/** Its seal holds, and says that DMARC passed for this author when the message came to it (RFC 8617 §7.2). */
function sealingForwarder(facts: Facts): string | null {
  const arc = observed<typeof arcCheck>(facts, 'auth.arc');
  const author = observed<typeof dmarcCheck>(facts, 'auth.dmarc')?.domain ?? '';
  const vouches = arc?.result === 'pass' && arc.said_dmarc === 'pass' && author !== '' && arc.said_from === author;
  return vouches && arc.sealer !== '' && !shareDomain(arc.sealer, author) ? `arc ${arc.sealer}` : null;
}

/** By the sender rewriting scheme: SPF passes for the forwarder, whose reverse-path names the original one. */
function rewritingForwarder({ facts, envelope }: Subject): string | null {
  const spf = observed<typeof spfCheck>(facts, 'auth.spf');
  const author = observed<typeof fromCheck>(facts, 'from')?.domain ?? '';
  const isRewritten = /^SRS[01][-+=]/i.test(envelope.reversePath);
  if (spf?.result !== 'pass' || spf.identity !== 'mailfrom' || !isRewritten) return null;
  return author === '' || shareDomain(spf.domain, author) ? null : `spf ${spf.domain}`;
}

/** The network, since pools of senders share one, with the organisation that HELO names: either alone is a coincidence. */
function clientKeys(subject: Subject): readonly HistoryKey[] {
  const { isKnown, address, helo } = originOf(subject);
  return isKnown ? [digested('client', networkOf(address), registrableDomain(helo.toLowerCase()))] : [];
}

/** A /24, or the /64 that one customer is given. */
function networkOf(address: string): string {
  if (isIPv4(address)) return address.slice(0, address.lastIndexOf('.'));
  return groupsOf(address).slice(0, 4).join(':');
}

/** Of the author's domain before others: what a replay makes use of (THREATS.md 25). */
function signatureKeys(facts: Facts): readonly HistoryKey[] {
  const signatures = observed<typeof dkimCheck>(facts, 'auth.dkim')?.signatures ?? [];
  const passing = signatures.filter(({ result }) => result === 'pass');
  const signature = passing.find(({ aligned }) => aligned) ?? passing[0];
  return signature === undefined ? [] : [digested('signature', signature.domain, signature.id)];
}
