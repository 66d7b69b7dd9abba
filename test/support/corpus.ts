// The corpora beside the checkout, unpacked as far as a test needs them. They are never required: tests without them are skipped.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { sharedFolder } from './real-parts.ts';
import { type Ending, tempDir } from './temp.ts';

const archive = join(sharedFolder, 'corpora/dev.tar.xz');

/** The value for node:test's `skip` option: false, or why. */
export const missingCorpus = (): string | false =>
  process.env.POSTERN_CORPUS !== undefined || existsSync(archive)
    ? false
    : 'no corpus: neither POSTERN_CORPUS nor ../shared/corpora beside this checkout';

/** A folder with the files that `wildcard` names: the one that POSTERN_CORPUS names, or out of the archive; null where there is none. */
export function corpusPart(t: Ending, wildcard: string): string | null {
  const given = process.env.POSTERN_CORPUS;
  if (given !== undefined) return given;
  if (!existsSync(archive)) return null;
  const folder = tempDir(t);
  const { status, stderr } = spawnSync('tar', ['-xJf', archive, '-C', folder, '--wildcards', wildcard]);
  if (status !== 0) throw new Error(`tar: ${stderr}`);
  return folder;
}
