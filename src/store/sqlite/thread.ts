// Starts a thread of the store from source (.ts) or from what the build made of it (.js).

import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';

/** `name` without extension, beside this file. */
export function startThread(name: string, workerData: unknown): Worker {
  return new Worker(new URL(`./${name}${extname(import.meta.url)}`, import.meta.url), { workerData, name });
}
