// The next hops of the configuration, each with the settings in force for it, and what of them cannot be meant.

import { X509Certificate } from 'node:crypto';
import type { Config } from './schema.ts';

/** `next_hop` as it is written: a URL, a mapping, or a list of those and of lists of equals. */
export type NextHopSetting = Config['next_hop'];
type One = Extract<NextHopSetting, string | { readonly url: string }>;

export interface HopSettings {
  readonly url: string;
  readonly tls: Config['next_hop_tls'];
  readonly ca: string | null;
  readonly chunking: boolean;
  readonly xforward: boolean;
}

/** Groups in the order of preference; those of a group are equals. */
export type RouteSettings = readonly (readonly HopSettings[])[];

export function routeSettings(setting: NextHopSetting, config: Config): RouteSettings {
  return groupsOf(setting).map(group => group.map(one => hopSettings(one, config)));
}

/** Every route that mail may take, with the key that names it: `next_hop`, `domains.example.com.next_hop`. */
export function namedRoutes(config: Config): readonly { readonly key: string; readonly setting: NextHopSetting }[] {
  const ofDomains = Object.entries(config.domains).flatMap(([name, { next_hop: setting }]) =>
    setting === undefined ? [] : [{ key: `domains.${name}.next_hop`, setting }],
  );
  return [{ key: 'next_hop', setting: config.next_hop }, ...ofDomains];
}

/** The URL of every next hop that mail may be routed to, once each. */
export function namedNextHops(config: Config): readonly string[] {
  return [...new Set(namedRoutes(config).flatMap(({ setting }) => groupsOf(setting).flat().map(urlOf)))];
}

/** What must not start, in words. */
export function routeFaults(config: Config): readonly string[] {
  const ofRoutes = namedRoutes(config).flatMap(({ key, setting }) =>
    ambiguities(setting).map(fault => `${key}: ${fault}`),
  );
  return [...ofRoutes, ...certificateFaults('next_hop_ca', config.next_hop_ca), ...unusedCa(config)];
}

const groupsOf = (setting: NextHopSetting): readonly (readonly One[])[] =>
  Array.isArray(setting) ? setting.map(group => (Array.isArray(group) ? group : [group])) : [[setting]];

const urlOf = (one: One): string => (typeof one === 'string' ? one : one.url);

function hopSettings(one: One, config: Config): HopSettings {
  const own = typeof one === 'string' ? { url: one } : one;
  return {
    url: own.url,
    // A socket does not leave the machine, and has no name that a certificate could be for.
    tls: isLocal(own.url) ? 'none' : (own.tls ?? config.next_hop_tls),
    ca: own.ca ?? config.next_hop_ca ?? null,
    chunking: own.chunking ?? config.next_hop_chunking,
    xforward: own.xforward ?? config.next_hop_xforward,
  };
}

function ambiguities(setting: NextHopSetting): readonly string[] {
  const all = groupsOf(setting).flat();
  const urls = all.map(urlOf);
  const twice = urls.filter((url, i) => urls.indexOf(url) !== i).map(url => `${url} is named twice.`);
  const own = all.flatMap(one => (typeof one === 'string' ? [] : ownFaults(one)));
  return [...new Set(twice), ...own];
}

function ownFaults(one: Exclude<One, string>): readonly string[] {
  const { url, tls, ca } = one;
  if (isLocal(url) && (tls ?? 'none') !== 'none') return [`${url} is local: tls does not apply to it.`];
  if (ca !== undefined && tls !== 'verified') return [`${url}: ca is used with tls: verified only.`];
  return certificateFaults(`${url}: ca`, ca);
}

function unusedCa(config: Config): readonly string[] {
  const all = namedRoutes(config).flatMap(({ setting }) => routeSettings(setting, config).flat());
  if (config.next_hop_ca === undefined || all.some(({ tls }) => tls === 'verified')) return [];
  return ['next_hop_ca is set, and no next hop has tls: verified, which would use it.'];
}

function certificateFaults(key: string, pem: string | undefined): readonly string[] {
  if (pem === undefined) return [];
  const certificates = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (certificates.length > 0 && certificates.every(isCertificate)) return [];
  return [`${key} holds no certificates in PEM; files are named by file:PATH.`];
}

function isCertificate(pem: string): boolean {
  try {
    new X509Certificate(pem);
    return true;
  } catch {
    return false;
  }
}

const isLocal = (url: string): boolean => /^(?:maildir:|lmtp:\/\/\/)/.test(url);
