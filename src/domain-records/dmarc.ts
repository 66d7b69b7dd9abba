// DMARC of a domain: its policy or the one above it, and whether those who are to get the reports agreed (RFC 9989, RFC 9990).

import { type Finding, finding, type Judgement, judged, missing } from './finding.ts';
import { plainName, type Resolve, texts } from './lookup.ts';
import type { OurSite } from './site.ts';
import { tagList } from './tags.ts';
import { type FoundPolicy, isDmarc, organisationalDomain, policiesAbove, psdOf } from './tree-walk.ts';

const policies = ['none', 'quarantine', 'reject'] as const;

/** What each tag may say, by RFC 9989 §4.7. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  p: policies,
  sp: policies,
  np: policies,
  adkim: ['r', 's'],
  aspf: ['r', 's'],
  psd: ['y', 'n', 'u'],
  t: ['y', 'n'],
};
const free = ['v', 'rua', 'ruf', 'fo'];
/** Of RFC 7489, and without effect since RFC 9989. */
const historic = ['pct', 'rf', 'ri'];

/** Destinations of reports of which so many are looked at. */
const maxDestinations = 5;

export async function dmarcFindings(domain: string, { reportsTo }: OurSite, resolve: Resolve): Promise<Finding[]> {
  const name = `_dmarc.${domain}`;
  const address = reportsTo ?? `postmaster@${domain}`;
  const publish = [{ name, type: 'TXT', value: `v=DMARC1; p=none; rua=mailto:${address}` }] as const;
  const advice =
    'p=none changes nothing and brings reports; when these show that all of your mail passes, p=quarantine, and at last p=reject';
  const discovery = discovered(domain, resolve);
  const [ofDomain, policy] = await Promise.all([
    finding({ record: 'DMARC', name, publish, advice }, async () => {
      const found = await discovery;
      return 'record' in found ? judgedRecord(found, domain, address) : found;
    }),
    discovery.catch(() => null),
  ]);
  if (policy === null) return [ofDomain];
  const inForce = 'record' in policy ? policy : { domain, record: publish[0].value };
  return [ofDomain, ...(await reportFindings(inForce, resolve))];
}

/** The record that holds for `domain`, its own or one above it; or why none does. */
async function discovered(domain: string, resolve: Resolve): Promise<FoundPolicy | Judgement> {
  const all = await texts(resolve, `_dmarc.${domain}`);
  const records = all.filter(isDmarc);
  const [record] = records;
  if (records.length > 1) return judged(records, ['several records: receivers take none of them (RFC 9989 §4.10)']);
  if (record !== undefined) return { domain, record };
  const misspelt = all.filter(text => /dmarc/i.test(text));
  if (misspelt.length > 0)
    return judged(misspelt, ['it does not begin with v=DMARC1, in these letters (RFC 9989 §4.7)']);
  const inherited = await inheritedPolicy(domain, resolve);
  return inherited ?? missing('without DMARC nobody is told what to do with forgeries of your From (RFC 9989 §4.10)');
}

async function inheritedPolicy(domain: string, resolve: Resolve): Promise<FoundPolicy | null> {
  const found = await policiesAbove(domain, resolve);
  const organisation = organisationalDomain(domain, found);
  // A public suffix has a policy for those below it that have none (RFC 9989 §4.10.1).
  return found.find(({ domain: at, record }) => at === organisation || psdOf(record) === 'y') ?? null;
}

function judgedRecord({ domain: at, record }: FoundPolicy, domain: string, reportsTo: string) {
  const { tags, faults } = tagList(record);
  const isOwn = at === domain;
  const found = isOwn ? [record] : [`${record} (at _dmarc.${at})`];
  const seen = judged(found, [...faults, ...valueFaults(tags), ...destinationFaults(tags)], notesOf(tags, isOwn));
  if (seen.standing === 'ok') return isOwn ? seen : { ...seen, publish: [] };
  const value = mended(tags, reportsTo);
  return { ...seen, publish: [{ name: `_dmarc.${at}`, type: 'TXT', value } as const] };
}

/** What of a record can be kept, so that mending it changes no policy. */
function mended(tags: ReadonlyMap<string, string>, reportsTo: string): string {
  const kept = Object.entries(allowed).flatMap(([tag, words]) => {
    const value = tags.get(tag)?.toLowerCase();
    return value !== undefined && words.includes(value) ? [[tag, value]] : [];
  });
  const policy = kept.some(([tag]) => tag === 'p') ? [] : [['p', 'none']];
  const uris = (tag: string) => urisOf(tags, tag).filter(isUri).join(',');
  const failures = [
    ['ruf', uris('ruf')],
    ['fo', tags.get('fo') ?? ''],
  ].filter(([, value]) => value !== '');
  const reports = [['rua', uris('rua') || `mailto:${reportsTo}`], ...failures];
  return [['v', 'DMARC1'], ...policy, ...kept, ...reports].map(([tag, value]) => `${tag}=${value}`).join('; ');
}

