// Fetches a policy of MTA-STS as senders do (RFC 8461 §3.3): from the host of that name, by TLS that is verified, no further.

import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { errorCode, errorText } from '../model/thrown.ts';
import { addressesOf, type Resolve } from './lookup.ts';

export type PolicyAnswer =
  | { readonly kind: 'served'; readonly text: string }
  /** There is no such host or file. */
  | { readonly kind: 'absent'; readonly because: string }
  /** What came is not what senders may take for a policy. */
  | { readonly kind: 'refused'; readonly because: string }
  /** Nobody can say. */
  | { readonly kind: 'failed'; readonly because: string };

/** @throws TemporaryFailure when the host could not be looked up. */
export type FetchPolicy = (domain: string) => Promise<PolicyAnswer>;

export interface FetchOptions {
  /** RFC 8461 §3.3 says 443. */
  readonly port: number;
  /** Certificates in PEM that are trusted in place of those that Node.js trusts. */
  readonly ca?: string;
  /** For all of it. */
  readonly timeoutMs: number;
}

/** RFC 8461 §3.3 suggests so much. */
const maxBytes = 65_536;
/** Of the addresses of the host, so many are tried. */
const maxAddresses = 3;

export function policyFetcher(resolve: Resolve, options: FetchOptions): FetchPolicy {
  return async domain => {
    const host = `mta-sts.${domain}`;
    const addresses = await addressesOf(resolve, host);
    if (addresses.length === 0)
      return { kind: 'absent', because: `${host} has no address: there is no policy (RFC 8461 §3.3)` };
    const signal = AbortSignal.timeout(options.timeoutMs);
    let answer: PolicyAnswer = { kind: 'failed', because: 'no address was tried' };
    for (const address of addresses.slice(0, maxAddresses)) {
      answer = await fetchFrom(address, host, signal, options);
      if (answer.kind !== 'failed') return answer;
    }
    return answer;
  };
}

async function fetchFrom(address: string, host: string, signal: AbortSignal, options: FetchOptions) {
  try {
    return await answerOf(await responseOf(address, host, signal, options));
  } catch (error) {
    return failureOf(error, `${host} (${address})`, signal);
  }
}

/** A connection of its own: nothing is shared with others, or kept. */
function responseOf(address: string, host: string, signal: AbortSignal, { port, ca }: FetchOptions) {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  request(
    {
      host: address,
      port,
      path: '/.well-known/mta-sts.txt',
      servername: host,
      headers: { host, accept: 'text/plain' },
      agent: new Agent({ keepAlive: false }),
      checkServerIdentity: identityFault,
      signal,
      ...(ca === undefined ? {} : { ca }),
    },
    resolve,
  )
    .on('error', reject)
    .end();
  return promise;
}

/** RFC 8461 §3.3: by subjectAltName alone; Node.js would do with a common name where there is none. */
function identityFault(host: string, certificate: PeerCertificate): Error | undefined {
  if (certificate.subjectaltname !== undefined) return checkServerIdentity(host, certificate);
  return Object.assign(new Error('it has no subjectAltName'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
}

async function answerOf(response: IncomingMessage): Promise<PolicyAnswer> {
  const { statusCode: status = 0, headers } = response;
  const refusal = refusalOf(status, headers['content-type'] ?? '');
  if (refusal !== null) {
    response.destroy();
    return refusal;
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) {
      response.destroy();
      return { kind: 'refused', because: `the policy is longer than ${maxBytes} bytes (RFC 8461 §3.3)` };
    }
    chunks.push(chunk);
  }
  return { kind: 'served', text: Buffer.concat(chunks).toString('utf8') };
}

function refusalOf(status: number, type: string): PolicyAnswer | null {
  if (status >= 300 && status < 400)
    return { kind: 'refused', because: `HTTP ${status}: senders do not follow redirects (RFC 8461 §3.3)` };
  if (status === 404 || status === 410)
    return { kind: 'absent', because: `HTTP ${status}: the host is there, and no policy (RFC 8461 §3.3)` };
  if (status >= 500) return { kind: 'failed', because: `HTTP ${status}: the web server fails` };
  if (status !== 200) return { kind: 'refused', because: `HTTP ${status}: senders take 200 alone (RFC 8461 §3.3)` };
  if (!/^text\/plain *(?:;|$)/i.test(type))
    return { kind: 'refused', because: `its type is "${type}", not text/plain (RFC 8461 §3.2)` };
  return null;
}

/** A certificate that does not prove the host is wrong; what did not answer is unknown. */
function failureOf(error: unknown, where: string, { aborted }: AbortSignal): PolicyAnswer {
  if (aborted) return { kind: 'failed', because: `${where} did not answer in time` };
  const code = errorCode(error);
  const reason = errorText(error);
  if (/CERT|ISSUER|ALTNAME|SELF_SIGNED|SIGNATURE/.test(code))
    return { kind: 'refused', because: `the certificate of ${where} does not prove it: ${reason} (RFC 8461 §3.3)` };
  return { kind: 'failed', because: `${where} could not be asked: ${reason}` };
}
