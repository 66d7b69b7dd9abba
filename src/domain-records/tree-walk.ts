// DMARC records above a name: the walk up the tree, and the organisational domain that it finds (RFC 9989 §4.10).

import { type Resolve, texts } from './lookup.ts';
import { tagList } from './tags.ts';

export interface FoundPolicy {
  readonly domain: string;
  readonly record: string;
}

/** `v=DMARC1`, in these letters and first (RFC 9989 §4.7). */
export const isDmarc = (text: string): boolean => /^\s*[vV]\s*=\s*DMARC1\s*(?:;|$)/.test(text);

/**
 * The names that are asked, the whole one first: at most eight (RFC 9989 §4.10).
 */
export function walkedNames(domain: string): readonly string[] {
  const labels = domain.split('.');
  const above = labels.slice(1).map((_, i) => labels.slice(i + 1).join('.'));
  return [domain, ...above.slice(-7)];
}

/** The records from `domain` upwards. @throws TemporaryFailure for a name that could not be looked up. */
export async function policiesAbove(domain: string, resolve: Resolve): Promise<readonly FoundPolicy[]> {
  const found: FoundPolicy[] = [];
  for (const name of walkedNames(domain)) {
    const records = (await texts(resolve, `_dmarc.${name}`)).filter(isDmarc);
    const [record] = records;
    // Several are as good as none.
    if (record === undefined || records.length > 1) continue;
    found.push({ domain: name, record });
    if (psdOf(record) !== 'u') break;
  }
  return found;
}

/** The name that alignment and the choice of a policy go by. */
export function organisationalDomain(domain: string, found: readonly FoundPolicy[]): string {
  for (const { domain: at, record } of found) {
    if (psdOf(record) === 'n') return at;
    // Below a public suffix, one label more is an organisation's.
    if (psdOf(record) === 'y' && at !== domain)
      return domain
        .split('.')
        .slice(-at.split('.').length - 1)
        .join('.');
  }
  return found.at(-1)?.domain ?? domain;
}

/** `y`: a public suffix; `n`: an organisation; `u`: neither is said (RFC 9989 §4.7). */
export const psdOf = (record: string): string => (tagList(record).tags.get('psd') ?? 'u').toLowerCase();
