// What may stand in the parameters of delivery status notifications (RFC 3461 §4). They are passed on as written; the
// server that obeys them decodes them, and puts them into a message: what would be more than a word there is refused.

/** RFC 3461 §4.3. */
export const isRet = (value: string): boolean => /^(?:FULL|HDRS)$/i.test(value);

/** RFC 3461 §4.1: NEVER stands alone. */
export const isNotify = (value: string): boolean =>
  /^(?:NEVER|(?:SUCCESS|FAILURE|DELAY)(?:,(?:SUCCESS|FAILURE|DELAY)){0,2})$/i.test(value);

/** RFC 3461 §4.4: at most 100 characters. */
export const isEnvid = (value: string): boolean => value.length <= 100 && isXtext(value);

/** RFC 3461 §4.2: `addr-type;xtext`, at most 500 octets; beyond ASCII in addresses of type utf-8 (RFC 6533 §3). */
export function isOrcpt(value: string): boolean {
  const [, type, address] = /^([A-Za-z0-9!#$%&'*/?^_`{|}~-]+);(.+)$/su.exec(value) ?? [];
  if (type === undefined || address === undefined || Buffer.byteLength(value) > 500) return false;
  return type.toLowerCase() === 'utf-8' ? isUtf8Address(address) : isXtext(address);
}

/** Printable ASCII, in which `+2B` stands for `+` (RFC 3461 §4); lower-case digits are let pass. */
function isXtext(text: string): boolean {
  const escapes = text.match(/\+.{0,2}/g) ?? [];
  return /^[\x21-\x3c\x3e-\x7e]+$/.test(text) && escapes.every(isPrintable);
}

const isPrintable = (escaped: string): boolean => /^\+(?:[2-6][0-9A-F]|7[0-9A-E])$/i.test(escaped);

function isUtf8Address(text: string): boolean {
  return isXtext(text.replace(/[^\x00-\x7f]/gu, 'x')) && !/[\x80-\xa0\p{Z}]/u.test(text);
}
