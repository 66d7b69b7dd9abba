// Transfer encodings as SpamAssassin 4.0.1 undoes them, a character a byte: malformed input is read in its way, not in that of readers.

export function decodedBase64(encoded: string): string {
  const dense = encoded.replace(/[\t-\r ]+/g, '');
  const padded = dense.length % 4 === 0 && /^[A-Za-z0-9+/=]{2,}$/.test(dense);
  const kept = withoutPadding(padded ? dense : dense.replace(/[^A-Za-z0-9+/=]+/g, ''));
  // Padding where none belongs stands for six bits, of which kind depends on whether the rest is well-formed.
  if (padded) return fromBase64(kept.replaceAll('=', 'A'));
  const six = kept.replaceAll('=', '/');
  return fromBase64(six.length % 4 === 1 ? six.slice(0, -1) : six);
}

const fromBase64 = (text: string): string => Buffer.from(text, 'base64').toString('latin1');

export const decodedQuotedPrintable = (encoded: string): string =>
  withoutLineEndSpace(encoded)
    .replace(/=\r?\n/g, '')
    .replace(/=([0-9a-fA-F]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));

// What follows is no pattern: one would look through every run of a character from each of its places.

function withoutPadding(text: string): string {
  let length = text.length;
  while (text[length - 1] === '=') length -= 1;
  return text.slice(0, length);
}

const withoutLineEndSpace = (text: string): string =>
  text
    .split('\n')
    .map((line, index, lines) => (index === lines.length - 1 ? line : withoutTrailingSpace(line)))
    .join('\n');

function withoutTrailingSpace(line: string): string {
  const end = line.endsWith('\r') ? '\r' : '';
  let length = line.length - end.length;
  while (line[length - 1] === ' ' || line[length - 1] === '\t') length -= 1;
  return line.slice(0, length) + end;
}
