// Signatures over a message as it leaves: DKIM for domains of ours, ARC for what we altered.

import { arcSet } from '../auth/arc-set.ts';
import { RelaxedBodyHash } from '../auth/canonical.ts';
import { dkimCoverage, dkimSignature, type Signable } from '../auth/sign.ts';
import type { Mail } from '../content/mail.ts';
import type { Alteration, AlterationNote, AlterationOrder } from '../model/alteration.ts';
import { Splice } from '../model/message.ts';

export interface Signed {
  /** To be put before everything else. */
  readonly fields: string;
  readonly notes: readonly AlterationNote[];
}

/** `order.edits` are all that are made; `isAltered` says whether some are more than fields of ours. */
export async function signatures(mail: Mail, order: AlterationOrder, isAltered: boolean): Promise<Signed> {
  const asked = signingsIn(order, isAltered);
  if (asked.length === 0) return { fields: '', notes: [] };
  if (mail.header.fields.some(field => !fieldName.test(field.name)))
    return { fields: '', notes: asked.map(({ what }) => left(what, 'a line of the header is no field')) };
  const message = await signable(mail, order);
  const signed = asked.map(signing => attempt(signing, message));
  return { fields: signed.map(each => each.fields).join(''), notes: signed.flatMap(each => each.notes) };
}

/** RFC 5322 §3.6.8. Verifiers join a line without one with the field before it, or do not: no signature would hold for all. */
const fieldName = /^[\x21-\x39\x3b-\x7e]+$/;

interface Signing {
  readonly what: Alteration;
  sign(message: Signable): { readonly fields: string; readonly detail: string };
}

function signingsIn({ signature, seal, at }: AlterationOrder, isAltered: boolean): readonly Signing[] {
  const asked: Signing[] = [];
  if (signature !== null)
    asked.push({
      what: 'dkim_signature',
      sign: message => ({
        fields: dkimSignature(message, { by: signature, at, coverage: dkimCoverage }),
        detail: `d=${signature.domain} s=${signature.selector}`,
      }),
    });
  if (seal !== null && (isAltered || seal.when === 'relayed'))
    asked.push({
      what: 'arc_seal',
      sign: message => {
        const { fields, instance } = arcSet(message, seal, at);
        return { fields, detail: `i=${instance} cv=${seal.chain} d=${seal.by.domain}` };
      },
    });
  return asked;
}

function attempt({ what, sign }: Signing, message: Signable): Signed {
  try {
    const { fields, detail } = sign(message);
    return { fields, notes: [{ what, isDone: true, detail }] };
  } catch (error) {
    return { fields: '', notes: [left(what, error instanceof Error ? error.message.slice(0, 200) : 'unknown')] };
  }
}

const left = (what: Alteration, detail: string): AlterationNote => ({ what, isDone: false, detail });

/** To hash so much takes as long as other messages may wait. */
const chunkBytes = 512 * 1024;

/** Header and body hash of the message as it leaves. */
async function signable({ raw, header, turnFor }: Mail, { prepended, edits }: AlterationOrder): Promise<Signable> {
  const splice = new Splice(edits);
  const head = [Buffer.from(prepended, 'latin1'), ...splice.next(raw.subarray(0, header.bodyStart))];
  const body = new RelaxedBodyHash();
  for (let at = header.bodyStart; at < raw.length; at += chunkBytes) {
    const chunk = raw.subarray(at, Math.min(at + chunkBytes, raw.length));
    await turnFor(chunk);
    for (const piece of splice.next(chunk)) body.update(piece);
  }
  for (const piece of splice.rest()) body.update(piece);
  return { header: Buffer.concat(head), bodyHash: body.digest() };
}
