// What may be changed in a message beside fields of ours, what is asked for, and what was done.

import type { Path } from './address.ts';
import type { EpochMs } from './clock.ts';
import type { Edit, Outgoing } from './message.ts';

/** A key that signs for a domain. */
export interface SigningKey {
  readonly domain: string;
  /** Its public half is published at `selector._domainkey.domain`. */
  readonly selector: string;
  /** PEM; RSA or Ed25519. */
  readonly key: string;
}

/** Lines end in LF. */
export interface Banner {
  readonly text: string;
  /** For plain text that cannot hold the letters of `text`; null: it stays as it is. */
  readonly ascii: string | null;
  readonly html: string;
}

/** An ARC set (RFC 8617) that says what we saw before we altered the message. */
export interface SealOrder {
  readonly by: SigningKey;
  /** Only where something was altered, or in any case. */
  readonly when: 'altered' | 'relayed';
  /** Our verdict of the chain as it came. */
  readonly chain: 'none' | 'pass' | 'fail';
  readonly authservId: string;
  /** `resinfo` of RFC 8601 §2.2, one for each method. */
  readonly results: readonly string[];
}

/** What is to be altered; null for what is not. */
export interface Asked {
  readonly subjectTag: string | null;
  readonly banner: Banner | null;
  readonly seal: SealOrder | null;
  /** A DKIM signature (RFC 6376) over what leaves. */
  readonly signature: SigningKey | null;
}

/** How some copies of a message are to leave. */
export interface AlterationOrder extends Asked {
  /** Fields of ours, and the edits that take forged ones out. */
  readonly prepended: string;
  readonly edits: readonly Edit[];
  /** For t= of signatures. */
  readonly at: EpochMs;
}

export type Alteration = 'subject_tag' | 'banner' | 'arc_seal' | 'dkim_signature';

export function alterationsIn({ subjectTag, banner, seal, signature }: Asked): readonly Alteration[] {
  const asked = { subject_tag: subjectTag, banner, arc_seal: seal, dkim_signature: signature };
  return (Object.keys(asked) as Alteration[]).filter(what => asked[what] !== null);
}

/** One of them, done or left undone. */
export interface AlterationNote {
  readonly what: Alteration;
  readonly isDone: boolean;
  /** Where or how, or why not. */
  readonly detail: string;
}

export type Altered = Omit<Outgoing, 'message'> & { readonly notes: readonly AlterationNote[] };

/** What became of the alterations of some copies, as the ledger keeps it. */
export interface AlterationRecord {
  readonly recipients: readonly Path[];
  readonly notes: readonly AlterationNote[];
}
