// Mailboxes of an address field (RFC 5322 §3.4) as a reader would show them, and what is wrong with the field. One linear pass.

import { comparableDomain } from '../model/address.ts';
import { decodeBinary } from './charset.ts';
import { decodeWords } from './words.ts';

/** In the order in which they are named when several apply. */
export const addressDefects = [
  'unclosed quote',
  'unclosed comment',
  'unclosed angle bracket',
  'no address',
  'several angle brackets',
  'text after the address',
  'source route',
  'NUL',
  'encoded word in the address',
  'unquoted 8-bit text',
  'group',
] as const;
export type AddressDefect = (typeof addressDefects)[number];

export interface Mailbox {
  /** Decoded, without its quotes; `''` where there is none. */
  readonly displayName: string;
  /** As written between the angle brackets, UTF-8 decoded (RFC 6532), comments and white space removed; `''` where there is none. */
  readonly address: string;
  /** In the form in which domains are compared; `''` where there is none. */
  readonly domain: string;
}

export interface AddressList {
  readonly mailboxes: readonly Mailbox[];
  readonly defects: readonly AddressDefect[];
}

/** More are not looked at. */
const maxMailboxes = 1000;

/** The mailboxes in `value`, which is unfolded and undecoded, a character a byte. */
export function addressList(value: string): AddressList {
  const reader = new Reader();
  for (let i = 0; i < value.length && reader.mailboxes.length < maxMailboxes; i++) i = reader.take(value, i);
  return reader.finish();
}

class Reader {
  readonly mailboxes: Mailbox[] = [];
  readonly #defects = new Set<AddressDefect>();
  #phrase = '';
  #comment = '';
  #angle: string | null = null;
  #inGroup = false;

  /** Takes what begins at `i`; the offset of its last character. */
  take(value: string, i: number): number {
    switch (value[i]) {
      case '"':
        return this.#takeQuoted(value, i);
      case '(':
        return this.#takeComment(value, i);
      case '<':
        return this.#takeAngle(value, i);
      case ',':
        this.#close();
        return i;
      case ':':
        this.#openGroup();
        return i;
      case ';':
        this.#close();
        this.#inGroup = false;
        return i;
      case '\0':
        this.#defects.add('NUL');
        return i;
      default:
        return this.#takeText(value, i);
    }
  }

  finish(): AddressList {
    this.#close();
    if (this.mailboxes.length === 0) this.#defects.add('no address');
    return { mailboxes: this.mailboxes, defects: addressDefects.filter(defect => this.#defects.has(defect)) };
  }

  #takeText(value: string, i: number): number {
    let end = i + 1;
    while (end < value.length && !'"(<,:;\0'.includes(value[end] ?? '')) end += 1;
    const text = value.slice(i, end);
    if (/[\x80-\xff]/.test(text)) this.#defects.add('unquoted 8-bit text');
    if (this.#angle !== null && text.trim() !== '') this.#defects.add('text after the address');
    this.#phrase += text;
    return end - 1;
  }

  #takeQuoted(value: string, i: number): number {
    let text = '';
    let at = i + 1;
    for (; at < value.length && value[at] !== '"'; at++) {
      if (value[at] === '\\' && at + 1 < value.length) at += 1;
      text += value[at];
    }
    if (at >= value.length) {
      // Readers that cope show the address that follows; only the last quote of a field can be unclosed.
      this.#defects.add('unclosed quote');
      return i;
    }
    // A quoted local part keeps its quotes: they are part of the address.
    this.#phrase += value[at + 1] === '@' ? value.slice(i, at + 1) : text;
    return at;
  }

  #takeComment(value: string, i: number): number {
    let depth = 0;
    let at = i;
    for (; at < value.length; at++) {
      if (value[at] === '\\') at += 1;
      else if (value[at] === '(') depth += 1;
      else if (value[at] === ')' && --depth === 0) break;
    }
    if (depth > 0) this.#defects.add('unclosed comment');
    this.#comment += value.slice(i + 1, at);
    return at;
  }

  #takeAngle(value: string, i: number): number {
    const end = value.indexOf('>', i);
    if (end < 0) this.#defects.add('unclosed angle bracket');
    const content = value.slice(i + 1, end < 0 ? value.length : end);
    if (this.#angle !== null) this.#defects.add('several angle brackets');
    else this.#angle = this.#addrSpec(content);
    return end < 0 ? value.length : end;
  }

  #addrSpec(content: string): string {
    if (content.includes('\0')) this.#defects.add('NUL');
    if (content.includes('=?')) this.#defects.add('encoded word in the address');
    // `@one,@two:user@domain` (RFC 5322 §4.4); the last colon ends the route.
    const isRouted = content.trimStart().startsWith('@') && content.includes(':');
    if (isRouted) this.#defects.add('source route');
    return cleanAddress(isRouted ? content.slice(content.lastIndexOf(':') + 1) : content);
  }

  #openGroup(): void {
    this.#defects.add('group');
    this.#inGroup = true;
    this.#phrase = '';
  }

  #close(): void {
    const phrase = this.#phrase.trim();
    const address = this.#angle ?? (phrase.includes('@') ? cleanAddress(phrase) : '');
    const name = this.#angle === null ? (address === '' ? phrase : this.#comment) : phrase;
    if (address !== '' || (phrase !== '' && !this.#inGroup)) {
      this.mailboxes.push({ displayName: decodeWords(name).trim(), address, domain: domainOfAddress(address) });
      if (address === '') this.#defects.add('no address');
    }
    this.#phrase = '';
    this.#comment = '';
    this.#angle = null;
  }
}

const cleanAddress = (text: string): string => decodeBinary(text).replace(/[\s\0]+/g, '');

function domainOfAddress(address: string): string {
  const at = address.lastIndexOf('@');
  return at < 0 ? '' : comparableDomain(address.slice(at + 1));
}
