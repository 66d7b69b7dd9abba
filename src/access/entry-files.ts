// The files of entries, as a whole: read together, so that what does not load never replaces a part of what is in force.

import { readFile, stat } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { ConfigError } from '../model/failure.ts';
import { AccessIndex } from './access-index.ts';
import { entryIn, type Fault } from './entry-file.ts';

/** A mistyped name of a log or an image of a disk is not read into memory. */
const maxBytes = 64 * 1024 ** 2;
/** So many lines are read at once: the event loop turns between them. */
const batch = 500;
const maxFaults = 20;

/**
 * @throws ConfigError with a line for each fault: `access/partners.txt:3: unknown kind "alow" (did you mean allow?)`. What is wrong
 * with a file as a whole has no number.
 */
export async function readEntryFiles(files: readonly string[], maxEntries: number): Promise<AccessIndex> {
  const index = new AccessIndex();
  const faults: Fault[] = [];
  for (const file of files) {
    const text = await textOf(file);
    if (typeof text !== 'string') faults.push(text);
    for await (const { line, at } of linesOf(typeof text === 'string' ? text : '', file)) {
      const entry = entryIn(line, at);
      if (entry === null) continue;
      if ('fault' in entry) faults.push(entry);
      else index.add(entry);
      if (faults.length > maxFaults) throw refusal(faults);
      if (index.size > maxEntries) {
        const fault = `more than ${maxEntries} entries: raise access.max_entries`;
        throw refusal([...faults, { at, fault }]);
      }
    }
  }
  if (faults.length > 0) throw refusal(faults);
  return index;
}

function refusal(faults: readonly Fault[]): ConfigError {
  const lines = faults.slice(0, maxFaults).map(({ at, fault }) => `${at}: ${fault}`);
  return new ConfigError([...lines, ...(faults.length > maxFaults ? ['and more'] : [])].join('\n'));
}

async function textOf(file: string): Promise<string | Fault> {
  const refused = (why: string): Fault => ({ at: file, fault: `${why}; access.files names it` });
  try {
    const { size } = await stat(file);
    if (size > maxBytes) return refused(`larger than ${maxBytes / 1024 ** 2} MiB`);
    return await readFile(file, 'utf8');
  } catch (error) {
    return refused(`cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

async function* linesOf(text: string, file: string): AsyncGenerator<{ readonly line: string; readonly at: string }> {
  let start = 0;
  for (let number = 1; start <= text.length; number++) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    yield { line: text.slice(start, end), at: `${file}:${number}` };
    start = end + 1;
    if (number % batch === 0) await setImmediate();
  }
}

/** What tells that a file was written anew; another text for one that is not there. */
export async function stampOf(files: readonly string[]): Promise<string> {
  const stamps = files.map(file =>
    stat(file, { bigint: true }).then(
      ({ ino, size, mtimeNs }) => `${ino} ${size} ${mtimeNs}`,
      (cause: NodeJS.ErrnoException) => String(cause.code),
    ),
  );
  return (await Promise.all(stamps)).join('\n');
}
