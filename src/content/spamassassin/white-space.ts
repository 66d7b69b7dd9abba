// White space of bytes: in a string of a character a byte, U+00A0 is none; and that of text, as Perl has it.

const isSpace = (character: string | undefined): boolean => character !== undefined && /[\t-\r ]/.test(character);

export function trimmed(bytes: string): string {
  let from = 0;
  while (isSpace(bytes[from])) from += 1;
  return trimmedEnd(bytes.slice(from));
}

export function trimmedEnd(bytes: string): string {
  let length = bytes.length;
  while (isSpace(bytes[length - 1])) length -= 1;
  return bytes.slice(0, length);
}

/** White space as Perl counts it in text, for a class of characters. */
export const textSpace = String.raw`\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000`;
