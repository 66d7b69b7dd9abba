// Mail in files, directories and mboxes, as `postern check` reads it: each message with CRLF line ends, as it was on the wire.

import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isLoopback } from '../../auth/networks.ts';
import { type Received, receivedFrom } from '../../auth/received.ts';
import type { EpochMs } from '../../model/clock.ts';
import { BadInput } from '../../model/failure.ts';
import { fieldValue, headerSection } from '../../model/header.ts';
import type { Message } from '../../model/message.ts';
import { errorText } from '../../model/thrown.ts';

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
    throw new BadInput(`${path} cannot be read: ${errorText(cause)}`, { cause });
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

/** What is known of how a stored message came: who the host that wrote its topmost Received field took it from and when, and Return-Path. */
export interface Arrival {
  readonly clientAddress: string | null;
  readonly clientName: string | null;
  readonly helo: string | null;
  readonly reversePath: string | null;
  /** As a trace field says; without one, when the message says that it was written. */
  readonly receivedAt: EpochMs | null;
}

export function arrivalOf(bytes: Uint8Array): Arrival {
  const { fields } = headerSection(bytes);
  const values = (name: string) => fields.filter(field => field.name === name).map(field => fieldValue(bytes, field));
  const received = values('received');
  const handedOver = handOverAmong(received);
  const client = handedOver?.client ?? null;
  const dates = [handedOver?.field, received[0]].map(field => field?.slice(field.lastIndexOf(';') + 1));
  return {
    clientAddress: client?.address ?? null,
    clientName: client === null || client.name === '' ? null : client.name,
    helo: client?.helo ?? null,
    reversePath: returnPath(values('return-path')[0] ?? ''),
    receivedAt: [...dates, values('date')[0]].map(date => timeOf(date ?? '')).find(time => time !== null) ?? null,
  };
}

/** Exchange leaves the angle brackets of RFC 5321 §4.4 out. */
function returnPath(value: string): string | null {
  const [, path, bare] = /^<([^<>]*)>|^([^\s<>@]+@[^\s<>@]+)$/.exec(value.trim()) ?? [];
  return path ?? bare ?? null;
}

interface HandOver {
  readonly field: string;
  readonly client: Extract<Received, { kind: 'from' }>;
}

/** The topmost field that names a client; loopback is a filter on the same host. Null where it cannot be told. */
function handOverAmong(received: readonly string[]): HandOver | null {
  for (const field of received) {
    const read = receivedFrom(field);
    if (read.kind === 'note' || (read.kind === 'from' && isLoopback(read.address))) continue;
    return read.kind === 'from' ? { field, client: read } : null;
  }
  return null;
}

/** A date of RFC 5322 §3.3; null where there is none. The platform reads nearly any text as a date, and so is asked about little. */
function timeOf(text: string): EpochMs | null {
  const date = /\b\d{1,2} +[A-Za-z]{3} +\d{2,4} +\d{1,2}:\d{2}(?::\d{2})? *(?:[+-]\d{4}\b|[A-Z]{1,4}\b)?/.exec(
    text.slice(0, 200),
  );
  const time = date === null ? Number.NaN : Date.parse(date[0]);
  return Number.isFinite(time) ? time : null;
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
