// MTA-STS of a domain (RFC 8461): the record that announces a policy, and the policy on the web.

import { createHash } from 'node:crypto';
import { type Finding, finding, type Judgement, judged, missing } from './finding.ts';
import { type Resolve, texts } from './lookup.ts';
import type { FetchPolicy } from './policy-fetch.ts';
import type { OurSite } from './site.ts';

export interface StsPolicy {
  readonly mode: string;
  readonly mx: readonly string[];
  readonly faults: readonly string[];
  readonly notes: readonly string[];
}

/** RFC 8461 §3.2: a year, roughly. */
const maxAge = 31_557_600;
const aDay = 86_400;

/** First for a day and for reports alone; enforced when no report complains. */
export const proposedPolicy = (hostname: string): string =>
  ['version: STSv1', 'mode: testing', `mx: ${hostname}`, `max_age: ${aDay}`, ''].join('\n');

/** The record and the policy. Nobody must have MTA-STS, but half of it is a fault. */
export async function stsFindings(
  domain: string,
  site: OurSite,
  resolve: Resolve,
  fetchPolicy: FetchPolicy,
): Promise<readonly Finding[]> {
  const both = await Promise.all([
    announcementFinding(domain, site, resolve),
    policyFinding(domain, site, fetchPolicy),
  ]);
  const isAbsent = both.every(({ standing }) => standing === 'missing');
  return isAbsent ? both.map(found => ({ ...found, isOptional: true })) : both;
}

/** The record that tells senders to look for a policy. */
export function announcementFinding(domain: string, { hostname }: OurSite, resolve: Resolve): Promise<Finding> {
  const name = `_mta-sts.${domain}`;
  // The id has to change with the policy (RFC 8461 §3.1).
  const id = createHash('sha256').update(proposedPolicy(hostname)).digest('hex').slice(0, 16);
  const publish = [{ name, type: 'TXT', value: `v=STSv1; id=${id}` }] as const;
  const advice = 'after the policy can be read; another id whenever it changes';
  return finding({ record: 'MTA-STS', name, publish, advice }, async () =>
    judgedAnnouncement(await texts(resolve, name)),
  );
}

export function policyFinding(domain: string, { hostname }: OurSite, fetchPolicy: FetchPolicy): Promise<Finding> {
  const name = `mta-sts.${domain}`;
  const file = { url: `https://${name}/.well-known/mta-sts.txt`, text: proposedPolicy(hostname) };
  const advice = `${name} needs an address and a web server with a certificate for it; a line mx: for each host in MX; mode: enforce when the reports are clean`;
  return finding({ record: 'MTA-STS policy', name, publish: [], file, advice }, async () =>
    judgedPolicy(await fetchPolicy(domain), hostname),
  );
}

/** Whether a finding of `policyFinding` is of a policy that turns mail away where TLS cannot be trusted. */
export const isEnforced = ({ found }: Finding): boolean => found.includes('mode: enforce');

function judgedAnnouncement(all: readonly string[]): Judgement {
  // RFC 8461 §3.1: what begins otherwise is no announcement.
  const records = all.filter(text => /^v=STSv1[ \t]*;/.test(text));
  const [record] = records;
  if (record === undefined) {
    const near = all.filter(text => /stsv1/i.test(text));
    if (near.length > 0) return judged(near, ['it does not begin with "v=STSv1;" (RFC 8461 §3.1)']);
    return missing('senders look for no policy, and whoever stands between can switch TLS off (RFC 8461 §3.1)');
  }
  if (records.length > 1) return judged(records, ['several records: senders take none of them (RFC 8461 §3.1)']);
  const id = /;[ \t]*id=([^;]*?)[ \t]*(?:;|$)/.exec(record)?.[1];
  const isId = id !== undefined && /^[A-Za-z0-9]{1,32}$/.test(id);
  return judged([record], isId ? [] : ['id= is not 1 to 32 letters and digits (RFC 8461 §3.1)']);
}

function judgedPolicy(answer: Awaited<ReturnType<FetchPolicy>>, hostname: string): Judgement {
  switch (answer.kind) {
    case 'absent':
      return missing(answer.because);
    case 'refused':
      return judged([], [answer.because]);
    case 'failed':
      return { standing: 'unknown', found: [], because: answer.because };
    case 'served': {
      const { mode, mx, faults, notes } = parsedPolicy(answer.text);
      const isCovered = mode === 'none' || mx.some(pattern => covers(pattern, hostname));
      const uncovered = `no mx: covers ${hostname}: ${mode === 'enforce' ? 'senders will not deliver to it' : 'under enforce nobody would deliver to it'} (RFC 8461 §4.1)`;
      const found = [`mode: ${mode}`, ...mx.map(pattern => `mx: ${pattern}`)];
      return judged(found, [...faults, ...(isCovered ? [] : [uncovered])], notes);
    }
  }
}

/** RFC 8461 §3.2. The first of fields that may stand once only counts. */
export function parsedPolicy(text: string): StsPolicy {
  const fields = text.split(/\r?\n/).flatMap(line => {
    const [, name, value = ''] = /^([A-Za-z0-9][A-Za-z0-9_.-]{0,31}):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    return name === undefined ? [] : [{ name, value }];
  });
  const first = (name: string) => fields.find(field => field.name === name)?.value ?? '';
  const mode = first('mode');
  const age = first('max_age');
  const mx = fields.filter(({ name }) => name === 'mx').map(({ value }) => value.toLowerCase());
  const isAge = /^[0-9]{1,10}$/.test(age) && Number(age) <= maxAge;
  const wrongMx = mx.filter(pattern => !/^(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*$/.test(pattern));
  return {
    mode: ['enforce', 'testing', 'none'].includes(mode) ? mode : '',
    mx,
    faults: [
      ...(first('version') === 'STSv1' ? [] : ['version: is not STSv1 (RFC 8461 §3.2)']),
      ...(['enforce', 'testing', 'none'].includes(mode)
        ? []
        : ['mode: is not enforce, testing or none (RFC 8461 §3.2)']),
      ...(isAge ? [] : [`max_age: is not a number of seconds up to ${maxAge} (RFC 8461 §3.2)`]),
      ...(mx.length === 0 && mode !== 'none' ? ['mx: is not there (RFC 8461 §3.2)'] : []),
      ...wrongMx.map(pattern => `mx: ${pattern} is no name or *.name (RFC 8461 §3.2)`),
    ],
    notes: [
      ...(mode === 'testing' ? ['mode: testing: senders report, and deliver all the same'] : []),
      ...(mode === 'none' ? ['mode: none: there is no policy'] : []),
      ...(isAge && mode === 'enforce' && Number(age) < aDay
        ? ['max_age: is less than a day: the policy is soon forgotten (RFC 8461 §3.2)']
        : []),
    ],
  };
}

/** `*` stands for one whole label, the first (RFC 8461 §4.1). */
export function covers(pattern: string, hostname: string): boolean {
  const host = hostname.toLowerCase();
  if (!pattern.startsWith('*.')) return pattern === host;
  return host.slice(host.indexOf('.')) === pattern.slice(1);
}
