// What is published of our domains, held against what this configuration will do: keys, certificates, policies. For
// `postern config check`; `postern dns check` looks at everything.

import type { Config } from '../../config/schema.ts';
import { distrust } from '../../domain-records/certificates.ts';
import { dkimFindings } from '../../domain-records/dkim.ts';
import type { Finding } from '../../domain-records/finding.ts';
import { announcementFinding, isEnforced, policyFinding } from '../../domain-records/mta-sts.ts';
import type { OurSite } from '../../domain-records/site.ts';
import type { Reach } from '../../domain-records/survey.ts';
import { tlsaFinding } from '../../domain-records/tlsa.ts';
import { nothingSaid, ourSiteOf, shownFor, startTls } from './our-site.ts';

interface Trust {
  /** Certificates in PEM that are trusted in place of those that Node.js trusts. */
  readonly ca?: string;
}

/** Never rejects for what others publish; one warning for all that could not be looked up. */
export async function publishedWarnings(config: Config, reach: Reach, trust: Trust = {}): Promise<readonly string[]> {
  const site = ourSiteOf(config, nothingSaid);
  // An address literal publishes nothing.
  const domains = Object.keys(config.domains).filter(domain => !domain.startsWith('['));
  const signed = [...new Set(site.keys.map(({ domain }) => domain.toLowerCase()))];
  const [policies, keys, tlsa] = await Promise.all([
    Promise.all(domains.map(domain => policyFindings(domain, site, reach))),
    Promise.all(signed.map(domain => dkimFindings(domain, site, reach.resolve))),
    domains.length === 0 ? [] : [await tlsaFinding(site, reach.resolve)],
  ]);
  const findings = [...policies.flat(), ...keys.flat(), ...tlsa];
  const isEnforcing = policies.flat().some(isEnforced);
  return [
    ...findings.filter(isOff).map(({ record, name, because }) => `${record} of ${name}: ${because}.`),
    ...(isEnforcing ? await distrustWarnings(config, site, trust) : []),
    ...unknownWarning(findings),
  ];
}

/** A domain without the record has no policy, whatever its web server says. */
async function policyFindings(domain: string, site: OurSite, { resolve, fetchPolicy }: Reach): Promise<Finding[]> {
  const announced = await announcementFinding(domain, site, resolve);
  if (announced.standing === 'missing') return [];
  return [announced, await policyFinding(domain, site, fetchPolicy)];
}

const isOff = ({ standing, isOptional }: Finding): boolean =>
  standing === 'wrong' || (standing === 'missing' && isOptional !== true);

/** RFC 8461 §4.2: the certificate has to be good for the host, and lead to an authority that senders trust. */
async function distrustWarnings(config: Config, { hostname }: OurSite, { ca }: Trust): Promise<readonly string[]> {
  const found = startTls(config).map(async ({ address, tls }) => {
    const reason = await distrust(shownFor(hostname, tls), hostname, ca);
    if (reason === null) return [];
    return [`smtp.listen ${address}: mode: enforce of MTA-STS turns mail away, as senders do not trust us: ${reason}.`];
  });
  return (await Promise.all(found)).flat();
}

function unknownWarning(findings: readonly Finding[]): readonly string[] {
  const unknown = findings.filter(({ standing }) => standing === 'unknown');
  const [first] = unknown;
  if (first === undefined) return [];
  const more = unknown.length > 1 ? ` (and ${unknown.length - 1} more)` : '';
  return [`what is published of our domains is not known: ${first.because}${more}.`];
}
