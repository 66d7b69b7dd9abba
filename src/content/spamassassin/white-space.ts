// White space of bytes: in a string of a character a byte, U+00A0 is none.

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
