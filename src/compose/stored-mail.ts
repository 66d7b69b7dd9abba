// Mail in files, directories and mboxes, as `postern check` reads it: each message with CRLF line ends, as it was on the wire.

import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isLoopback } from '../auth/networks.ts';
import { type Received, receivedFrom } from '../auth/received.ts';
import { BadInput } from '../model/failure.ts';
import { fieldValue, headerSection } from '../model/header.ts';
import type { Message } from '../model/message.ts';

export interface StoredMail {
  /** The file's path; a message of an mbox has its number behind `#`. */
  readonly name: string;
  readonly bytes: Buffer;
}

/** @throws BadInput when `path` cannot be read. */
export async function* storedMails(path: string): AsyncGenerator<StoredMail> {
  try {
    if ((await stat(path)).isDirectory()) {
      const names = (await readdir(path, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1));
      for (const entry of names) {
        if (entry.isDirectory() || entry.isFile()) yield* storedMails(join(path, entry.name));
      }
    } else yield* mailsIn(path, await readFile(path));
  } catch (cause) {
    if (cause instanceof BadInput) throw cause;
    throw new BadInput(`${path} cannot be read: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

function* mailsIn(path: string, bytes: Buffer): Generator<StoredMail> {
  if (!bytes.subarray(0, 5).equals(Buffer.from('From '))) {
    yield { name: path, bytes: withCrlf(bytes) };
    return;
  }
  let number = 0;
  // mboxrd: a line `From ` begins a message, and such lines within one have a `>` more in front.
  for (const part of bytes
    .toString('latin1')
    .split(/(?:^|\n)From [^\n]*\n/)
    .slice(1)) {
    number += 1;
    const unquoted = part.replace(/^>(>*From )/gm, '$1').replace(/\n$/, '');
    yield { name: `${path}#${number}`, bytes: withCrlf(Buffer.from(unquoted, 'latin1')) };
  }
}

function withCrlf(bytes: Buffer): Buffer {
  const text = bytes.toString('latin1');
  const canonical = text.replace(/\r\n|\r|\n/g, '\r\n');
  return Buffer.from(canonical.endsWith('\r\n') ? canonical : `${canonical}\r\n`, 'latin1');
}

/** What is known of how a stored message came: who the host that wrote its topmost Received field took it from, and Return-Path. */
export interface Arrival {
  readonly clientAddress: string | null;
  readonly clientName: string | null;
  readonly helo: string | null;
  readonly reversePath: string | null;
}

export function arrivalOf(bytes: Uint8Array): Arrival {
  const { fields } = headerSection(bytes);
  const values = (name: string) => fields.filter(field => field.name === name).map(field => fieldValue(bytes, field));
  const client = clientOf(values('received'));
  return {
    clientAddress: client?.address ?? null,
    clientName: client === null || client.name === '' ? null : client.name,
    helo: client?.helo ?? null,
    reversePath: /^<([^<>]*)>/.exec(values('return-path')[0] ?? '')?.[1] ?? null,
  };
}

/** The client that the topmost field names; loopback is a filter on the same host. Null where it cannot be told. */
function clientOf(received: readonly string[]): Extract<Received, { kind: 'from' }> | null {
  for (const value of received) {
    const read = receivedFrom(value);
    if (read.kind === 'note' || (read.kind === 'from' && isLoopback(read.address))) continue;
    return read.kind === 'from' ? read : null;
  }
  return null;
}

/** `bytes` as the line sees a message: in shared memory. */
export function messageOf(bytes: Buffer): Message {
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  return {
    sizeBytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    hadBareNewlines: false,
    header: bytes.subarray(0, headerSection(bytes).bodyStart),
    bytes: async () => shared,
    async *chunks() {
      yield shared;
    },
  };
}
