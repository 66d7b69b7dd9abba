// A PROXY header off a socket, in time and no byte more: what follows it is TLS's or the session's.

import type { Socket } from 'node:net';
import { Deadline } from './deadline.ts';
import { type ProxiedClient, parseProxyHeader } from './proxy-header.ts';

export type HeaderRead =
  | { readonly state: 'read'; readonly client: ProxiedClient | null }
  | { readonly state: 'malformed' | 'late' }
  /** Closed before a byte of it came: somebody looked whether we listen. */
  | { readonly state: 'gone' };

export function readProxyHeader(socket: Socket, ms: number): Promise<HeaderRead> {
  const { promise, resolve } = Promise.withResolvers<HeaderRead>();
  let held = Buffer.alloc(0);
  const read = () => {
    for (let chunk = socket.read(); chunk !== null; chunk = socket.read()) held = Buffer.concat([held, chunk]);
    const header = parseProxyHeader(held);
    if (header.state === 'partial') return;
    settle(header.state === 'read' ? { state: 'read', client: header.client } : { state: 'malformed' });
    if (header.state === 'read' && header.usedBytes < held.length) socket.unshift(held.subarray(header.usedBytes));
  };
  const end = () => settle({ state: held.length === 0 ? 'gone' : 'malformed' });
  const deadline = new Deadline(() => settle({ state: 'late' }));
  // At once: what is put back for the next reader must not be read here again.
  const settle = (result: HeaderRead) => {
    deadline.clear();
    socket.off('readable', read).off('end', end).off('close', end).off('error', end);
    resolve(result);
  };
  deadline.set(ms);
  socket.on('readable', read).on('end', end).on('close', end).on('error', end);
  return promise;
}
