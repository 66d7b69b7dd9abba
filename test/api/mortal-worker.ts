// The program of a thread that dies of its first request, and says on its port when it listens again.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import type { FromApi, ToApi } from '../../src/api/wire.ts';

const tell = (message: FromApi) => parentPort?.postMessage(message);
const server = createServer(() => {
  throw new Error('dies of its first request');
});
server.listen(workerData.port, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  const life = workerData.port === 0 ? 1 : 2;
  tell({ kind: 'log', level: 'info', fields: { life, port }, event: 'mortal_listens' });
  tell({ kind: 'listening', port });
});
parentPort?.on('message', (message: ToApi) => {
  if (message.kind === 'close') process.exit();
});
