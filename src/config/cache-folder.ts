// Where commands keep what can be made again (XDG Base Directory Specification).

import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

export function cacheFolder(environment: Readonly<Record<string, string | undefined>> = process.env): string {
  const given = environment.XDG_CACHE_HOME;
  // A relative path is to be ignored, says the specification.
  return join(given !== undefined && isAbsolute(given) ? given : join(homedir(), '.cache'), 'postern');
}
