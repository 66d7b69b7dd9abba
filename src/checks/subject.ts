// How the subject is written.

import { prefixOf } from '../content/subject-prefixes.ts';
import { isRoleAddress, localPartOf } from '../model/address.ts';
import { choice, count, flag, number, text } from '../model/shape.ts';
import { check } from './check.ts';

export const subjectCheck = check({
  name: 'subject',
  after: [],
  timeoutMs: 1000,
  about:
    'How the subject is written; what it says is for patterns. Of several the first, of a long one 1,000 characters.',
  evidence: {
    length: count('Characters, decoded.'),
    words: count('Runs of characters between white space.'),
    upper_ratio: number('Capital letters among the letters that have a case, 0 to 1; 0 without.'),
    digits: count('Digits.'),
    exclamations: count('Exclamation marks, full-width ones included.'),
    questions: count('Question marks, full-width ones included.'),
    currency: count('Currency signs.'),
    emoji: count('Pictures among the characters.'),
    is_shouted: flag('At least 10 letters, and none in lower case.'),
    has_gap: flag('At least 5 spaces stand before further text: what follows is kept out of sight.'),
    is_reply: flag('It begins as a reply: Re, AW, SV, RES, 回复, ...'),
    is_forward: flag('It begins as something forwarded: Fwd, WG, TR, 转发, ...'),
    is_false_reply: flag('It begins as a reply, and there is neither In-Reply-To nor References.'),
    encoding: choice(['none', 'q', 'b', 'mixed'], 'Of its encoded words (RFC 2047): quoted, base64, or both.'),
    is_needlessly_encoded: flag('It has encoded words, and nothing in it but ASCII.'),
    is_raw_8bit: flag('It has bytes above 127 as they are.'),
    charset: text('Of its first encoded word, lower case; empty without.'),
    names_recipient: flag('A recipient’s address, or the part before its `@`, stands in it; role addresses apart.'),
  },
  observe({ mail, envelope }) {
    const raw = (mail.values('subject')[0] ?? '').slice(0, 2000);
    const subject = (mail.decoded('subject')[0] ?? '').slice(0, 1000);
    const number = (pattern: RegExp) => subject.match(pattern)?.length ?? 0;
    const [upper, lower] = [number(/\p{Lu}/gu), number(/\p{Ll}/gu)];
    const prefix = prefixOf(subject);
    const isAnswer = ['in-reply-to', 'references'].some(name => mail.values(name).some(value => value !== ''));
    const encodings = new Set([...raw.matchAll(encodedWord)].map(word => (word[2] ?? '').toLowerCase()));
    return {
      length: subject.length,
      words: number(/\S+/g),
      upper_ratio: upper === 0 ? 0 : Math.round((upper / (upper + lower)) * 1000) / 1000,
      digits: number(/\d/g),
      exclamations: number(/[!\uff01]/g),
      questions: number(/[?\uff1f]/g),
      currency: number(/\p{Sc}/gu),
      emoji: number(/\p{Extended_Pictographic}/gu),
      is_shouted: upper >= 10 && lower === 0,
      has_gap: /\S[ \u00a0]{5}[ \u00a0]*\S/.test(subject.slice(0, 500)),
      is_reply: prefix === 'reply',
      is_forward: prefix === 'forward',
      is_false_reply: prefix === 'reply' && !isAnswer,
      encoding: encodingOf(encodings),
      is_needlessly_encoded: encodings.size > 0 && !/[^\x00-\x7f]/.test(subject),
      is_raw_8bit: /[\x80-\xff]/.test(raw),
      charset: (/=\?([^?*\s]{1,40})/.exec(raw)?.[1] ?? '').toLowerCase(),
      names_recipient: envelope.recipients.some(({ path }) => isNamed(path, subject.toLowerCase())),
    };
  },
});

const encodedWord = /=\?([^?*\s]{1,40})(?:\*[^?\s]{0,40})?\?([BbQq])\?/g;

function encodingOf(encodings: ReadonlySet<string>): 'none' | 'q' | 'b' | 'mixed' {
  if (encodings.size === 0) return 'none';
  if (encodings.size > 1) return 'mixed';
  return encodings.has('q') ? 'q' : 'b';
}

function isNamed(path: string, subject: string): boolean {
  if (isRoleAddress(path)) return false;
  const address = path.toLowerCase();
  if (address.includes('@') && hasWord(subject, address)) return true;
  const localPart = localPartOf(address);
  // Short ones are words.
  return localPart.length >= 4 && hasWord(subject, localPart);
}

/** Whether `word` stands in `text` without a letter or digit beside it. */
function hasWord(text: string, word: string): boolean {
  const at = text.indexOf(word);
  return at >= 0 && !/[\p{L}\p{N}]$/u.test(text.slice(0, at)) && !/^[\p{L}\p{N}]/u.test(text.slice(at + word.length));
}
