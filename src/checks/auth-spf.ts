// SPF (RFC 7208) for the MAIL and the HELO identity.

import type { spf } from 'mailauth/lib/spf/index.js';
import { mailauth } from '../auth/lazy-mailauth.ts';
import { type Lookups, lookups, type QueryShare, queryShares } from '../auth/lookups.ts';
import { type Origin, originOf } from '../auth/origin.ts';
import { shareDomain } from '../auth/signed-bytes.ts';
import { domainsOf, fromOf } from '../auth/verification.ts';
import { domainOf } from '../model/address.ts';
import { choice, count, flag, text } from '../model/shape.ts';
import { check, Skipped, type Subject } from './check.ts';

const results = ['none', 'neutral', 'pass', 'fail', 'softfail', 'temperror', 'permerror'] as const;

/** RFC 7208 §4.6.4: 10 terms that need the DNS, 2 void lookups; at least 20 s are recommended, more than a waiting client is worth. */
const limits = { maxResolveCount: 10, maxVoidCount: 2, maxElapsedTime: 10_000 };

export const spfCheck = check({
  name: 'auth.spf',
  after: [],
  timeoutMs: 12_000,
  about:
    'Whether the origin (the client, or who handed over to a trusted hop) may send for the domain of the reverse-path (for `<>`: of HELO), by SPF.',
  evidence: {
    result: choice(results, 'For the reverse-path; for `<>`, for HELO.'),
    domain: text('The domain whose record was asked for.'),
    identity: choice(['mailfrom', 'helo'], 'Which identity `result` is about.'),
    helo_result: choice(results, 'For the name given in HELO.'),
    aligned: flag(
      'It passed for a domain that shares its registrable domain with From; what counts for DMARC is `auth.dmarc.aligned_by`.',
    ),
    lookups: count('Terms that needed the DNS (at most 10 are allowed).'),
    void_lookups: count('Lookups that found nothing (at most 2 are allowed).'),
    explanation: text('What the owner of the domain says to a fail: a text of third parties.'),
    problem: text('What went wrong, for temperror and permerror.'),
  },
  async observe(subject) {
    const { envelope, ask } = subject;
    const origin = originOf(subject);
    // To judge our own hop by the record of others would be wrong either way.
    if (!origin.isKnown) return new Skipped(unjudged[origin.kind === 'inside' ? 'inside' : 'unknown']);
    const isHelo = domainOf(envelope.reversePath) === null;
    const dns = (share: QueryShare): Lookups => lookups(ask, { ...share, elapsedMs: limits.maxElapsedTime });
    const helo = evaluated(subject, origin, '', dns(isHelo ? queryShares.spf : queryShares.spfHelo));
    const mailFrom = isHelo ? helo : evaluated(subject, origin, envelope.reversePath, dns(queryShares.spf));
    const [judged, heloJudged] = await Promise.all([mailFrom, helo]);
    const result = resultOf(judged);
    return {
      result,
      // mailauth writes `-` where there is none.
      domain: judged.domain === '-' ? '' : judged.domain,
      identity: isHelo ? 'helo' : 'mailfrom',
      helo_result: resultOf(heloJudged),
      aligned: result === 'pass' && (await sharesDomainWithFrom(subject, judged.domain)),
      lookups: judged.lookups?.count ?? 0,
      void_lookups: judged.lookups?.void ?? 0,
      explanation: judged.explanation ?? '',
      problem: result === 'temperror' || result === 'permerror' ? problemOf(judged.status.comment ?? '') : '',
    };
  },
});

const unjudged = {
  inside: 'the message began at a trusted hop',
  unknown: 'a trusted hop does not say from whom it took the message',
} as const;

type Judged = Awaited<ReturnType<typeof spf>>;

async function evaluated({ site }: Subject, origin: Origin, sender: string, dns: Lookups): Promise<Judged> {
  const { spf } = await mailauth();
  return spf({
    ip: origin.address,
    helo: origin.helo,
    sender,
    mta: site.hostname,
    strict: true,
    resolver: dns.resolve,
    ...limits,
  });
}

const resultOf = ({ status }: Judged): (typeof results)[number] =>
  results.find(result => result === status.result) ?? 'permerror';

/** The comment is `host: what happened during lookup of address: problem`; only the problem is news. */
const problemOf = (comment: string): string => comment.slice(comment.indexOf(' lookup of ') + 1);

async function sharesDomainWithFrom({ mail }: Subject, domain: string): Promise<boolean> {
  // A header over its limits has no author that anything could align with.
  const from = await fromOf(mail).catch(() => ({ addresses: [], fields: 0 }));
  return domainsOf(from).some(author => shareDomain(author, domain));
}
