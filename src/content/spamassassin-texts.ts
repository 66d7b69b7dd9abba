// The views of a message in which SpamAssassin's rules seek (src/model/evidence.ts), as strings of bytes.

import type { SpamAssassinField } from '../model/evidence.ts';
import { type EvalSupport, evalCallOf } from '../model/spamassassin.ts';
import type { Mail } from './mail.ts';
import { type RenderedBody, rawBody, renderedBody } from './spamassassin/body.ts';
import { evalStrings, evalSupport } from './spamassassin/evals.ts';
import { headerText, partFields } from './spamassassin/fields.ts';
import { type Message, readMessage } from './spamassassin/message.ts';
import { uris } from './spamassassin/uris.ts';

/** The eval functions that there are, by name. */
export const supportedEvals: ReadonlyMap<string, EvalSupport> = evalSupport;

/** Bytes of a message that are taken apart; SpamAssassin itself is given no more than half of that, as a rule. */
const maxMessage = 1024 * 1024;

interface Reading {
  readonly message: Message;
  readonly body: () => RenderedBody;
}

/** Fields are asked for at once: each waits for the same. */
const readings = new WeakMap<Mail, Promise<Reading>>();

export async function spamAssassinText(mail: Mail, field: SpamAssassinField): Promise<readonly string[]> {
  const [, view = '', name = '', ...modifiers] = field.split(':');
  if (view === 'full') return [bytesOf(mail.raw)];
  const reading = await readingOf(mail);
  switch (view) {
    case 'body':
      return name === 'nosubject' ? reading.body().lines.slice(1) : reading.body().lines;
    case 'rawbody':
      return rawBody(reading.message);
    case 'uri':
      return uris(reading.body());
    case 'header':
      return headerText(reading.message, mail.handover, name, modifiers);
    case 'mimeheader':
      return partFields(reading.message, name, modifiers);
    case 'eval':
      return evalText(mail, reading, field);
    default:
      return [];
  }
}

function readingOf(mail: Mail): Promise<Reading> {
  const reading = readings.get(mail) ?? readingFrom(mail);
  readings.set(mail, reading);
  return reading;
}

async function readingFrom(mail: Mail): Promise<Reading> {
  await mail.turnFor(mail.raw);
  const message = readMessage(bytesOf(mail.raw.subarray(0, maxMessage)));
  return { message, body: triedOnce(() => renderedBody(message)) };
}

/** What cannot be read is not tried again for every field. */
function triedOnce<T>(read: () => T): () => T {
  let outcome: (() => T) | null = null;
  return () => {
    outcome ??= outcomeOf(read);
    return outcome();
  };
}

function outcomeOf<T>(read: () => T): () => T {
  try {
    const value = read();
    return () => value;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

function evalText(mail: Mail, reading: Reading, field: SpamAssassinField): readonly string[] {
  const call = evalCallOf(field);
  if (call === null) return [];
  const { message } = reading;
  return evalStrings(call, {
    message,
    handover: mail.handover,
    body: reading.body,
    sizeBytes: mail.raw.length,
  });
}

const bytesOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
