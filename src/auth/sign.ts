// Signatures of ours (RFC 6376, RFC 8301, RFC 8463): relaxed/relaxed, by RSA or Ed25519 with SHA-256.

import { createHash, createPrivateKey, type KeyObject, sign } from 'node:crypto';
import type { SigningKey } from '../model/alteration.ts';
import type { EpochMs } from '../model/clock.ts';
import { PermanentFailure } from '../model/failure.ts';
import { type HeaderField, headerSection } from '../model/header.ts';
import { relaxedField } from './canonical.ts';

/** A message as it leaves. */
export interface Signable {
  /** The header section. */
  readonly header: Uint8Array;
  /** `RelaxedBodyHash` of the body. */
  readonly bodyHash: string;
}

/** Which fields a signature covers: all of these names that are there. */
export interface Coverage {
  readonly names: readonly string[];
  /** Listed once more than they occur (RFC 6376 §5.4): nobody may add another one. */
  readonly sealed: readonly string[];
}

const sealedNames = [
  'from',
  'to',
  'cc',
  'subject',
  'date',
  'message-id',
  'reply-to',
  'in-reply-to',
  'references',
  'mime-version',
  'content-type',
  'content-transfer-encoding',
];

/** What RFC 6376 §5.4.1 recommends. A mailing list may add its own fields without breaking anything. */
export const dkimCoverage: Coverage = {
  names: [
    ...sealedNames,
    'sender',
    'content-id',
    'content-description',
    'resent-date',
    'resent-from',
    'resent-to',
    'resent-cc',
    'resent-message-id',
    'list-id',
    'list-help',
    'list-unsubscribe',
    'list-unsubscribe-post',
    'list-subscribe',
    'list-post',
    'list-owner',
    'list-archive',
  ],
  sealed: sealedNames,
};

/** The same, and the signatures that came with the message (RFC 8617 §4.1.2). */
export const arcCoverage: Coverage = { ...dkimCoverage, names: [...dkimCoverage.names, 'dkim-signature'] };

/** Tags of a signature in the order in which they are written; `b` comes in when it is known. */
export type Tags = readonly (readonly [name: string, value: string])[];

export interface SignatureOptions {
  readonly by: SigningKey;
  readonly at: EpochMs;
  readonly coverage: Coverage;
}

/** A DKIM-Signature field over `message`, ended by CRLF. */
export function dkimSignature(message: Signable, options: SignatureOptions): string {
  return messageSignature('DKIM-Signature', [['v', '1']], message, options);
}

/**
 * A field that signs header and body; `more` are tags of its kind.
 * @throws PermanentFailure for a header of which only a part would be signed.
 */
export function messageSignature(name: string, more: Tags, message: Signable, options: SignatureOptions): string {
  const { by, at, coverage } = options;
  const signer = signerOf(by.key);
  const { fields, exceeded } = headerSection(message.header);
  if (exceeded.length > 0) throw new PermanentFailure('header limits');
  const signed = coveredFields(fields, coverage);
  const tags: Tags = [
    ...more,
    ['a', signer.algorithm],
    ['b', ''],
    ['bh', message.bodyHash],
    ['c', 'relaxed/relaxed'],
    ['d', by.domain],
    ['h', signed.names.join(':')],
    ['s', by.selector],
    ['t', seconds(at)],
  ];
  const covered = signed.fields.map(field => `${relaxed(message.header, field)}\r\n`).join('');
  return signedField(name, inOrder(tags), covered, signer);
}

export interface Signer {
  readonly algorithm: 'rsa-sha256' | 'ed25519-sha256';
  sign(covered: string): string;
}

export function signerOf(pem: string): Signer {
  const key = createPrivateKey(pem);
  const algorithm = key.asymmetricKeyType === 'ed25519' ? 'ed25519-sha256' : 'rsa-sha256';
  return { algorithm, sign: covered => signed(Buffer.from(covered, 'latin1'), key).toString('base64') };
}

/** RFC 8463 §3: Ed25519 signs the hash of what RSA hashes by itself. */
function signed(covered: Buffer, key: KeyObject): Buffer {
  if (key.asymmetricKeyType !== 'ed25519') return sign('sha256', covered, key);
  return sign(null, createHash('sha256').update(covered).digest(), key);
}

/** The field called `name` with `tags`, whose `b` signs `covered` and the field itself (RFC 6376 §3.7). */
export function signedField(name: string, tags: Tags, covered: string, signer: Signer): string {
  const b = signer.sign(covered + relaxedField(name, written(name, tags)));
  return `${name}: ${written(name, withB(tags, b))}\r\n`;
}

const withB = (tags: Tags, b: string): Tags => tags.map(([name, value]) => (name === 'b' ? [name, b] : [name, value]));

/** `v` first, as everybody has it; the others by their names. */
const inOrder = (tags: Tags): Tags => [...tags].sort(([a], [b]) => (a === 'v' ? -1 : b === 'v' ? 1 : a < b ? -1 : 1));

export const seconds = (at: EpochMs): string => String(Math.floor(at / 1000));

/** RFC 5322 §2.1.1: lines of at most 78 characters where they can be folded. */
const lineLength = 78;

/** Tags separated by `; `, and folded there: relaxed canonicalisation sees a single space either way. */
function written(name: string, tags: Tags): string {
  let line = `${name}:`.length;
  const parts = tags.map(([tag, value], i) => {
    const part = `${tag}=${tag === 'h' ? foldedList(value) : value}${i < tags.length - 1 ? ';' : ''}`;
    const isFolded = i > 0 && line + 1 + part.length > lineLength;
    line = isFolded ? 1 + part.length : line + 1 + part.length;
    return `${i === 0 ? '' : isFolded ? '\r\n ' : ' '}${part}`;
  });
  return parts.join('');
}

/** White space may stand around the colons of h= (RFC 6376 §3.5). */
function foldedList(list: string): string {
  const lines: string[] = [];
  let line = '';
  for (const name of list.split(':')) {
    if (line !== '' && line.length + 1 + name.length > lineLength - 4) {
      lines.push(`${line}:`);
      line = name;
    } else line = line === '' ? name : `${line}:${name}`;
  }
  return [...lines, line].join('\r\n ');
}

/** The fields that are signed, each from the last of its name upwards (RFC 6376 §5.4.2), and their names for h=. */
function coveredFields(fields: readonly HeaderField[], { names, sealed }: Coverage) {
  const byName = Map.groupBy([...fields].reverse(), field => field.name);
  const found = names.map(name => ({ name, fields: byName.get(name) ?? [] }));
  return {
    fields: found.flatMap(each => each.fields),
    names: found.flatMap(({ name, fields: { length } }) =>
      Array.from({ length: length + (sealed.includes(name) ? 1 : 0) }, () => name),
    ),
  };
}

/** A field of `header` as signatures cover it, without its CRLF. */
export function relaxed(header: Uint8Array, field: HeaderField): string {
  const { buffer, byteOffset } = header;
  const value = Buffer.from(buffer, byteOffset + field.valueStart, field.end - field.valueStart).toString('latin1');
  return relaxedField(field.name, value);
}
