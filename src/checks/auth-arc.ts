// The ARC chain (RFC 8617): what earlier hops say they saw. Whether a sealer is believed is policy.

import type { ARCChainEntry, ARCData } from 'mailauth';
import { mailauth } from '../auth/lazy-mailauth.ts';
import { lookups, queryShares } from '../auth/lookups.ts';
import { fieldsNamed } from '../auth/signed-bytes.ts';
import { type Verification, verificationOf } from '../auth/verification.ts';
import { TemporaryFailure } from '../model/failure.ts';
import { choice, count, records, text, texts } from '../model/shape.ts';
import { check } from './check.ts';

export const arcCheck = check({
  name: 'auth.arc',
  after: ['auth.dkim'],
  timeoutMs: 8000,
  about:
    'Whether the chain of ARC seals holds, who sealed it, and what the newest sealer says of the message that it got.',
  evidence: {
    result: choice(['none', 'pass', 'fail'], 'Of the chain.'),
    count: count('Seals in the message.'),
    sealer: text('d= of the newest seal, where the chain holds.'),
    sealers: texts('d= of all seals from the oldest on, where the chain holds.'),
    said_dmarc: text('What the newest sealer recorded: the result of DMARC.'),
    said_from: text('For which domain in From.'),
    said_spf: text('The result of SPF.'),
    said_dkim: texts('The results of DKIM.'),
    seals: records(
      {
        sealer: text('d='),
        said_dmarc: text('The result of DMARC that it recorded.'),
        said_from: text('For which domain in From.'),
      },
      'What each sealer recorded, from the oldest on, where the chain holds.',
    ),
    comment: text('Why the chain does not hold.'),
  },
  async observe(subject) {
    const verification = await verificationOf(subject);
    const dns = lookups(subject.ask, { ...queryShares.arc, elapsedMs: 6000 });
    const count = fieldsNamed(subject.mail, 'arc-seal').length;
    const judged = await verifiedChain(verification, dns.resolve);
    const result = judged?.status.result ?? 'none';
    // Sets that make no chain do not hold, whatever their keys are.
    const isMisshapen = verification.arc?.error !== undefined;
    // mailauth calls a chain failed whose keys could not be fetched; we do not know.
    if (result === 'fail' && !isMisshapen && dns.failures + verification.lookups.failures > 0)
      throw new TemporaryFailure('the DNS failed');
    const isValid = result === 'pass';
    const newest = said(isValid ? judged?.authenticationResults : undefined);
    const seals = isValid ? sealsOf(judged?.chain ?? [], newest) : [];
    return {
      result: isValid ? ('pass' as const) : result === 'none' && count === 0 ? ('none' as const) : ('fail' as const),
      count,
      sealer: seals.at(-1)?.sealer ?? '',
      sealers: seals.map(({ sealer }) => sealer),
      ...newest,
      seals,
      comment: isValid ? '' : (judged?.status.comment ?? ''),
    };
  },
});

type Resolve = ReturnType<typeof lookups>['resolve'];

async function verifiedChain({ arc: data }: Verification, resolver: Resolve) {
  if (data === undefined) return null;
  // The declared type of what the verifier hands over lacks what the chain's verifier declares to take.
  const { arc } = await mailauth();
  return arc(data as ARCData, { strict: true, resolver });
}

/** What the newest ARC-Authentication-Results records. Its parser makes objects of crafted properties: only texts count. */
function said(recorded: Record<string, unknown> | undefined) {
  const dkim = recorded?.dkim;
  return {
    said_dmarc: plainText(at(recorded, 'dmarc', 'result')),
    said_from: plainText(at(recorded, 'dmarc', 'header', 'from')),
    said_spf: plainText(at(recorded, 'spf', 'result')),
    said_dkim: Array.isArray(dkim) ? dkim.map(entry => plainText(at(entry, 'result'))) : [],
  };
}

/** What each set of the chain says; the newest one's results were taken out of it when they were read. */
function sealsOf(chain: readonly ARCChainEntry[], newest: ReturnType<typeof said>) {
  return chain.map(({ 'arc-seal': seal, 'arc-authentication-results': results }, index) => ({
    sealer: plainText(seal?.parsed?.d?.value),
    ...(index === chain.length - 1
      ? { said_dmarc: newest.said_dmarc, said_from: newest.said_from }
      : {
          said_dmarc: plainText(at(results?.parsed, 'dmarc', 'value')),
          said_from: plainText(at(results?.parsed, 'dmarc', 'header', 'from')),
        }),
  }));
}

function at(value: unknown, ...path: readonly string[]): unknown {
  let inner = value;
  for (const name of path) {
    if (typeof inner !== 'object' || inner === null || !Object.hasOwn(inner, name)) return undefined;
    inner = (inner as Record<string, unknown>)[name];
  }
  return inner;
}

const plainText = (value: unknown): string => (typeof value === 'string' ? value.toLowerCase() : '');
