// TLS-RPT of a domain: where senders report TLS that failed (RFC 8460 §3).

import { type Finding, finding, judged, missing } from './finding.ts';
import { type Resolve, texts } from './lookup.ts';
import type { OurSite } from './site.ts';
import { tagList } from './tags.ts';

export function tlsReportFinding(domain: string, { reportsTo }: OurSite, resolve: Resolve): Promise<Finding> {
  const name = `_smtp._tls.${domain}`;
  const value = `v=TLSRPTv1; rua=mailto:${reportsTo ?? `postmaster@${domain}`}`;
  const publish = [{ name, type: 'TXT', value }] as const;
  return finding({ record: 'TLS-RPT', name, publish, isOptional: true }, async () => {
    const all = await texts(resolve, name);
    const records = all.filter(text => /^v=TLSRPTv1[ \t]*;/.test(text));
    const [record] = records;
    if (records.length > 1) return judged(records, ['several records: senders take none of them (RFC 8460 §3)']);
    if (record !== undefined) return judged([record], destinationFaults(record));
    const near = all.filter(text => /tlsrpt/i.test(text));
    if (near.length > 0) return judged(near, ['it does not begin with "v=TLSRPTv1;" (RFC 8460 §3)']);
    return missing('nobody tells you when senders cannot use TLS with you (RFC 8460 §3)');
  });
}

function destinationFaults(record: string): string[] {
  const { tags, faults } = tagList(record);
  const uris = (tags.get('rua') ?? '').split(',').map(uri => uri.trim());
  const wrong = uris.filter(uri => !/^(?:mailto:[^\s@]+@[^\s@]+|https:\/\/[^\s]+)$/i.test(uri));
  return [...faults, ...wrong.map(uri => `rua= holds "${uri}", neither mailto: nor https: (RFC 8460 §3)`)];
}
