// The journal of a swap, claimed by one process at a time: written under a name that says whose it is, and linked to its place whole.
// From such names it is told, as with spool folders, what a process left that was killed before it came so far.

import { closeSync, fchmodSync, fsyncSync, linkSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { SwapJournal } from '../../config/swap-journal.ts';
import type { Faults } from '../../model/clock.ts';
import { PermanentFailure, TemporaryFailure } from '../../model/failure.ts';
import { errorCode } from '../../model/thrown.ts';
import { lifeOf, type Owner, ownerName, ownerNamed } from '../../smtp/process-owner.ts';
import { syncPath } from './staged-copy.ts';

/**
 * Whole from its first moment on: no gateway starts on a journal that cannot be read.
 * @throws TemporaryFailure where another process has it, PermanentFailure where it cannot be written; nothing is left then.
 */
export async function claimJournal(file: string, journal: SwapJournal, faults: Faults): Promise<void> {
  // What cannot be seen or taken away is in nobody's way.
  await removeLeft(file).catch(() => {});
  const unfinished = unfinishedOf(file, journal.owner);
  let isOurs = false;
  try {
    rmSync(unfinished, { force: true });
    writeJournal(unfinished, journal);
    await faults('A0-claiming');
    linkSync(unfinished, file);
    isOurs = true;
    syncPath(dirname(file));
  } catch (cause) {
    if (errorCode(cause) === 'EEXIST') throw new TemporaryFailure(`another process is applying: ${file}`, { cause });
    if (isOurs) rmSync(file, { force: true });
    throw new PermanentFailure(`${file} cannot be written: nothing was changed`, { cause });
  } finally {
    rmSync(unfinished, { force: true });
  }
}

/** Written and on the disk, under a name that nobody has. */
export function writeJournal(file: string, journal: SwapJournal): void {
  const descriptor = openSync(file, 'wx', 0o644);
  try {
    // The gateway reads it too, as another user.
    fchmodSync(descriptor, 0o644);
    writeSync(descriptor, `${JSON.stringify(journal, null, 2)}\n`);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

const unfinishedOf = (file: string, owner: Owner): string => `${file}.${ownerName(owner)}`;

/** The owner that the name of an unfinished `journal` tells; null for what is none. */
function ownerIn(name: string, journal: string): Owner | null {
  if (!name.startsWith(`${journal}.`)) return null;
  const owner = ownerNamed(name.slice(journal.length + 1));
  // Beside somebody's files: nothing that only looks like ours.
  return owner !== null && /^[0-9a-f-]{36}$/.test(owner.boot) && /^\d+$/.test(owner.namespace) ? owner : null;
}

async function removeLeft(file: string): Promise<void> {
  for (const entry of readdirSync(dirname(file), { withFileTypes: true })) {
    const owner = entry.isFile() ? ownerIn(entry.name, basename(file)) : null;
    if (owner !== null && (await lifeOf(owner)) === 'gone') rmSync(join(dirname(file), entry.name), { force: true });
  }
}
