// Questions to the DNS as these checks ask them: what is there, nothing, or a failure that nobody may read as nothing.

import type { DnsAnswer, RecordType } from '../model/ask.ts';
import { TemporaryFailure } from '../model/failure.ts';

export type Resolve = (name: string, type: RecordType) => Promise<DnsAnswer>;

/**
 * The records of `name`, empty where there are none. `T` is the shape that model/ask.ts gives for `type`.
 * @throws TemporaryFailure when that could not be found out.
 */
export async function lookup<T>(resolve: Resolve, name: string, type: RecordType): Promise<readonly T[]> {
  const answer = await resolve(name, type);
  switch (answer.status) {
    case 'found':
      return answer.records as readonly T[];
    case 'none':
      return [];
    case 'failed':
      throw new TemporaryFailure(`${type} of ${name} could not be looked up (${answer.code})`);
  }
}

/** Each TXT record as one text (RFC 7208 §3.3, RFC 6376 §3.6.2.2). */
export async function texts(resolve: Resolve, name: string): Promise<readonly string[]> {
  return (await lookup<readonly string[]>(resolve, name, 'TXT')).map(strings => strings.join(''));
}

export async function addressesOf(resolve: Resolve, name: string): Promise<readonly string[]> {
  const both = await Promise.all([lookup<string>(resolve, name, 'A'), lookup<string>(resolve, name, 'AAAA')]);
  return both.flat();
}

/** In the manner of dns.promises.resolve, for mailauth: rejects with an error that has a `code`. */
export const asNode = (resolve: Resolve) => async (name: string, type: string) => {
  const answer = await resolve(name, type as RecordType);
  if (answer.status === 'found') return [...answer.records] as string[] | string[][];
  throw Object.assign(new Error(`${type} of ${name}: ${answer.code}`), { code: answer.code });
};

export const plainName = (name: string): string => name.toLowerCase().replace(/\.$/, '');

export const isSameName = (a: string, b: string): boolean => plainName(a) === plainName(b);