function valueFaults(tags: ReadonlyMap<string, string>): string[] {
  const wrong = Object.entries(allowed).flatMap(([tag, words]) => {
    const value = tags.get(tag);
    return value === undefined || words.includes(value.toLowerCase())
      ? []
      : [`${tag}= is not one of ${words.join(', ')} (RFC 9989 §4.7)`];
  });
  return tags.has('p') ? wrong : ['p= is not there: there is no policy (RFC 9989 §4.7)', ...wrong];
}

function destinationFaults(tags: ReadonlyMap<string, string>): string[] {
  return ['rua', 'ruf'].flatMap(tag =>
    urisOf(tags, tag)
      .filter(uri => !isUri(uri))
      .map(uri => `${tag}= holds "${uri}", which is no URI such as mailto:reports@example.com (RFC 9989 §4.7)`),
  );
}

const urisOf = (tags: ReadonlyMap<string, string>, tag: string): readonly string[] =>
  (tags.get(tag) ?? '')
    .split(',')
    .map(uri => uri.trim())
    .filter(uri => uri !== '');

/** A limit of the size behind `!` is of RFC 7489. */
const isUri = (text: string): boolean => /^[a-z][a-z0-9+.-]*:[^\s,!]+$/i.test(text.replace(/![0-9]+[kmgt]?$/i, ''));

function notesOf(tags: ReadonlyMap<string, string>, isOwn: boolean): string[] {
  const policy = ((isOwn ? undefined : tags.get('sp')) ?? tags.get('p') ?? '').toLowerCase();
  const unknown = [...tags.keys()].filter(tag => !(tag in allowed) && !free.includes(tag) && !historic.includes(tag));
  const unused = historic.filter(tag => tags.has(tag));
  return [
    ...(isOwn ? [] : [`the policy of the domain above holds, p=${policy} for this one`]),
    ...(policy === 'none' ? ['p=none: reports only; forgeries are delivered'] : []),
    ...(tags.get('t')?.toLowerCase() === 'y' ? ['t=y: a test; receivers act one step milder'] : []),
    ...(tags.has('rua') ? [] : ['no rua=: you will not hear who sends in your name']),
    ...(unused.length === 0 ? [] : [`${unused.map(tag => `${tag}=`).join(', ')} has no effect any more (RFC 9989)`]),
    ...(unknown.length === 0 ? [] : [`unknown, and ignored: ${unknown.map(tag => `${tag}=`).join(', ')}`]),
  ];
}

/** For each destination in another domain: its word that it takes our reports. */
async function reportFindings({ domain, record }: FoundPolicy, resolve: Resolve): Promise<Finding[]> {
  const { tags } = tagList(record);
  const uris = [...urisOf(tags, 'rua'), ...urisOf(tags, 'ruf')];
  const hosts = new Set(uris.flatMap(mailHost).filter(host => host !== domain));
  return Promise.all([...hosts].slice(0, maxDestinations).map(host => reportFinding(domain, host, resolve)));
}

function mailHost(uri: string): readonly string[] {
  const host = /^mailto:[^@?]+@([a-z0-9_.-]+)/i.exec(uri)?.[1];
  return host === undefined ? [] : [plainName(host)];
}

function reportFinding(domain: string, host: string, resolve: Resolve): Promise<Finding> {
  const name = `${domain}._report._dmarc.${host}`;
  const publish = [{ name, type: 'TXT', value: 'v=DMARC1;' }] as const;
  const advice = `in the zone of ${host}, by whoever owns it`;
  return finding({ record: 'DMARC reports', name, publish, advice }, async () => {
    const found = (await texts(resolve, name)).filter(isDmarc);
    if (found.length > 0) return judged(found, [], [`${host} takes reports about ${domain}`]);
    const [ours, theirs] = await Promise.all([organisationOf(domain, resolve), organisationOf(host, resolve)]);
    return ours === theirs
      ? judged([], [], [`${host} is of the same organisation: no word is needed (RFC 9990)`])
      : missing(`${host} does not say that it takes reports about ${domain}: nobody sends it any (RFC 9990)`);
  });
}

const organisationOf = async (domain: string, resolve: Resolve): Promise<string> =>
  organisationalDomain(domain, await policiesAbove(domain, resolve));
