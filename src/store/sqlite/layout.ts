// Names of all files below data_dir that the store owns. They are made from our ids only, never from a message.

import { join } from 'node:path';
import type { Id } from '../../model/ids.ts';

export const lockFile = (dataDir: string): string => join(dataDir, 'postern.lock');
export const databaseFile = (dataDir: string): string => join(dataDir, 'quarantine.sqlite');
export const blobRoot = (dataDir: string): string => join(dataDir, 'quarantine');
/** Blobs that are being written; in the same file system as their final place, so that rename is atomic. */
export const unfinishedDir = (dataDir: string): string => join(blobRoot(dataDir), 'unfinished');
export const ledgerDir = (dataDir: string): string => join(dataDir, 'ledger');

/**
 * The folder of an entry's blob. An id starts with its time: 4 characters are 9 hours, 5 are 17 minutes. Blobs of one
 * time share a folder, so that one fsync of it serves all that were renamed meanwhile.
 */
export const blobDir = (dataDir: string, id: Id): string => join(blobRoot(dataDir), id.slice(0, 4), id.slice(4, 5));

/** Not `.eml`: the message follows a line of ours (see blob.ts). */
export const blobFile = (dataDir: string, id: Id): string => join(blobDir(dataDir, id), `${id}.kept`);

/** The id in a blob's file name; null for any other file. */
export function idOfBlob(fileName: string): string | null {
  return fileName.endsWith('.kept') ? fileName.slice(0, -'.kept'.length) : null;
}
export const historyFile = (dataDir: string): string => join(dataDir, 'history.sqlite');
/** What the digests in the history are made with; without it they say nothing of anybody. */
export const historySecretFile = (dataDir: string): string => join(dataDir, 'history.key');
