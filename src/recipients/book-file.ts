// The last good address book on disk, so that a restart while the directory is down has one: a line of JSON that says
// what it is, then a line an address, with the place of its group where it has one.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { errorCode } from '../model/thrown.ts';
import { AddressBook } from './address-book.ts';
import type { Listed } from './ldap-search.ts';
import type { LdapSource } from './ldap-source.ts';

interface Heading {
  readonly format: typeof format;
  /** Of the settings that decide what stands in it: a book of other settings answers nothing. */
  readonly source: string;
  readonly readAt: number;
  readonly addresses: number;
}

const format = 'postern recipients 1';
/** So many lines are written at once: the event loop turns between them. */
const batch = 5000;

/** Written beside and renamed: a crash leaves the old file or the new one, whole. */
export async function writeBook(file: string, book: AddressBook, source: LdapSource): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const unfinished = `${file}.new`;
  const handle = await open(unfinished, 'w', 0o600);
  try {
    const heading: Heading = { format, source: digestOf(source), readAt: book.readAt, addresses: book.size };
    await handle.writeFile(`${JSON.stringify(heading)}\n`);
    for (const lines of batches(book)) await handle.writeFile(lines);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(unfinished, file);
  await syncFolder(dirname(file));
}

function* batches(book: AddressBook): Generator<string> {
  let lines: string[] = [];
  for (const listed of book) {
    lines.push(lineOf(listed));
    if (lines.length < batch) continue;
    yield lines.join('');
    lines = [];
  }
  yield lines.join('');
}

const lineOf = ([address, group]: Listed): string => (group < 0 ? `${address}\n` : `${address} ${group}\n`);

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Null where there is no file. @throws Error that says why the file cannot be used. */
export async function readBook(file: string, source: LdapSource): Promise<AddressBook | null> {
  const lines = linesOf(file)[Symbol.asyncIterator]();
  let heading: Heading;
  try {
    heading = headingOf((await lines.next()).value ?? '', source);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
  const groups = new Map<string, number>();
  for (let line = await lines.next(); line.done !== true; line = await lines.next()) {
    const [address = '', group] = line.value.split(' ');
    groups.set(address, group === undefined ? -1 : Number(group));
    if (groups.size > heading.addresses) break;
  }
  if (groups.size !== heading.addresses) throw new Error('it does not hold as many addresses as it says');
  return new AddressBook(heading.readAt, groups);
}

async function* linesOf(file: string): AsyncGenerator<string> {
  const stream = createReadStream(file);
  try {
    yield* createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY });
  } finally {
    stream.destroy();
  }
}

function headingOf(line: string, source: LdapSource): Heading {
  const heading = JSON.parse(line) as Partial<Heading>;
  if (heading.format !== format) throw new Error('it is of another format');
  if (heading.source !== digestOf(source)) throw new Error('it was made with other settings');
  const { readAt, addresses } = heading;
  if (!Number.isFinite(readAt) || !Number.isInteger(addresses) || Number(addresses) > source.maxAddresses) {
    throw new Error('its heading is damaged');
  }
  return heading as Heading;
}

/** Of what decides which addresses and groups are found; not of how the servers are reached. */
function digestOf({ base, filter, attributes, groups }: LdapSource): string {
  return createHash('sha256').update(JSON.stringify({ base, filter, attributes, groups })).digest('hex');
}
