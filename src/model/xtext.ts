// xtext (RFC 3461 §4): `+` and two hexadecimal digits stand for an octet. Written in upper case, and read in either, as by Postfix.

/** One character an octet; null where a `+` begins none. */
export function fromXtext(text: string): string | null {
  if (/\+(?![0-9A-F]{2})/i.test(text)) return null;
  return text.replace(/\+([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** Of the octets of UTF-8, whatever is not printable ASCII, and `+` and `=`. */
export function toXtext(value: string): string {
  // Names and addresses nearly always.
  if (/^[!-*,-<>-~]*$/.test(value)) return value;
  return [...new TextEncoder().encode(value)]
    .map(byte => {
      const isPlain = byte > 0x20 && byte < 0x7f && byte !== 0x2b && byte !== 0x3d;
      return isPlain ? String.fromCharCode(byte) : `+${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}
