// Bytes as the characters that SpamAssassin 4.0.1 takes them for, with its `normalize_charset`: 8-bit text that is valid
// UTF-8 is that, whatever it was declared to be.

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const windows1252 = new TextDecoder('windows-1252');

/** `bytes` is a character a byte, and so is an answer that was not decoded: then it is ASCII. */
export function normalized(bytes: string, declared: string): string {
  const has8Bits = /[\x80-\xff]/.test(bytes);
  if (!has8Bits && isAsciiBased(declared)) return bytes;
  const octets = Buffer.from(bytes, 'latin1');
  const asUtf8 = has8Bits ? decodedBy(utf8, octets) : null;
  const asDeclared = asUtf8 ?? decodedBy(decoderFor(declared, true, octets), octets);
  return asDeclared ?? (has8Bits ? windows1252.decode(octets) : bytes);
}

/** An encoded word is what it says; what cannot be decoded becomes U+FFFD. */
export function normalizedWord(bytes: string, declared: string): string {
  const has8Bits = /[\x80-\xff]/.test(bytes);
  if (!has8Bits && isAsciiBased(declared)) return bytes;
  if (isAscii(declared)) return bytes.replace(/[\x80-\xff]/g, '\ufffd');
  const octets = Buffer.from(bytes, 'latin1');
  const declaredText = decodedBy(decoderFor(declared, false, octets), octets);
  if (declaredText !== null) return declaredText;
  return has8Bits ? windows1252.decode(octets) : bytes;
}

/** `text` as the bytes of its UTF-8, a character a byte. */
export const utf8Bytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

const isAscii = (charset: string): boolean => /^(?:us-)?ascii$|^ansi[_ ]?x3\.4-19(?:68|86)$|^iso646-us$/i.test(charset);

/** Whose first 128 characters are those of ASCII, so that 7-bit text need not be decoded. */
const isAsciiBased = (charset: string): boolean =>
  isAscii(charset) ||
  /^(?:iso[ -]?8859(?:-\d{1,2})?|windows-\d{4}|utf-?8|(?:koi8|euc)-[a-z]{1,2}|big5|gbk|gb[ -]?18030(?:-20\d\d)?)$/i.test(
    charset,
  );

function decodedBy(decoder: TextDecoder | null, octets: Buffer): string | null {
  try {
    return decoder === null ? null : decoder.decode(octets);
  } catch {
    return null;
  }
}

const decoders = new Map<string, TextDecoder | null>();

function decoderFor(charset: string, isStrict: boolean, octets: Buffer): TextDecoder | null {
  const label = charset.trim().toLowerCase();
  if (isAscii(label)) return null;
  if (/^utf[ -]?16/.test(label)) return utf16DecoderFor(octets);
  const key = `${label} ${isStrict}`;
  const known = decoders.get(key);
  if (known !== undefined) return known;
  const decoder = newDecoder(label, isStrict);
  // Labels are the sender's.
  if (decoders.size < 500) decoders.set(key, decoder);
  return decoder;
}

function newDecoder(label: string, fatal: boolean): TextDecoder | null {
  try {
    return new TextDecoder(/^iso-?8859-1$|^cp1252$/.test(label) ? 'windows-1252' : label, { fatal, ignoreBOM: true });
  } catch {
    return null;
  }
}

/** By which of the two bytes is mostly null; with a mark at the start SpamAssassin leaves it undecoded. */
function utf16DecoderFor(octets: Buffer): TextDecoder | null {
  if (octets.length >= 2 && (octets[0] ?? 0) + (octets[1] ?? 0) === 0xff + 0xfe) return null;
  let even = 0;
  let odd = 0;
  for (const [index, octet] of octets.entries()) {
    if (octet !== 0) continue;
    if (index % 2 === 0) even += 1;
    else odd += 1;
  }
  return even === odd ? null : new TextDecoder(even > odd ? 'utf-16be' : 'utf-16le', { fatal: true });
}
