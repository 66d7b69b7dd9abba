// What may stand in the parameters of delivery status notifications (RFC 3461 §4). They are passed on as written; the
// server that obeys them decodes them, and puts them into a message: what would be more than a word there is refused.

import { fromXtext } from '../model/xtext.ts';

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

/** Printable ASCII that stands for such. */
const isXtext = (text: string): boolean =>
  /^[\x21-\x3c\x3e-\x7e]+$/.test(text) && /^[\x20-\x7e]+$/.test(fromXtext(text) ?? '');

function isUtf8Address(text: string): boolean {
  return isXtext(text.replace(/[^\x00-\x7f]/gu, 'x')) && !/[\x80-\xa0\p{Z}]/u.test(text);
}
