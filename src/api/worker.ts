// The program of the API's thread: opens the reader, listens, and closes when told.

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../model/clock.ts';
import { letGoOfStart } from '../model/let-go.ts';
import { openStoreReader } from '../store/sqlite/reader.ts';
import type { ApiLimits } from './limits.ts';
import { buildApi } from './server.ts';
import { isLoopback } from './source.ts';
import { openTokens } from './tokens.ts';
import { type FromApi, failed, logOver, mainThreadOver, type ToApi } from './wire.ts';

export interface WorkerOptions {
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  readonly tokenFile: string;
  readonly bootstrapToken: string | null;
  readonly answerTimeoutMs: number;
  readonly limits: ApiLimits;
}

if (parentPort === null) throw new Error('this is the program of a thread');
const main = parentPort;
const tell = (message: FromApi) => main.postMessage(message);

const [told] = (await once(main, 'message')) as [ToApi];
if (told.kind === 'listen') await begin();
else main.close();

async function begin(): Promise<void> {
  try {
    const port = await listen(workerData as WorkerOptions);
    tell({ kind: 'listening', port });
    letGoOfStart();
  } catch (error) {
    tell({ kind: 'not started', failure: failed(error) });
    main.close();
  }
}

/** The port that was taken. */
async function listen(options: WorkerOptions): Promise<number> {
  const store = openStoreReader(options.dataDir);
  const app = buildApi(
    { isOnLoopback: isLoopback(options.host), limits: options.limits },
    {
      store,
      main: mainThreadOver(main, options.answerTimeoutMs),
      tokens: await openTokens(options.tokenFile, options.bootstrapToken),
      log: logOver(main),
      clock: systemClock,
      random: randomBytes,
      answered: request => tell({ kind: 'answered', request }),
    },
  );
  main.on('message', async (message: ToApi) => {
    if (message.kind !== 'close') return;
    await app.close();
    store.close();
    main.close();
  });
  await app.listen({ host: options.host, port: options.port });
  return (app.server.address() as AddressInfo).port;
}
