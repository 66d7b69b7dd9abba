// What an administrator should know of this machine before mail comes: certificates that run out or name another host, and a
// quarantine that nobody looks at. Asks nobody.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openTokens, type Token } from '../../api/tokens.ts';
import type { Config } from '../../config/schema.ts';
import { chainOf, nameFault, timeFault } from '../../domain-records/certificates.ts';
import { plainName } from '../../domain-records/lookup.ts';
import type { EpochMs } from '../../model/clock.ts';
import { ConfigError } from '../../model/failure.ts';
import { databaseFile } from '../../store/sqlite/layout.ts';
import { shownFor } from './our-site.ts';

export function certificateWarnings(config: Config, now: EpochMs): readonly string[] {
  const hostname = plainName(config.hostname);
  return config.smtp.listen.flatMap(({ address, tls }) => {
    if (tls === undefined) return [];
    const all = [tls, ...tls.more_certificates].map(({ cert }) => chainOf(cert)[0]);
    const [shown] = chainOf(shownFor(hostname, tls).cert);
    const faults = [...all.map(certificate => timeFault(certificate, now)), nameFault(shown, hostname)];
    return faults
      .filter(fault => fault !== null)
      .map(
        fault =>
          `smtp.listen ${address}: the certificate ${fault}. Senders that verify certificates (MTA-STS) turn away from such.`,
      );
  });
}

/** The token that the first start makes is for setting up; nobody says that its owner reads quarantines. */
const firstToken = 'first';

const reviews = ({ name, scopes }: Token): boolean =>
  name !== firstToken && (scopes.includes('quarantine:read') || scopes.includes('admin'));

/** Where a gateway has run on `data_dir`, whether anybody was given the means to look at what it holds back. */
export async function reviewerWarnings(config: Config): Promise<readonly string[]> {
  if (!quarantines(config) || !existsSync(databaseFile(config.data_dir))) return [];
  try {
    const tokens = await openTokens(join(config.data_dir, 'api-tokens.json'), null);
    return tokens.list().some(reviews) ? [] : [noReviewer];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [`${error.message}: whether anybody reviews the quarantine is not known.`];
  }
}

const noReviewer =
  'mail is quarantined, and nobody is known to look: beside the first and the configured one the API has no token that may. Make one ' +
  'for whoever reviews (POST /v1/tokens with quarantine:read and quarantine:release), look with `postern quarantine list`, or ' +
  'set mode: observe, which holds nothing back.';

/** Every profile has a threshold for it: what counts is that some recipient is not only observed. */
function quarantines({ checks, mode, domains, accept_any_domain }: Config): boolean {
  const modes = Object.values(domains).map(domain => domain.mode ?? mode);
  return checks === 'all' && [...modes, ...(accept_any_domain === true ? [mode] : [])].includes('enforce');
}
