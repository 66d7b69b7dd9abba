// Entries by which the administrator lets in or keeps out who sends this. Who only claims to be somebody is not let in for it.

import { originOf } from '../auth/origin.ts';
import { type AccessRecord, accessFor, accessKinds, accessSubjects } from '../model/access.ts';
import { comparableDomain, domainOf } from '../model/address.ts';
import type { AccessMatch, AccessTraits } from '../model/ask.ts';
import type { Facts } from '../model/evidence.ts';
import { TemporaryFailure } from '../model/failure.ts';
import { choice, count, flag, records, text, texts } from '../model/shape.ts';
import type { dkimCheck } from './auth-dkim.ts';
import type { dmarcCheck } from './auth-dmarc.ts';
import type { spfCheck } from './auth-spf.ts';
import { check, Skipped, type Subject } from './check.ts';
import { isAuthorVouchedFor, observed } from './earlier.ts';
import type { fromCheck } from './from.ts';

/** Of From: no honest message has as many authors, and each costs look-ups on the main thread. */
const maxAuthors = 20;
/** Of JSON: entries for single recipients may be many, and the facts of a message have little room. */
const maxBytes = 8 * 1024;

export const accessCheck = check({
  name: 'access',
  after: ['from', 'auth.spf', 'auth.dkim', 'auth.dmarc'],
  timeoutMs: 1000,
  about:
    'Allow and block entries that name this message (docs/access.md). A condition sees those that are for the recipients whom the verdict is for.',
  evidence: {
    allowed: texts('Entries that allow it, each with what it names and where it was set.'),
    blocked: texts('Entries that block it.'),
    unauthenticated: texts('Entries that would allow it if anything proved that it is whose it says.'),
    entries: records(
      {
        kind: choice(accessKinds, 'For or against.'),
        subject: choice(accessSubjects, 'What of the message it names.'),
        value: text('What it names, as it was set.'),
        recipients: text('Whom it is for: an address, `@domain`, or empty for all.'),
        is_authenticated: flag('It blocks, or what it names is proven.'),
        set_by: text('File and line, or the day and the token that added it.'),
      },
      'All of them, for whichever recipients.',
    ),
    left_out: count('Entries that there was no room for: those for single recipients go last.'),
  },
  async observe(subject) {
    const author = provenAuthor(subject.facts);
    const answer = await subject.ask.access(traitsOf(subject, author));
    if (answer.status === 'absent') return new Skipped('entries are not asked');
    if (answer.status === 'failed') throw new TemporaryFailure(answer.reason);
    const found = answer.matches.map(match => recordOf(match, subject, author));
    const { entries, leftOut } = fitting(tellingFirst(found));
    return { ...accessFor(entries, []), entries, left_out: leftOut };
  },
});

function traitsOf(subject: Subject, alignedDomain: string): AccessTraits {
  const { envelope, facts, mail } = subject;
  const mailboxes = mail.addresses('from').flatMap(list => list.mailboxes);
  return {
    clientAddress: originOf(subject).address,
    reversePath: isShort(envelope.reversePath) ? envelope.reversePath : '',
    headerFrom: mailboxes
      .map(({ address }) => address.toLowerCase())
      .filter(isShort)
      .slice(0, maxAuthors),
    alignedDomain,
    signers: (observed<typeof dkimCheck>(facts, 'auth.dkim')?.domains ?? []).filter(isShort),
    recipients: envelope.recipients.map(({ path }) => path),
  };
}

/** No address and no domain is longer (RFC 5321 §4.5.3.1), and so nothing that an entry names. */
const isShort = (name: string): boolean => name.length <= 320;

/**
 * The one domain in From where SPF or DKIM vouches for it: by DMARC, or where its owner has published nothing that DMARC
 * could ask, by the same alignment. `''` without.
 */
function provenAuthor(facts: Facts): string {
  const dmarc = observed<typeof dmarcCheck>(facts, 'auth.dmarc');
  if (dmarc === null || domainsInFrom(facts) !== 1) return '';
  return isAuthorVouchedFor(facts) ? comparableDomain(dmarc.domain) : '';
}

const domainsInFrom = (facts: Facts): number => observed<typeof fromCheck>(facts, 'from')?.domains.length ?? 0;

function recordOf(match: AccessMatch, subject: Subject, author: string): AccessRecord {
  const { kind, subject: named, value, scope, setBy } = match;
  const is_authenticated = kind === 'block' || isProven(match, subject, author);
  return { kind, subject: named, value, recipients: scope, is_authenticated, set_by: setBy };
}

function isProven({ subject: named }: AccessMatch, { envelope, facts }: Subject, author: string): boolean {
  switch (named) {
    case 'aligned_domain':
    case 'dkim_signer':
    case 'network':
      return true;
    case 'header_from':
      return author !== '';
    case 'envelope_from': {
      const spf = observed<typeof spfCheck>(facts, 'auth.spf');
      const isPassed = spf?.result === 'pass' && spf.identity === 'mailfrom';
      return isPassed || (author !== '' && domainOf(envelope.reversePath) === author);
    }
  }
}

/** Entries for all before those for some, blocks before what allows: where there is too little room, the last go. */
function tellingFirst(found: readonly AccessRecord[]): readonly AccessRecord[] {
  const rank = ({ kind, recipients }: AccessRecord) => (recipients === '' ? 0 : 2) + (kind === 'block' ? 0 : 1);
  return found.toSorted((a, b) => rank(a) - rank(b));
}

function fitting(found: readonly AccessRecord[]) {
  const entries: AccessRecord[] = [];
  let bytes = 0;
  for (const entry of found) {
    bytes += Buffer.byteLength(JSON.stringify(entry));
    if (bytes > maxBytes) break;
    entries.push(entry);
  }
  return { entries, leftOut: found.length - entries.length };
}
