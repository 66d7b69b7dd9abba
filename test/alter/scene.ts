// What `alter` makes of a message, as the next hop gets it.

import { generateKeyPairSync } from 'node:crypto';
import { alter } from '../../src/alter/alter.ts';
import { keyRecord } from '../../src/config/signing-keys.ts';
import type { AlterationNote, AlterationOrder, SigningKey } from '../../src/model/alteration.ts';
import { areSound, Splice } from '../../src/model/message.ts';
import type { Records } from '../support/verifiers.ts';

export interface Left {
  /** One character a byte. */
  readonly text: string;
  readonly bytes: Buffer;
  /** `banner: text/html`, `not arc_seal: the chain is full`. */
  readonly notes: readonly string[];
}

/** `mail` has its lines ended by LF for legibility. */
export async function altered(mail: string, asked: Partial<AlterationOrder>): Promise<Left> {
  const raw = shared(Buffer.from(mail.replace(/\r?\n/g, '\r\n'), 'latin1'));
  const order: AlterationOrder = {
    prepended: '',
    edits: [],
    subjectTag: null,
    banner: null,
    seal: null,
    signature: null,
    at: Date.UTC(2026, 10, 22),
    ...asked,
  };
  const { prepended, edits, notes } = await alter(raw, order);
  if (!areSound(edits, raw.length)) throw new Error('edits that cannot be made');
  const splice = new Splice(edits);
  const bytes = Buffer.concat([Buffer.from(prepended, 'latin1'), ...splice.next(raw), ...splice.rest()]);
  return { text: bytes.toString('latin1'), bytes, notes: notes.map(shown) };
}

/** As workers get it. */
function shared(bytes: Uint8Array): Uint8Array<SharedArrayBuffer> {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}

const shown = ({ what, isDone, detail }: AlterationNote): string => `${isDone ? '' : 'not '}${what}: ${detail}`;

export function signingKey(type: 'rsa' | 'ed25519', domain = 'ours.example', selector = 's1'): SigningKey {
  const { privateKey } =
    type === 'rsa' ? generateKeyPairSync('rsa', { modulusLength: 2048 }) : generateKeyPairSync('ed25519');
  return { domain, selector, key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

export const recordsOf = (...keys: readonly SigningKey[]): Records =>
  Object.fromEntries(keys.map(({ domain, selector, key }) => [`${selector}._domainkey.${domain}`, keyRecord(key)]));
