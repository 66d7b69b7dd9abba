// All that the DNS and the web should say of a domain whose mail this gateway takes, and of the gateway itself.

import { dkimFindings } from './dkim.ts';
import { dmarcFindings } from './dmarc.ts';
import type { Finding } from './finding.ts';
import { hostFindings } from './hosts.ts';
import { plainName, type Resolve } from './lookup.ts';
import { stsFindings } from './mta-sts.ts';
import { mxFindings } from './mx.ts';
import type { FetchPolicy } from './policy-fetch.ts';
import type { OurSite } from './site.ts';
import { spfFinding } from './spf.ts';
import { tlsReportFinding } from './tls-rpt.ts';
import { tlsaFinding } from './tlsa.ts';

export interface Reach {
  readonly resolve: Resolve;
  readonly fetchPolicy: FetchPolicy;
}

/** `domain` in lower case and ASCII. Rejects for nothing that others publish. */
export async function domainFindings(domain: string, site: OurSite, reach: Reach): Promise<readonly Finding[]> {
  const { resolve } = reach;
  const findings = await Promise.all([
    mxFindings(domain, site, resolve),
    spfFinding(domain, site, resolve),
    dkimFindings(domain, site, resolve),
    dmarcFindings(domain, site, resolve),
    stsFindings(domain, site, resolve, reach.fetchPolicy),
    tlsReportFinding(domain, site, resolve),
  ]);
  return findings.flat();
}

/** What is the same for all domains; `domains` are those whose own findings are asked for. */
export async function gatewayFindings(
  site: OurSite,
  domains: readonly string[],
  resolve: Resolve,
): Promise<readonly Finding[]> {
  const hostname = plainName(site.hostname);
  const findings = await Promise.all([
    hostFindings(site, resolve),
    // A seal may be by the host's own name.
    domains.includes(hostname) ? [] : dkimFindings(hostname, { ...site, selectors: [] }, resolve),
    tlsaFinding(site, resolve),
  ]);
  return findings.flat();
}
