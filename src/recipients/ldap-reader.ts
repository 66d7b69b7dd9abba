// Reads a whole LDAP directory in a thread of its own, which ends with the reading.

import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { TemporaryFailure } from '../model/failure.ts';
import { addListed } from './address-book.ts';
import type { FromReader } from './ldap-reader-thread.ts';
import type { Listed, Reading } from './ldap-search.ts';
import type { LdapSource } from './ldap-source.ts';

export interface ReadAll {
  readonly reading: Reading;
  /** Each address with the place of its group, -1 for none. */
  readonly groups: ReadonlyMap<string, number>;
}

const program = new URL(`./ldap-reader-thread${extname(import.meta.url)}`, import.meta.url);
/** A page, its parse, and a large group's members: more is a server that does not know an end. */
const heap = { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 16 };

/** @throws TemporaryFailure when the directory could not be read whole, or not before `signal` is aborted. */
export async function readInThread(source: LdapSource, signal: AbortSignal): Promise<ReadAll> {
  const thread = new Worker(program, { workerData: source, resourceLimits: heap });
  const { promise, resolve, reject } = Promise.withResolvers<ReadAll>();
  const fail = (reason: string, cause?: unknown) => reject(new TemporaryFailure(reason, { cause }));
  const groups = new Map<string, number>();
  const take = (listed: readonly Listed[] | null) => (listed === null ? groups.clear() : addListed(groups, listed));
  thread.on('message', (message: FromReader) => {
    if (message.kind === 'page') take(message.listed);
    else if (message.kind === 'done') resolve({ reading: message.reading, groups });
    else fail(message.reason);
  });
  const stopped = () => fail('the directory was not read in time');
  thread.on('error', cause => fail('the thread that reads the directory broke', cause));
  thread.on('exit', () => fail('the thread that reads the directory ended'));
  signal.addEventListener('abort', stopped, { once: true });
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', stopped);
    await thread.terminate();
  }
}
