// The next hop's bytes made into replies (RFC 5321 §4.2), within bounds: an endless line, an endless reply and garbage are faults.

import type { Reply } from '../model/reply.ts';

/** The RFC's own limit for a line is 512 octets (§4.5.3.1.5); four times that is what Postfix reads. */
const maxLineLength = 2048;
/** An EHLO reply of a large server has about 20. */
const maxLines = 100;
/** What is kept of a line, so that with code and enhanced code it can be repeated within 512 octets. */
const maxTextLength = 480;

export interface Heard {
  readonly replies: readonly Reply[];
  /** Why the bytes after `replies` are not a reply: nothing more can be read from this connection. */
  readonly fault: string | null;
}

export class ReplyReader {
  #partialLine = '';
  #code: string | null = null;
  #texts: string[] = [];

  /** `bytes`: what came next, a character a byte. */
  read(bytes: string): Heard {
    const replies: Reply[] = [];
    const text = this.#partialLine + bytes;
    let from = 0;
    for (let lf = text.indexOf('\n'); lf >= 0; lf = text.indexOf('\n', from)) {
      const fault = this.#readLine(text.slice(from, text[lf - 1] === '\r' && lf > from ? lf - 1 : lf), replies);
      if (fault !== null) return { replies, fault };
      from = lf + 1;
    }
    this.#partialLine = text.slice(from);
    return { replies, fault: this.#partialLine.length > maxLineLength ? 'an endless line' : null };
  }

  /** Whether a reply has begun and not ended. */
  get isInsideReply(): boolean {
    return this.#partialLine !== '' || this.#code !== null;
  }

  #readLine(line: string, replies: Reply[]): string | null {
    if (line.length > maxLineLength) return 'an endless line';
    const [, code, separator, text = ''] = /^([2-5]\d\d)(?:([ -])(.*))?$/s.exec(line) ?? [];
    if (code === undefined) return 'no reply code';
    // "The reply code on each line MUST be the same" (RFC 5321 §4.2.1); which of two to believe is anybody's guess.
    if (this.#code !== null && this.#code !== code) return 'different codes in one reply';
    if (this.#texts.push(cleaned(text)) > maxLines) return 'an endless reply';
    this.#code = code;
    if (separator === '-') return null;
    replies.push(replyOf(code, this.#texts));
    this.#code = null;
    this.#texts = [];
    return null;
  }
}

/** Replies are repeated to clients and shown to people: nothing but printable ASCII. */
const cleaned = (text: string): string =>
  text
    .slice(0, maxTextLength)
    .replace(/[^\x20-\x7e]/g, '?')
    .trim();

function replyOf(code: string, lines: readonly string[]): Reply {
  const [first = '', ...others] = lines;
  const enhanced = /^([245])\.\d{1,3}\.\d{1,3}(?= |$)/.exec(first);
  // An enhanced code of another class than the code belongs to neither (RFC 2034 §4).
  if (enhanced === null || enhanced[1] !== code[0])
    return { code: Number(code), enhanced: null, text: [first, ...others] };
  const [prefix] = enhanced;
  const without = (line: string): string => (line.startsWith(prefix) ? line.slice(prefix.length).trimStart() : line);
  return { code: Number(code), enhanced: prefix, text: [without(first), ...others.map(without)] };
}
