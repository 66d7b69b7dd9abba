// One question to the zone of a DNS list, and what its answer says. What no list means as a listing never reads as one.

import type { DnsAnswer, RecordType } from '../model/ask.ts';
import { type CodeRange, isCodeOf } from '../model/dns-list.ts';
import { reversedLabels } from '../model/reversed.ts';

export type Resolve = (name: string, type: RecordType) => Promise<DnsAnswer>;

export type Reading =
  | { readonly status: 'listed'; readonly codes: readonly string[] }
  | { readonly status: 'not-listed' }
  /** An answer that no list gives of an address: the list is broken, or does not serve us. */
  | { readonly status: 'wrong'; readonly reason: string }
  /** No answer. */
  | { readonly status: 'failed'; readonly reason: string };

/** What a zone says of an address. */
export type AskZone = (address: string) => Promise<Reading>;

/** `errors` are answers of this list that say something of the question or of us, not of the address. */
export const zone =
  (name: string, errors: readonly CodeRange[], resolve: Resolve): AskZone =>
  async address =>
    reading(await resolve(`${reversedLabels(address)}.${name}`, 'A'), errors);

function reading(answer: DnsAnswer, errors: readonly CodeRange[]): Reading {
  if (answer.status === 'none') return { status: 'not-listed' };
  if (answer.status === 'failed') return { status: 'failed', reason: answer.code };
  const codes = answer.records.map(String);
  const wrong = codes.map(code => wrongCode(code, errors)).find(reason => reason !== null);
  return wrong === undefined ? { status: 'listed', codes } : { status: 'wrong', reason: wrong };
}

/** Codes that large lists share for what went wrong with a question. */
const sharedErrors: ReadonlyMap<string, string> = new Map([
  ['127.255.255.252', 'it says that the name of the zone is mistyped (127.255.255.252)'],
  ['127.255.255.254', 'it does not answer through a public resolver (127.255.255.254)'],
  ['127.255.255.255', 'it says that we ask too much (127.255.255.255)'],
]);

function wrongCode(code: string, errors: readonly CodeRange[]): string | null {
  const known = sharedErrors.get(code);
  if (known !== undefined) return known;
  if (code.startsWith('127.255.255.') || isCodeOf(errors, code)) return `it answers with the error code ${code}`;
  // RFC 5782 §2.1; a parked zone, or a resolver that makes up answers, leads elsewhere.
  return /^127\.\d/.test(code) ? null : 'it answers with addresses outside of 127.0.0.0/8';
}
