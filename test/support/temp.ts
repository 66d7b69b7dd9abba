// A directory for one test, removed when the test ends.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What of node:test's context is needed: `after` of a test or a suite. */
export interface Ending {
  after(fn: () => void | Promise<void>): void;
}

export function tempDir(t: Ending): string {
  const dir = mkdtempSync(join(tmpdir(), 'postern-test-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}
