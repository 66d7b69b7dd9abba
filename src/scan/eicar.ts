// The EICAR test file, found wherever it stands in a content.

/** In two halves, so that this source is not itself the test file. */
export const eicar: string = 'X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-' + 'ANTIVIRUS-TEST-FILE!$H+H*';

const needle = Buffer.from(eicar, 'latin1');

/**
 * EICAR's own definition wants the string at the very start of a file of at most 128 bytes. A filter looks anywhere:
 * readers, archives and broken MIME put other bytes before it, and who tests a filter expects it to be found.
 */
export function hasEicar(bytes: Buffer): boolean {
  return bytes.includes(needle);
}
