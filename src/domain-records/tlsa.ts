// TLSA of the gateway's port 25: whether the certificates that it shows are those that DANE asks for (RFC 6698, RFC 7672).

import { createHash, type X509Certificate } from 'node:crypto';
import { type DnsRecord, type Finding, finding, type Judgement, judged, missing } from './finding.ts';
import { lookup, type Resolve } from './lookup.ts';
import type { Chain, OurSite } from './site.ts';

interface Tlsa {
  readonly certUsage: number;
  readonly selector: number;
  readonly match: number;
  readonly data: ArrayBuffer;
}

export function tlsaFinding({ hostname, chains }: OurSite, resolve: Resolve): Promise<Finding> {
  const name = `_25._tcp.${hostname}`;
  const publish = [...new Set(chains.map(([leaf]) => keyDigest(leaf)))].map(
    (value): DnsRecord => ({ name, type: 'TLSA', value }),
  );
  const advice =
    'only where the zones of the domain and of the host are signed (DNSSEC): without that senders ignore it. Publish the next key’s before you change the key';
  return finding({ record: 'TLSA', name, publish, advice, isOptional: true, isConditional: true }, async () => {
    const records = await lookup<Tlsa>(resolve, name, 'TLSA');
    return records.length === 0
      ? missing('DANE is not used; it needs signed zones (RFC 7672 §2.2)')
      : judgedRecords(records, chains);
  });
}

/** `3 1 1`: the key of the certificate alone, so that a renewal with the same key changes nothing (RFC 7671 §5.1). */
const keyDigest = (leaf: X509Certificate): string => `3 1 1 ${digest(1, 1, leaf).toString('hex')}`;

function judgedRecords(records: readonly Tlsa[], chains: readonly Chain[]): Judgement {
  const found = records.map(shown).sort();
  if (chains.length === 0)
    return judged(found, ['no listener has a certificate: senders that use DANE do not deliver (RFC 7672 §2.2)']);
  const usable = records.filter(isUsable);
  if (usable.length === 0)
    return judged(found, [
      'none is usable: for SMTP the usage is 2 or 3, selector and matching type as defined (RFC 7672 §3.1)',
    ]);
  const unmatched = chains.filter(chain => !usable.some(record => matches(record, chain)));
  const idle = usable.filter(record => !chains.some(chain => matches(record, chain))).length;
  return judged(
    found,
    unmatched.length === 0
      ? []
      : ['the certificate of a listener matches none: senders that use DANE do not deliver (RFC 7672 §2.2)'],
    [
      'whether the zones are signed cannot be seen here',
      ...(idle === 0 ? [] : [`${idle} match no certificate in use`]),
    ],
  );
}

const shown = ({ certUsage, selector, match, data }: Tlsa): string =>
  `${certUsage} ${selector} ${match} ${Buffer.from(data).toString('hex')}`;

const isUsable = ({ certUsage, selector, match }: Tlsa): boolean =>
  (certUsage === 2 || certUsage === 3) && selector <= 1 && match <= 2;

/** RFC 6698 §2.1: usage 3 is of the certificate itself, 2 of one above it, which the server has to show too (RFC 7672 §3.1.2). */
function matches({ certUsage, selector, match, data }: Tlsa, [leaf, ...issuers]: Chain): boolean {
  const candidates = certUsage === 3 ? [leaf] : issuers;
  return candidates.some(certificate => digest(selector, match, certificate).equals(Buffer.from(data)));
}

function digest(selector: number, match: number, certificate: X509Certificate): Buffer {
  const bytes = selector === 0 ? certificate.raw : certificate.publicKey.export({ type: 'spki', format: 'der' });
  switch (match) {
    case 1:
      return createHash('sha256').update(bytes).digest();
    case 2:
      return createHash('sha512').update(bytes).digest();
    default:
      return bytes;
  }
}
