// What can only be reached from this machine.

import { isIP } from 'node:net';
import { hostAndPort } from './values.ts';

/** Whether `endpoint` (host:port) can only be reached from this machine. */
export function isLoopback(endpoint: string): boolean {
  const { host } = hostAndPort(endpoint);
  if (isIP(host) === 0) return host === 'localhost';
  return host === '::1' || /^(?:::ffff:)?127\./i.test(host);
}
