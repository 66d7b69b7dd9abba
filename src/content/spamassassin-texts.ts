// The views of a message in which SpamAssassin's rules seek (src/model/spamassassin.ts), as strings of bytes.

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
  body: RenderedBody | null;
}

const readings = new WeakMap<Mail, Reading>();

export async function spamAssassinText(mail: Mail, field: SpamAssassinField): Promise<readonly string[]> {
  const [, view = '', name = '', ...modifiers] = field.split(':');
  if (view === 'full') return [bytesOf(mail.raw)];
  const reading = await readingOf(mail);
  switch (view) {
    case 'body':
      return name === 'nosubject' ? bodyOf(reading).lines.slice(1) : bodyOf(reading).lines;
    case 'rawbody':
      return rawBody(reading.message);
    case 'uri':
      return uris(bodyOf(reading));
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

async function readingOf(mail: Mail): Promise<Reading> {
  const known = readings.get(mail);
  if (known !== undefined) return known;
  await mail.turnFor(mail.raw);
  const reading: Reading = { message: readMessage(bytesOf(mail.raw.subarray(0, maxMessage))), body: null };
  readings.set(mail, reading);
  return reading;
}

function evalText(mail: Mail, reading: Reading, field: SpamAssassinField): readonly string[] {
  const call = evalCallOf(field);
  if (call === null) return [];
  const { message } = reading;
  return evalStrings(call, {
    message,
    handover: mail.handover,
    body: () => bodyOf(reading),
    sizeBytes: mail.raw.length,
  });
}

function bodyOf(reading: Reading): RenderedBody {
  reading.body ??= renderedBody(reading.message);
  return reading.body;
}

const bytesOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
