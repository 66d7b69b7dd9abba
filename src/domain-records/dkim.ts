// Keys of DKIM signatures and ARC seals: what is published is what we sign with, and strong enough (RFC 6376 §3.6).

import { createPublicKey } from 'node:crypto';
import { type Finding, finding, type Judgement, judged, missing } from './finding.ts';
import { type Resolve, texts } from './lookup.ts';
import type { OurSite, SigningRecord } from './site.ts';
import { tagList } from './tags.ts';

export function dkimFindings(domain: string, site: OurSite, resolve: Resolve): Promise<Finding[]> {
  const ours = site.keys.filter(key => key.domain.toLowerCase() === domain);
  const others = site.selectors.filter(selector => ours.every(key => key.selector !== selector));
  return Promise.all([
    ...ours.map(key => keyFinding(domain, key.selector, key, resolve)),
    ...others.map(selector => keyFinding(domain, selector, null, resolve)),
  ]);
}

/** `ours` is null for a key that another server signs with. */
function keyFinding(domain: string, selector: string, ours: SigningRecord | null, resolve: Resolve): Promise<Finding> {
  const name = `${selector}._domainkey.${domain}`;
  const publish = ours === null ? [] : [{ name, type: 'TXT', value: ours.record } as const];
  return finding({ record: 'DKIM', name, publish }, async () => {
    const records = await texts(resolve, name);
    const [record] = records;
    if (record === undefined) return missing('signatures by this selector cannot be verified (RFC 6376 §3.6.2)');
    if (records.length > 1)
      return judged(records, ['several records: which one is taken is not defined (RFC 6376 §3.6.2.2)']);
    return judgedKey(record, ours);
  });
}

function judgedKey(record: string, ours: SigningRecord | null): Judgement {
  const { tags, faults } = tagList(record);
  const published = keyOf(tags);
  const wrong = [...faults, ...tagFaults(tags), ...published.faults];
  if (wrong.length === 0 && ours !== null && !isSameKey(tags, tagList(ours.record).tags))
    wrong.push('it is not the key of the configuration: signatures of ours fail (RFC 6376 §6.1.3)');
  const isTest =
    tags
      .get('t')
      ?.split(':')
      .some(flag => flag.trim() === 'y') === true;
  return judged([record], wrong, [
    ...published.notes,
    ...(isTest ? ['t=y: receivers are told to ignore failures'] : []),
  ]);
}

/** RFC 6376 §3.6.1: each of these tags may shut the key off for mail. */
function tagFaults(tags: ReadonlyMap<string, string>): string[] {
  const lists = (name: string, wanted: readonly string[]): boolean => {
    const list = tags.get(name);
    return list === undefined || list.split(':').some(word => wanted.includes(word.trim().toLowerCase()));
  };
  return [
    ...((tags.get('v') ?? 'DKIM1') === 'DKIM1' ? [] : ['v= is not DKIM1 (RFC 6376 §3.6.1)']),
    ...(tags.has('v') && [...tags.keys()][0] !== 'v' ? ['v= is not the first tag (RFC 6376 §3.6.1)'] : []),
    ...(lists('h', ['sha256']) ? [] : ['h= does not allow sha256 (RFC 8301 §3.1)']),
    ...(lists('s', ['*', 'email']) ? [] : ['s= does not allow email (RFC 6376 §3.6.1)']),
  ];
}

interface PublicKey {
  readonly faults: readonly string[];
  readonly notes: readonly string[];
}

function keyOf(tags: ReadonlyMap<string, string>): PublicKey {
  const faulty = (fault: string): PublicKey => ({ faults: [fault], notes: [] });
  const p = tags.get('p');
  if (p === undefined) return faulty('p= is not there (RFC 6376 §3.6.1)');
  if (p === '') return faulty('p= is empty: the key is revoked (RFC 6376 §3.6.1)');
  switch ((tags.get('k') ?? 'rsa').toLowerCase()) {
    case 'rsa':
      return rsaKey(p);
    case 'ed25519': {
      const size = Buffer.from(p, 'base64').length;
      return size === 32 ? { faults: [], notes: [] } : faulty('p= is no Ed25519 key (RFC 8463 §4)');
    }
    default:
      return faulty('k= is neither rsa nor ed25519 (RFC 8463 §3)');
  }
}

function rsaKey(p: string): PublicKey {
  const bits = modulusLength(Buffer.from(p, 'base64'));
  if (bits === null) return { faults: ['p= is no RSA key (RFC 6376 §3.6.1)'], notes: [] };
  if (bits < 1024) return { faults: [`${bits} bits: receivers take none below 1024 (RFC 8301 §3.2)`], notes: [] };
  return { faults: [], notes: bits < 2048 ? [`${bits} bits: new keys have 2048 (RFC 8301 §3.2)`] : [] };
}

function modulusLength(der: Buffer): number | null {
  for (const type of ['spki', 'pkcs1'] as const) {
    try {
      return createPublicKey({ key: der, format: 'der', type }).asymmetricKeyDetails?.modulusLength ?? null;
    } catch {
      // RFC 6376 §3.6.1 speaks of RSAPublicKey, and the world publishes SubjectPublicKeyInfo: verifiers take both.
    }
  }
  return null;
}

const isSameKey = (a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean =>
  bare(a.get('p')) === bare(b.get('p')) && (a.get('k') ?? 'rsa') === (b.get('k') ?? 'rsa');

/** Zone editors put white space into long values, and verifiers drop it. */
const bare = (text: string | undefined): string => (text ?? '').replace(/\s+/g, '');
