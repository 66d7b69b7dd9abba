// The texts of a message as they may be kept for some days, so that a replay can seek patterns in them that nobody sought.

import type { TextField, Texts } from './evidence.ts';

/** Of which fields: none, those in which the rules in force seek, or every one that a rule can name; header fields with either. */
export const textKeepings = ['off', 'sought', 'all'] as const;
export type TextKeeping = (typeof textKeepings)[number];

export interface KeptTexts {
  /** Of each field that was kept, as patterns were sought in it; one that was empty has no strings. */
  readonly texts: Texts;
  /** Whether a header field that is not among them was not in the message. */
  readonly hasHeader: boolean;
}

type Packed = readonly [
  hasHeader: boolean,
  texts: readonly (readonly [field: TextField, strings: readonly string[]])[],
];

/** JSON in UTF-8. */
export function packedTexts({ texts, hasHeader }: KeptTexts): Uint8Array {
  const packed: Packed = [hasHeader, [...texts]];
  return Buffer.from(JSON.stringify(packed));
}

/** `packed` is what `packedTexts` wrote, parsed as JSON. */
export function unpackedTexts(packed: unknown): KeptTexts {
  const [hasHeader, texts] = packed as Packed;
  return { hasHeader, texts: new Map(texts) };
}

/** Whether what `kept` says of `field` is all that there was. */
export const wasKept = ({ texts, hasHeader }: KeptTexts, field: TextField): boolean =>
  texts.has(field) || (hasHeader && field.startsWith('header:'));
