// Encoded words in header fields (RFC 2047): `=?utf-8?B?...?=` to the text that a reader sees.

import { decodeBinary, decodeText } from './charset.ts';

/** The charset may carry a language (RFC 2231 §5). No part can run over a `?`, so matching is linear. */
const encodedWord = /=\?([^?*\s]{1,40})(?:\*[^?\s]*)?\?([BbQq])\?([^?]*)\?=/g;

interface Word {
  readonly charset: string;
  readonly bytes: Buffer;
}

/**
 * `value` (one character a byte) with its encoded words decoded, for people and for patterns.
 * Control characters become spaces: decoded text never makes a new line (THREATS.md 21).
 */
export function decodeWords(value: string): string {
  if (!value.includes('=?')) return withoutControls(decodeBinary(value));
  const out: string[] = [];
  let run: Word[] = [];
  let at = 0;
  for (const match of value.matchAll(encodedWord)) {
    const between = value.slice(at, match.index);
    const word = { charset: match[1] ?? '', bytes: wordBytes(match[2] ?? '', match[3] ?? '') };
    // White space between encoded words is not shown (RFC 2047 §6.2).
    if (run.length === 0 || between.trim() !== '') {
      out.push(runText(run), decodeBinary(between));
      run = [word];
    } else run.push(word);
    at = match.index + match[0].length;
  }
  out.push(runText(run), decodeBinary(value.slice(at)));
  return withoutControls(out.join(''));
}

/** Neighbours in one charset are joined as bytes first: senders do split characters between words. */
function runText(run: readonly Word[]): string {
  let text = '';
  for (let i = 0; i < run.length; ) {
    const charset = run[i]?.charset.toLowerCase() ?? '';
    let end = i;
    while (end < run.length && run[end]?.charset.toLowerCase() === charset) end += 1;
    text += decodeText(Buffer.concat(run.slice(i, end).map(word => word.bytes)), charset);
    i = end;
  }
  return text;
}

function wordBytes(encoding: string, content: string): Buffer {
  if (encoding === 'B' || encoding === 'b') return Buffer.from(content, 'base64');
  const plain = content
    .replaceAll('_', ' ')
    .replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(plain, 'latin1');
}

const withoutControls = (text: string): string => text.replace(/[\x00-\x1f\x7f]/g, ' ');
