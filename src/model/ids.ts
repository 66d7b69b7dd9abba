// Identifiers that we give. Never taken from a message, never used as a path before `isId` has passed.

import type { Clock, Random } from './clock.ts';

/** 20 characters of `alphabet`: 9 of the time in milliseconds (sortable), 11 random (55 bits). */
export type Id = string & { readonly __brand: 'Id' };

/** Crockford's base 32 in lower case: no i, l, o, u. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

export function newId(clock: Clock, random: Random): Id {
  let time = clock.now();
  let text = '';
  for (let i = 0; i < 9; i++) {
    text = alphabet.charAt(time % 32) + text;
    time = Math.floor(time / 32);
  }
  for (const byte of random(11)) text += alphabet.charAt(byte & 31);
  return text as Id;
}

/** Whether `text` is of the form that `newId` gives. */
export function isId(text: string): text is Id {
  return /^[0-9a-hjkmnp-tv-z]{20}$/.test(text);
}
