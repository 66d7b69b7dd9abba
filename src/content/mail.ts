// The content of one message as checks see it: read lazily, each view computed once.

import type { TextField, Texts } from '../model/evidence.ts';
import { fieldValue, type HeaderSection, headerSection } from '../model/header.ts';
import type { Seekable } from '../model/seekable.ts';
import { type AddressList, addressList } from './addresses.ts';
import type { Anomaly } from './anomalies.ts';
import { type Attachment, attachments } from './attachments.ts';
import { type Body, readBody } from './body.ts';
import { carve } from './carve.ts';
import { type Disguised, disguisedIn } from './disguised.ts';
import type { Handover } from './handover.ts';
import { type Part, readStructure, type Structure } from './mime.ts';
import { type Parsed, parse } from './parsed.ts';
import { textReader } from './texts.ts';
import { turnFor } from './turns.ts';
import type { PlacedAddress } from './urls.ts';
import { webAddresses } from './web-addresses.ts';
import { decodeWords } from './words.ts';

export interface Mail {
  readonly raw: Uint8Array;
  /** Null where it is not known. */
  readonly handover: Handover | null;
  readonly header: HeaderSection;
  /** Values of the fields called `name` (lower case) in their order: unfolded, undecoded, a character a byte. */
  values(name: string): readonly string[];
  /** The same, as a reader sees them (RFC 2047). */
  decoded(name: string): readonly string[];
  /** The mailboxes of each field called `name`. */
  addresses(name: string): readonly AddressList[];
  /** Parts as our reader finds them. Of a large message a long pass: who can wait asks for `parsed` first. */
  structure(): Structure;
  /** mailparser's reading. */
  parsed(): Promise<Parsed>;
  /** Where readers may disagree; `parsers_differ` included. */
  anomalies(): Promise<ReadonlySet<Anomaly>>;
  /** Text and HTML that a reader shows. */
  body(): Promise<Body>;
  attachments(): Promise<readonly Attachment[]>;
  /** In text and HTML, distinct; and those that they hold. */
  webAddresses(): Promise<readonly PlacedAddress[]>;
  /** Words of subject, names and text that are written with other characters than they show. */
  disguised(): Promise<Disguised>;
  /** Every content that some reader may take out of the message; for scanners. */
  contents(): Promise<readonly Content[]>;
  /** The strings of one field in which patterns are sought. */
  text(field: TextField): Promise<readonly string[]>;
  /** Those of several. */
  texts(fields: Iterable<TextField>): Promise<Texts>;
  /** Resolves when the next long pass over `bytes` may begin, so that other messages get on between them. */
  turnFor(bytes: { readonly length: number }): Promise<void>;
}

export interface Content {
  /** `part 3 (invoice.pdf)`, `mailparser: invoice.pdf`, `carved 1`. */
  readonly where: string;
  /** Decoded. What is carved is found on each call, in its turn: hold only one at a time. */
  read(): Promise<Seekable>;
}

/** `raw` may be shared memory: it is never written to. */
export function readMail(raw: Uint8Array, handover: Handover | null = null): Mail {
  const header = headerSection(raw);
  const values = (name: string) => header.fields.filter(f => f.name === name).map(f => fieldValue(raw, f));
  const lists = new Map<string, readonly AddressList[]>();
  const structure = once(() => readStructure(raw));
  const parsed = once(async () => {
    await turnFor(raw);
    const parts = structure();
    await turnFor(raw);
    return parse(raw, header, parts);
  });
  const body = once(async () => {
    const theirs = await parsed();
    await turnFor(raw);
    return readBody(structure(), theirs);
  });
  const anomalies = once(async () => withDifference(structure(), await parsed()));
  const mail: Mail = {
    raw,
    handover,
    header,
    values,
    decoded: name => values(name).map(decodeWords),
    addresses: name => {
      const read = lists.get(name) ?? values(name).map(addressList);
      lists.set(name, read);
      return read;
    },
    structure,
    parsed,
    anomalies,
    body,
    attachments: once(async () => {
      const theirs = await parsed();
      await turnFor(raw);
      return attachments(structure(), theirs);
    }),
    webAddresses: once(async () => webAddresses(await body())),
    disguised: once(async () => disguisedIn(mail)),
    contents: once(async () =>
      contents(raw, structure(), await parsed(), (await anomalies()).size + structure().limits.size > 0),
    ),
    text: field => text(field),
    texts: async fields => {
      const texts = new Map<TextField, readonly string[]>();
      for (const field of fields) texts.set(field, await text(field));
      return texts;
    },
    turnFor,
  };
  const text = textReader(mail);
  return mail;
}

function once<T>(read: () => T): () => T {
  let kept: { readonly value: T } | null = null;
  return () => {
    kept ??= { value: read() };
    return kept.value;
  };
}

function withDifference(structure: Structure, parsed: Parsed): ReadonlySet<Anomaly> {
  if (parsed.state !== 'parsed') return structure.anomalies;
  const ours = structure.parts.filter(isAttachedForMailparser);
  const theirs = parsed.attachments.filter(a => isComparable(a.type, a.filename !== null)).length;
  // It enters some enclosed messages and takes others for attachments; either reading of those is the same tree.
  // A multipart without a part is a leaf for us and nothing for it: an anomaly of its own.
  const certain = ours.filter(part => !part.isEnclosed && !part.type.startsWith('multipart/'));
  const isSame = theirs <= ours.length && theirs >= certain.length;
  return isSame ? structure.anomalies : new Set([...structure.anomalies, 'parsers_differ']);
}

/** mailparser's own rule of what is an attachment, applied to our parts, so that only different trees differ. */
function isAttachedForMailparser({ type, disposition, filenames }: Part): boolean {
  if (!isComparable(type, filenames.length > 0)) return false;
  const isText = type === 'text/plain' || type === 'text/html';
  return !isText || (disposition !== null && disposition !== '' && disposition !== 'inline');
}

/** Text without a name is text or an attachment by small differences in the type that hide nothing. */
function isComparable(type: string, isNamed: boolean): boolean {
  return !type.startsWith('message/') && (isNamed || !type.startsWith('text/'));
}

async function contents(
  raw: Uint8Array,
  structure: Structure,
  parsed: Parsed,
  isAmbiguous: boolean,
): Promise<readonly Content[]> {
  const found: Content[] = [];
  const keep = (where: string, content: Seekable) => {
    if (content.length > 0) found.push({ where, read: async () => content });
  };
  for (const [i, { filenames, content }] of structure.parts.entries())
    keep(filenames[0] === undefined ? `part ${i + 1}` : `part ${i + 1} (${filenames[0]})`, content);
  // Without ambiguity mailparser's contents are the same as ours, and there is nothing to carve.
  if (isAmbiguous && parsed.state === 'parsed')
    for (const { filename, type, content } of parsed.attachments) keep(`mailparser: ${filename ?? type}`, content);
  if (isAmbiguous || parsed.state !== 'parsed')
    for (const [i, decoded] of (await carve(raw)).entries())
      found.push({ where: `carved ${i + 1}`, read: () => turnFor(raw).then(decoded) });
  return found;
}
