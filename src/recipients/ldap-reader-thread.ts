// The thread that reads a whole directory: its pages cost seconds of CPU, and what a broken server sends can do no harm here.

import { parentPort, workerData } from 'node:worker_threads';
import { errorText } from '../model/thrown.ts';
import { type Listed, type Reading, readAll } from './ldap-search.ts';
import type { LdapSource } from './ldap-source.ts';

export type FromReader =
  /** Null: what came so far is void, another server is read. */
  | { readonly kind: 'page'; readonly listed: readonly Listed[] | null }
  | { readonly kind: 'done'; readonly reading: Reading }
  | { readonly kind: 'failed'; readonly reason: string };

const tell = (message: FromReader): void => parentPort?.postMessage(message);

try {
  const reading = await readAll(workerData as LdapSource, listed => tell({ kind: 'page', listed }));
  tell({ kind: 'done', reading });
} catch (error) {
  tell({ kind: 'failed', reason: errorText(error) });
}
