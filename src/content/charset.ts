// Bytes to text: the charset that a part declares, or what the bytes themselves say where it declares none or a bogus one.

const fallback = new TextDecoder('windows-1252');
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

/** Labels outside the Encoding Standard that mail uses all the same. */
const aliases: ReadonlyMap<string, string> = new Map([
  ['cp932', 'shift_jis'],
  ['cp936', 'gbk'],
  ['cp949', 'euc-kr'],
  ['cp950', 'big5'],
  ['cp1252', 'windows-1252'],
  ['ansi_x3.4-1968', 'us-ascii'],
]);

/** Only labels that the platform knows are kept, so a sender cannot make this grow. */
const decoders = new Map<string, TextDecoder>();

/** `bytes` as text, never failing: what cannot be decoded is U+FFFD, an unknown charset is guessed. */
export function decodeText(bytes: Uint8Array, charset: string | null): string {
  const decoder = charset === null ? null : decoderFor(charset);
  return decoder === null ? guessText(bytes) : decoder.decode(bytes);
}

/** UTF-8 where the bytes are valid UTF-8, windows-1252 otherwise: what readers do with undeclared 8-bit text. */
function guessText(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return fallback.decode(bytes);
  }
}

/** A string of one character a byte (as header values are kept) as the text that its 8-bit bytes spell. */
export function decodeBinary(binary: string): string {
  return /[\x80-\xff]/.test(binary) ? guessText(Buffer.from(binary, 'latin1')) : binary;
}

function decoderFor(charset: string): TextDecoder | null {
  const label = charset.trim().toLowerCase();
  const name = aliases.get(label) ?? label;
  // Declared ASCII with 8-bit bytes in it is guessed: the declaration says nothing about those bytes.
  if (name === 'us-ascii' || name === 'ascii') return null;
  const known = decoders.get(name);
  if (known !== undefined) return known;
  try {
    const decoder = new TextDecoder(name);
    decoders.set(name, decoder);
    return decoder;
  } catch {
    return null;
  }
}

/**
 * `text` as bytes of `charset`, null being US-ASCII: UTF-8, or a charset in which each of its characters is one byte.
 * Null where it cannot be said in it, or the charset is not known.
 */
export function encodeText(text: string, charset: string | null): Uint8Array | null {
  const label = (charset ?? 'us-ascii').trim().toLowerCase();
  if (label === 'utf-8' || label === 'utf8') return Buffer.from(text, 'utf8');
  // The platform takes ASCII for windows-1252.
  const isAscii = label === 'us-ascii' || label === 'ascii' || label === 'ansi_x3.4-1968';
  if (isAscii) return /^[\x00-\x7f]*$/.test(text) ? Buffer.from(text, 'latin1') : null;
  const decoder = decoderFor(label);
  const codes = decoder === null ? null : codesOf(decoder, label.startsWith('windows-'));
  const bytes = [...text].map(character => codes?.get(character));
  return bytes.every(byte => byte !== undefined) ? Uint8Array.from(bytes) : null;
}

/** Characters that one byte stands for. The ISO charsets have controls where those of Windows have letters. */
function codesOf(decoder: TextDecoder, hasHighControls: boolean): ReadonlyMap<string, number> {
  const codes = new Map<string, number>();
  for (let byte = 0; byte < 256; byte++) {
    const isText = byte >= 32 ? byte !== 127 : byte === 9 || byte === 10 || byte === 13;
    if (!isText || (byte > 127 && byte < 160 && !hasHighControls)) continue;
    const character = decoder.decode(Uint8Array.of(byte));
    if (character.length === 1 && character !== '\ufffd') codes.set(character, byte);
  }
  return codes;
}
