// What our Authentication-Results field says (RFC 8601 §2.2): a resinfo for each method, from the facts alone.

import type { Facts, Observation } from '../model/evidence.ts';

/** Resinfo strings in their order, ASCII, unfolded, without the semicolon between them. */
export function authenticationResults(facts: Facts): readonly string[] {
  return [
    ...spf(facts['auth.spf']),
    ...dkim(facts['auth.dkim']),
    ...dmarc(facts['auth.dmarc']),
    ...arc(facts['auth.arc'], facts.client),
    ...iprev(facts.client),
  ];
}

function spf(fact: Observation | undefined): readonly string[] {
  const value = observed(fact);
  if (value === null) return unknown('spf', fact);
  const property = value.identity === 'helo' ? 'smtp.helo' : 'smtp.mailfrom';
  return [resinfo('spf', value.result, value.problem, [[property, value.domain]])];
}

function dkim(fact: Observation | undefined): readonly string[] {
  const value = observed(fact);
  if (value === null) return unknown('dkim', fact);
  const signatures = Array.isArray(value.signatures) ? value.signatures.map(record) : [];
  if (signatures.length === 0) return [resinfo('dkim', 'none', '', [])];
  return signatures.map(({ result, comment, domain, selector, algorithm, b }) =>
    resinfo('dkim', result, comment, [
      ['header.d', domain],
      ['header.s', selector],
      ['header.a', algorithm],
      ['header.b', b],
    ]),
  );
}

function dmarc(fact: Observation | undefined): readonly string[] {
  const value = observed(fact);
  if (value === null) return unknown('dmarc', fact);
  const reason = String(value.reason ?? '').replaceAll('_', ' ');
  return [
    resinfo('dmarc', value.result, reason, [
      ['header.from', value.domain],
      // RFC 9989 §9.1.
      ['policy.dmarc', value.policy],
    ]),
  ];
}

/** RFC 8617 §10.2, the address that SPF judged; no word is registered for a chain that could not be checked. */
function arc(fact: Observation | undefined, client: Observation | undefined): readonly string[] {
  const value = observed(fact);
  if (value === null) return [];
  return [resinfo('arc', value.result, value.comment, [['smtp.remote-ip', observed(client)?.origin_address]])];
}

/** RFC 8601 §2.7.3. A name that somebody else gave us is no result of ours. */
const iprevResults: Readonly<Record<string, string>> = {
  confirmed: 'pass',
  unconfirmed: 'fail',
  none: 'permerror',
  failed: 'temperror',
};

function iprev(client: Observation | undefined): readonly string[] {
  const value = observed(client);
  const result = iprevResults[String(value?.name_state)];
  return result === undefined ? [] : [resinfo('iprev', result, '', [['policy.iprev', value?.origin_address]])];
}

/** A check that could not run is an error, for ever where the message is to blame (RFC 8601 §2.7). */
function unknown(method: string, fact: Observation | undefined): readonly string[] {
  if (fact?.state !== 'failed') return [];
  return [resinfo(method, fact.reason === 'header limits' ? 'permerror' : 'temperror', '', [])];
}

type Property = readonly [name: string, value: unknown];

function resinfo(method: string, result: unknown, reason: unknown, properties: readonly Property[]): string {
  const said = typeof reason === 'string' && reason !== '' ? [`reason=${quoted(reason)}`] : [];
  const known = properties.flatMap(([name, value]) =>
    typeof value === 'string' && value !== '' ? [`${name}=${pvalue(value)}`] : [],
  );
  return [`${method}=${String(result)}`, ...said, ...known].join(' ');
}

/** A token (RFC 2045 §5.1) stands as it is; anything else, an IPv6 address too, is quoted. */
const pvalue = (value: string): string => (/^[!#$%&'*+.0-9A-Z^_`a-z{|}~-]+$/.test(value) ? value : quoted(value));

/** A quoted-string (RFC 5322 §3.2.4) of at most 200 characters: values come from the message, and this is a header field. */
function quoted(value: string): string {
  const printable = value.slice(0, 200).replace(/[^\x20-\x7e]/g, '?');
  return `"${printable.replace(/["\\]/g, '\\$&')}"`;
}

function observed(fact: Observation | undefined): Record<string, unknown> | null {
  return fact?.state === 'observed' ? record(fact.value) : null;
}

const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
