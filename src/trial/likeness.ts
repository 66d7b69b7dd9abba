// Messages that say the same, sent to many or collected twice: equal but for numbers, white space and what divides their parts.

import { createHash } from 'node:crypto';
import { headerSection } from '../model/header.ts';

/** Of the body that is compared: letters behind this are of long attachments. */
const maxBytes = 256 * 1024;
/** With fewer letters there is too little to compare. */
const leastLetters = 40;

/** Equal for messages that say the same. */
export function likeness(bytes: Uint8Array): string {
  const { bodyStart } = headerSection(bytes);
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).subarray(bodyStart, bodyStart + maxBytes);
  const letters = body
    .toString('latin1')
    .replace(/^(?:--|Content-)[^\r\n]*/gim, '')
    .replace(/[\0-@[-`{-\x7f]+/g, '')
    .toLowerCase();
  return createHash('sha256')
    .update(letters.length < leastLetters ? bytes : letters)
    .digest('hex');
}
