// A Maildir as next hop: one directory that takes the mail of every recipient, for trying the gateway out and for archives.
//
// As Postfix's virtual(8) does, and as readers of Maildirs expect: lines end in LF, Return-Path and Delivered-To come first.
// One file a transaction, with a Delivered-To for each of its recipients: whoever reads this Maildir reads everybody's mail.

import type { FileHandle } from 'node:fs/promises';
import { access, constants, mkdir, open, rename, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Clock, Faults, Random } from '../model/clock.ts';
import { newId } from '../model/ids.ts';
import { outgoingChunks } from '../model/message.ts';
import type { Reply } from '../model/reply.ts';
import { errorCode } from '../model/thrown.ts';
import { UnixLines } from './content-lines.ts';
import type { Delivery, DeliveryResult, NextHop, Unreachable } from './next-hop.ts';
import { replies } from './replies.ts';
import type { NextHopTarget } from './target.ts';
import { unfit } from './writable.ts';

export interface MaildirOptions {
  readonly target: Extract<NextHopTarget, { scheme: 'maildir' }>;
  /** For the names of the files. */
  readonly hostname: string;
}

export interface MaildirDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly faults: Faults;
}

export function maildirNextHop(options: MaildirOptions, deps: MaildirDeps): NextHop {
  return new Maildir(options, deps);
}

class Maildir implements NextHop {
  readonly name: string;
  readonly capabilities: ReadonlyMap<string, string> = new Map([
    ['8BITMIME', ''],
    ['SMTPUTF8', ''],
  ]);
  readonly connections = 0;
  readonly #directory: string;
  readonly #hostname: string;
  readonly #deps: MaildirDeps;
  #made: Promise<void> | null = null;

  constructor({ target, hostname }: MaildirOptions, deps: MaildirDeps) {
    this.name = target.name;
    this.#directory = resolve(target.directory);
    // A slash or a colon in the host's name would be a folder or a flag (maildir(5)).
    this.#hostname = hostname.replaceAll('/', '\\057').replaceAll(':', '\\072');
    this.#deps = deps;
  }

  async deliver(delivery: Delivery): Promise<DeliveryResult> {
    const refused = unfit(delivery, true);
    if (refused !== null) return refused;
    const failure = await this.#make()
      .then(() => this.#store(delivery))
      .catch(error => {
        this.#made = null;
        return storageFailure(error);
      });
    if (failure !== null) return failure;
    await this.#deps.faults('R5c-next-hop-replied');
    return { at: 'content', replies: new Map(delivery.recipients.map(({ path }) => [path, replies.stored])) };
  }

  async verify(): Promise<Reply> {
    return replies.recipientOk;
  }

  async check(): Promise<Unreachable | null> {
    try {
      await this.#make();
      await access(join(this.#directory, 'tmp'), constants.W_OK);
      return null;
    } catch (error) {
      this.#made = null;
      return { reply: replies.storageFailed, because: String(error) };
    }
  }

  async close(): Promise<void> {}

  /** tmp, fsync, rename to new, fsync new: a reader never sees half a message, and after our 250 no crash loses it. */
  async #store(delivery: Delivery): Promise<DeliveryResult | null> {
    const { clock, random, faults } = this.#deps;
    // An id of its own: the transaction's may come here more than once, with other added fields.
    const name = `${Math.floor(clock.now() / 1000)}.${newId(clock, random)}.${this.#hostname}`;
    const temporary = join(this.#directory, 'tmp', name);
    const final = join(this.#directory, 'new', name);
    await faults('R5a-next-hop-data');
    try {
      if (!(await writeSynced(temporary, delivery))) {
        await unlink(temporary);
        return { at: 'data', reply: replies.bareNewline, because: 'bare CR or LF in the content' };
      }
      await rename(temporary, final);
      await faults('R5b-final-dot-sent');
      await syncDirectory(dirname(final));
    } catch (error) {
      await Promise.allSettled([unlink(temporary), unlink(final)]);
      throw error;
    }
    return null;
  }

  /** Once, and again after something failed: somebody may have removed it. */
  #make(): Promise<void> {
    this.#made ??= makeMaildir(this.#directory);
    return this.#made;
  }
}

/** False when the content has a bare CR or LF. */
async function writeSynced(file: string, delivery: Delivery): Promise<boolean> {
  const handle = await open(file, 'wx', 0o600);
  try {
    const isWhole = await writeContent(handle, delivery);
    if (isWhole) await handle.sync();
    return isWhole;
  } finally {
    await handle.close();
  }
}

async function writeContent(handle: FileHandle, { reversePath, recipients, outgoing }: Delivery): Promise<boolean> {
  const deliveredTo = recipients.map(({ path }) => `Delivered-To: ${path}\n`);
  await handle.writeFile(`Return-Path: <${reversePath}>\n${deliveredTo.join('')}`);
  const lines = new UnixLines();
  for await (const chunk of outgoingChunks(outgoing)) {
    const converted = lines.pass(chunk);
    if (converted === null) return false;
    await handle.writeFile(converted);
  }
  const end = lines.end();
  if (end !== null) await handle.writeFile(end);
  return end !== null;
}

/** New directories are made to last as well: a synced file is lost with the directory that holds it. */
async function makeMaildir(directory: string): Promise<void> {
  const first = await mkdir(directory, { recursive: true, mode: 0o700 });
  for (const folder of ['tmp', 'new', 'cur']) await mkdir(join(directory, folder), { recursive: true, mode: 0o700 });
  await syncDirectory(directory);
  if (first === undefined) return;
  for (let made = directory; made.length >= first.length; made = dirname(made)) await syncDirectory(dirname(made));
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** What the file system refused is a reply; what else was thrown (content that could not be read, a bug) is not ours to answer. */
function storageFailure(error: unknown): DeliveryResult {
  const code = errorCode(error);
  if (!/^E[A-Z0-9]+$/.test(code)) throw error;
  const isFull = code === 'ENOSPC' || code === 'EDQUOT';
  return { at: 'data', reply: isFull ? replies.storageFull : replies.storageFailed, because: String(error) };
}
