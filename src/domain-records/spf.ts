// SPF of a domain: one record, within its limits, that ends in a refusal and covers what mail leaves from (RFC 7208).

import { isIPv4 } from 'node:net';
import { mailauth } from '../auth/lazy-mailauth.ts';
import { TemporaryFailure } from '../model/failure.ts';
import { type DnsRecord, type Finding, finding, judged, missing } from './finding.ts';
import { asNode, type Resolve, texts } from './lookup.ts';
import type { OurSite } from './site.ts';

/** Nobody sends from there (RFC 5737, RFC 3849), so every term of a record is evaluated, and its last word heard. */
const nobody = { v4: '192.0.2.1', v6: '2001:db8::1' } as const;

export function spfFinding(domain: string, { outgoing, hostname }: OurSite, resolve: Resolve): Promise<Finding> {
  const subject = {
    record: 'SPF',
    name: domain,
    publish: [proposed(domain, outgoing)],
    advice:
      'add whoever else sends in your name (newsletters, shop, ticket system); -all in place of ~all when you are sure',
  };
  return finding(subject, async () => {
    const records = (await texts(resolve, domain)).filter(isSpf);
    const [record] = records;
    if (record === undefined) return missing('without SPF anybody may send by any server in your name (RFC 7208 §3)');
    if (records.length > 1) {
      const several = `${records.length} records, and receivers believe none of several (RFC 7208 §4.5)`;
      return { ...judged(records, [several]), publish: [mended(domain, records, outgoing)] };
    }
    return judgedRecord(record, domain, outgoing, ip => evaluated(ip, domain, hostname, resolve));
  });
}

/** RFC 7208 §4.5: the version ends at a space or the record's end. */
const isSpf = (text: string): boolean => /^v=spf1(?: |$)/i.test(text);

async function judgedRecord(
  record: string,
  domain: string,
  outgoing: readonly string[],
  evaluate: (ip: string) => Promise<Evaluated>,
) {
  const all = await evaluate(nobody.v4);
  const faults = endFaults(all, await evaluate(nobody.v6));
  // A record that cannot be evaluated covers nobody; to say so of each address adds nothing.
  const isBroken = all.result === 'permerror';
  const results = await Promise.all((isBroken ? [] : outgoing).map(async ip => ({ ip, ...(await evaluate(ip)) })));
  const left = results.filter(({ result }) => result !== 'pass');
  const seen = judged(
    [record],
    [...faults, ...left.map(({ ip, result }) => `mail from ${ip} gets ${result}, not pass`)],
    [`${all.lookups} of at most 10 lookups (RFC 7208 §4.6.4)`, ...(hasPtr.test(record) ? [ptrNote] : [])],
  );
  if (seen.standing === 'ok') return seen;
  const uncovered = isBroken ? outgoing : left.map(({ ip }) => ip);
  const better = mended(domain, [record], uncovered);
  // What its words alone cannot mend is not proposed again.
  const isBetter = better.value !== record && all.lookups <= 10;
  return { ...seen, publish: isBetter ? [better] : [] };
}

const hasPtr = / [-+~?]?ptr(?:[ :]|$)/i;
const ptrNote = 'ptr should not be used: it is slow, and many receivers skip it (RFC 7208 §5.5)';

/** `v6` for those alone that the record lets in there: what else it says of IPv6, it says of IPv4. */
function endFaults({ result, comment }: Evaluated, v6: Evaluated): string[] {
  if (result === 'permerror')
    return [`receivers take it for an error, and believe none of it: ${comment} (RFC 7208 §2.6.7)`];
  if (result === 'pass' || v6.result === 'pass')
    return ['it lets everybody send in your name: it should end in -all or ~all (RFC 7208 §5.1)'];
  if (result === 'fail' || result === 'softfail') return [];
  return ['it says nothing of those whom it does not name: it should end in -all or ~all (RFC 7208 §5.1)'];
}

interface Evaluated {
  readonly result: string;
  readonly comment: string;
  readonly lookups: number;
}

/** By the evaluator that judges mail. @throws TemporaryFailure when a lookup on the way failed. */
async function evaluated(ip: string, domain: string, hostname: string, resolve: Resolve): Promise<Evaluated> {
  const { spf } = await mailauth();
  const { status, lookups } = await spf({
    ip,
    helo: hostname,
    sender: `postmaster@${domain}`,
    mta: hostname,
    strict: true,
    maxResolveCount: 10,
    maxVoidCount: 2,
    // RFC 7208 §4.6.4 has receivers wait no less; slow servers are found out by it as well.
    maxElapsedTime: 20_000,
    resolver: asNode(resolve),
  });
  const comment = (typeof status.comment === 'string' ? status.comment : '').replace(/^.*?lookup of [^:]*: /, '');
  if (status.result === 'temperror') throw new TemporaryFailure(`SPF of ${domain} could not be evaluated: ${comment}`);
  return { result: status.result, comment, lookups: lookups?.count ?? 0 };
}

function proposed(name: string, outgoing: readonly string[]): DnsRecord {
  // With nothing said, whoever takes the domain's mail may send it too.
  const terms = outgoing.length === 0 ? ['mx'] : outgoing.map(term);
  return { name, type: 'TXT', value: ['v=spf1', ...terms, '~all'].join(' ') };
}

const term = (address: string): string => `${isIPv4(address) ? 'ip4' : 'ip6'}:${address}`;

const isAll = (text: string): boolean => /^[-+~?]?all$/i.test(text);

/** RFC 7208 §4.6.1, as far as a word shows what it is. */
const isTerm = (text: string): boolean =>
  isAll(text) ||
  /^[-+~?]?(?:(?:a|mx|ptr)(?:[:/]\S+)?|(?:include|exists|ip4|ip6):\S+)$/i.test(text) ||
  /^(?:redirect|exp)=\S+$/i.test(text);

/** What is there, of several records all terms, with what mail leaves from, and with an end that refuses. */
function mended(name: string, records: readonly string[], outgoing: readonly string[]): DnsRecord {
  const terms = records.flatMap(record => record.split(' ').slice(1)).filter(isTerm);
  const ends = terms.filter(isAll);
  const isStrict = ends.length > 0 && ends.every(end => /^-/.test(end));
  // redirect= counts only where there is no `all` (RFC 7208 §6.1).
  const isRedirected = ends.length === 0 && terms.some(part => /^redirect=/i.test(part));
  const end = isRedirected ? [] : [isStrict ? '-all' : '~all'];
  const named = terms.filter(part => !isAll(part));
  const value = ['v=spf1', ...new Set([...outgoing.map(term), ...named]), ...end].join(' ');
  return { name, type: 'TXT', value };
}
