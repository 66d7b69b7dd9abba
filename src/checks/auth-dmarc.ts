// DMARC (RFC 9989), on what SPF and DKIM left.

import { domainToUnicode } from 'node:url';
import {
  askForPolicies,
  type Dmarc,
  dmarcOf,
  dmarcPolicies,
  dmarcReasons,
  dmarcResults,
  failedClosed,
} from '../auth/dmarc.ts';
import { lookups, queryShares } from '../auth/lookups.ts';
import { originOf } from '../auth/origin.ts';
import { exceedsLimits, signaturesOf, signaturesToVerify } from '../auth/signed-bytes.ts';
import { domainsOf, type From, fromOf } from '../auth/verification.ts';
import type { AddressDefect } from '../content/addresses.ts';
import type { Mail } from '../content/mail.ts';
import { comparableDomain, domainOf, isAscii } from '../model/address.ts';
import type { Facts } from '../model/evidence.ts';
import { choice, flag, text, type ValueOf } from '../model/shape.ts';
import type { dkimCheck } from './auth-dkim.ts';
import type { spfCheck } from './auth-spf.ts';
import { check, Skipped, type Subject } from './check.ts';

export const dmarcCheck = check({
  name: 'auth.dmarc',
  after: ['auth.spf', 'auth.dkim'],
  timeoutMs: 8000,
  about:
    'Whether SPF or DKIM vouches for the domain in From, and what its owner asks for mail that nobody vouches for.',
  evidence: {
    result: choice(
      dmarcResults,
      'fail also where the author cannot be told: see `reason`. temperror where it hinges on a lookup that failed.',
    ),
    policy: choice(
      dmarcPolicies,
      'What the owner asks for a message that fails, with sp, np and t=y considered; empty where nothing is known.',
    ),
    domain: text("The author's domain; empty where there is not exactly one."),
    policy_domain: text('Where the record stands: the domain or one above it; empty where there is none.'),
    aligned_by: choice(['', 'spf', 'dkim', 'both'], 'What vouches for the domain.'),
    is_test: flag('The owner is testing (t=y): `policy` is one step below what is published.'),
    reason: choice(dmarcReasons, 'Why it failed without a policy being asked, or could not be told.'),
  },
  async observe(subject) {
    const dmarc = await judged(subject);
    // Who sends from a hop of ours is believed as the hop is; a pass by DKIM is still said, and so is an unclear author.
    const isPlainFail = dmarc.result === 'fail' && (dmarc.reason === '' || dmarc.reason === 'origin_unknown');
    if (isPlainFail && originOf(subject).kind === 'inside') return new Skipped('the message began at a trusted hop');
    return {
      result: dmarc.result,
      policy: dmarc.policy,
      domain: dmarc.domain,
      policy_domain: dmarc.policyDomain,
      aligned_by: dmarc.alignedBy,
      is_test: dmarc.isTest,
      reason: dmarc.reason,
    };
  },
});

async function judged(subject: Subject): Promise<Dmarc> {
  const { mail, ask, facts } = subject;
  if (exceedsLimits(mail)) return failedClosed('header_limits');
  const from = await fromOf(mail);
  if (from.fields === 1 && isBareDaemon(mail)) return failedClosed('no_author_domain');
  if (from.fields === 1 && !readersAgree(mail, from)) return failedClosed('readers_disagree');
  const dns = lookups(ask, { ...queryShares.dmarc, elapsedMs: 6000 });
  const domains = new Set(domainsOf(from));
  if (domains.size === 1) for (const domain of domains) askForPolicies(domain, dns);
  const bySpf = spfIdentifiers(subject, from);
  const byDkim = dkimIdentifiers(facts, mail, from);
  return dmarcOf(
    from,
    {
      passed: { spf: bySpf.passed, dkim: byDkim.passed },
      unknown: { spf: bySpf.unknown, dkim: byDkim.unknown },
      unjudged: { spf: bySpf.unjudged },
    },
    dns,
  );
}

/** Of these shapes some readers show the first address, some the last, some what an encoded word hides. */
const ambiguous: ReadonlySet<AddressDefect> = new Set([
  'unclosed quote',
  'several angle brackets',
  'source route',
  'NUL',
  'encoded word in the address',
]);

