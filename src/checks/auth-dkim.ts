// DKIM signatures (RFC 6376, RFC 8301, RFC 8463).

import { maxSignatures, shareDomain } from '../auth/signed-bytes.ts';
import { domainsOf, type Verification, verificationOf } from '../auth/verification.ts';
import { clipped } from '../content/bounds.ts';
import { comparableDomain } from '../model/address.ts';
import { choice, count, flag, records, text, texts } from '../model/shape.ts';
import { check } from './check.ts';

const results = ['none', 'pass', 'fail', 'policy', 'neutral', 'temperror', 'permerror'] as const;
type Result = (typeof results)[number];

export const dkimCheck = check({
  name: 'auth.dkim',
  after: [],
  timeoutMs: 15_000,
  about: `The DKIM signatures of the message: the first ${maxSignatures}, those of the author's domain before others.`,
  evidence: {
    result: choice(
      results,
      'pass when any signature passes, otherwise the best of the others; none without a signature.',
    ),
    aligned: flag(
      'A signature that passes shares its registrable domain with From; what counts for DMARC is `auth.dmarc.aligned_by`.',
    ),
    domains: texts('d= of the signatures that pass.'),
    count: count('Signatures in the message.'),
    checked: count('Signatures that were verified.'),
    signatures: records(
      {
        domain: text('d='),
        selector: text('s='),
        result: choice(results, 'policy where l= leaves bytes unsigned, or key or algorithm is too weak.'),
        aligned: flag('It shares its registrable domain with From.'),
        algorithm: text('a='),
        key_bits: count('Of an RSA key; 0 where it is not known.'),
        unsigned_bytes: count('Bytes of the body that l= leaves unsigned.'),
        is_testing: flag('The key is marked t=y.'),
        comment: text('Why it did not pass.'),
        id: text('Names its b= wherever the message turns up again: 16 hexadecimal digits; empty without b=.'),
        b: text(
          'The first characters of b= that no other signature of the message begins with, at least 8 (RFC 6008).',
        ),
      },
      'In their order in the message.',
    ),
  },
  async observe(subject) {
    const verification = await verificationOf(subject);
    const rows = verification.results.filter(row => row.status.result !== 'none');
    const values = rows.map(row => row.signature?.replace(/\s+/g, '') ?? '');
    const signatures = rows.map((row, index) => ({
      ...signature(row, verification),
      // Of the decoded bytes, so that another way of writing them is the same signature.
      id: values[index] === '' ? '' : (row.id ?? '').slice(0, 16),
      b: telling(values, index),
    }));
    const passing = signatures.filter(({ result }) => result === 'pass');
    return {
      result: overall(signatures.map(({ result }) => result)),
      aligned: passing.some(({ aligned }) => aligned),
      domains: [...new Set(passing.map(({ domain }) => domain))],
      count: verification.signatures.length,
      checked: verification.verified.length,
      signatures,
    };
  },
});

function signature(row: Verification['results'][number], { from }: Verification) {
  const domain = comparableDomain(row.signingDomain ?? '');
  const unsigned = row.status.underSized ?? 0;
  const verified = results.find(result => result === row.status.result) ?? 'permerror';
  // Anyone may append to what l= leaves open, and what is appended is what a reader sees (THREATS.md 24).
  const isPartial = verified === 'pass' && unsigned > 0;
  return {
    domain: told(domain, 255),
    selector: told(row.selector ?? '', 128),
    result: isPartial ? ('policy' as const) : verified,
    aligned: domainsOf(from).some(author => shareDomain(author, domain)),
    algorithm: told(row.algo ?? '', 32),
    key_bits: row.modulusLength ?? 0,
    unsigned_bytes: unsigned,
    is_testing: row.status.testing === true,
    comment: told(isPartial ? 'l= used' : (row.status.comment ?? row.status.policy?.['dkim-rules'] ?? ''), 160),
  };
}

/** Tags are a sender's, and may be of any length: what they tell has to fit, eight times over. */
const told = (text: string, length: number): string => clipped(text.replace(/[^\x20-\x7e]/g, '?'), length);

/** The start of the value at `index` by which it is told from the others (RFC 6008 §3). */
function telling(values: readonly string[], index: number): string {
  const value = values[index] ?? '';
  const others = values.filter(other => other !== value);
  let length = 8;
  while (length < Math.min(value.length, 64) && others.some(other => other.startsWith(value.slice(0, length))))
    length += 1;
  return value.slice(0, length);
}

/** From the best to the worst: a temporary error may yet have been a pass. */
const order: readonly Result[] = ['pass', 'temperror', 'policy', 'fail', 'neutral', 'permerror'];

const overall = (found: readonly Result[]): Result => order.find(result => found.includes(result)) ?? 'none';
