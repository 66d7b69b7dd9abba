// Networks that are known by their number alone.

import { within } from '../model/networks.ts';

export const isLoopback = within(['127.0.0.0/8', '::1']);

/** RFC 1918, RFC 6598, RFC 3927, RFC 4193, RFC 4291, and loopback. */
export const isPrivate = within([
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  '127.0.0.0/8',
  'fc00::/7',
  'fe80::/10',
  '::1',
]);