/**
 * `<MAILER-DAEMON>`, as sendmail and qmail write it in bounces: whatever domain a reader completes it with, it is nobody's
 * address. Of any other name without a domain a next hop may make a mailbox of its own.
 */
function isBareDaemon(mail: Mail): boolean {
  const names = mail.addresses('from').flatMap(({ mailboxes }) => mailboxes.map(({ address }) => address));
  const shown = [...mail.values('from'), ...mail.decoded('from')];
  return names.join().toUpperCase() === 'MAILER-DAEMON' && !shown.some(text => /[@\uff20\ufe6b]/.test(text));
}

/** mailauth and our own reader must see one author: where they differ, so may what is judged and what is shown (THREATS.md 23). */
function readersAgree(mail: Mail, from: From): boolean {
  const lists = mail.addresses('from');
  if (lists.some(({ defects }) => defects.some(defect => ambiguous.has(defect)))) return false;
  if (mail.values('from').some(value => addressBehindAngle.test(value))) return false;
  if (from.addresses.some(isMapped)) return false;
  const ours = distinct(lists.flatMap(list => list.mailboxes.map(mailbox => mailbox.domain)));
  const theirs = distinct(domainsOf(from));
  // Where there is no author for us, a reader may yet make one of what it shows.
  if (theirs.size === 0 && mail.decoded('from').some(shown => shown.includes('@'))) return false;
  if (![...theirs].every(isDomain)) return false;
  return ours.size === theirs.size && [...ours].every(domain => theirs.has(domain));
}

/** `<a@x>b@y`: some readers show the text behind as the address. */
const addressBehindAngle = />[^<>"(),;]*@/;

/** RFC 5890 §2.3.2.1 has no fullwidth letters and the like in a U-label: for some readers the domain is another one. */
function isMapped(address: string): boolean {
  const written = address.slice(address.lastIndexOf('@') + 1).replace(/\.$/, '');
  return !isAscii(written) && domainToUnicode(comparableDomain(written)) !== written.normalize('NFC').toLowerCase();
}

/** Letters of other scripts included; `'user@domain'` in apostrophes is shown without them. */
const isDomain = (name: string): boolean =>
  /^(?:[\w\x80-\uffff-]+(?:\.[\w\x80-\uffff-]+)*|\[[0-9a-f.:ipv]+\])$/.test(name);

const distinct = (domains: readonly string[]): ReadonlySet<string> =>
  new Set(domains.map(domain => domain.replace(/\.$/, '')).filter(domain => domain !== ''));

interface Standing {
  readonly passed: readonly string[];
  /** Could not be checked. */
  readonly unknown: readonly string[];
}

interface SpfStanding extends Standing {
  /** There was no client that SPF could have judged. */
  readonly unjudged: readonly string[];
}

function spfIdentifiers(subject: Subject, from: From): SpfStanding {
  const { facts, envelope } = subject;
  const fact = facts['auth.spf'];
  const none = { passed: [], unknown: [], unjudged: [] };
  const reverseDomain = domainOf(envelope.reversePath);
  // The HELO of an origin that is not known may have been any.
  if (fact?.state === 'skipped')
    return { ...none, unjudged: reverseDomain === null ? domainsOf(from) : [reverseDomain] };
  if (fact?.state !== 'observed') return { ...none, unknown: [reverseDomain ?? originOf(subject).helo.toLowerCase()] };
  const { result, domain } = fact.value as ValueOf<typeof spfCheck.evidence>;
  return { ...none, passed: result === 'pass' ? [domain] : [], unknown: result === 'temperror' ? [domain] : [] };
}

function dkimIdentifiers(facts: Facts, mail: Mail, from: From): Standing {
  const fact = facts['auth.dkim'];
  if (fact?.state !== 'observed') {
    const unverified = signaturesToVerify(signaturesOf(mail), domainsOf(from));
    return { passed: [], unknown: unverified.map(signature => signature.domain) };
  }
  const { signatures } = fact.value as ValueOf<typeof dkimCheck.evidence>;
  const domainsWith = (wanted: string) =>
    signatures.filter(({ result }) => result === wanted).map(({ domain }) => domain);
  return { passed: domainsWith('pass'), unknown: domainsWith('temperror') };
}
