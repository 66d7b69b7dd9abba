// The text that a reader sees, plain or rendered from HTML.

import { zeroWidthCount } from '../content/texts.ts';
import { count, flag, number } from '../model/shape.ts';
import { check } from './check.ts';

export const textCheck = check({
  name: 'text',
  after: [],
  timeoutMs: 5000,
  about: 'The text that a reader sees: plain text, and HTML rendered to text.',
  evidence: {
    length: count('Characters, white space included.'),
    words: count('Runs of characters between white space.'),
    lines: count('Lines that are not empty.'),
    is_empty: flag('There is nothing to read.'),
    has_plain: flag('There is a text/plain reading that is not empty.'),
    zero_width: count('Zero-width characters and soft hyphens.'),
    upper_ratio: number('Capital letters among the letters that have a case, 0 to 1; 0 without.'),
    non_ascii_ratio: number('Characters beyond ASCII among all, 0 to 1.'),
    is_truncated: flag('There was more than is looked at.'),
  },
  async observe({ mail }) {
    const body = await mail.body();
    const all = (await mail.text('text')).join('\n');
    const upper = countOf(all, /\p{Lu}/gu);
    return {
      length: all.length,
      words: countOf(all, /\S+/g),
      lines: countOf(all, /^.*\S/gm),
      is_empty: all.trim() === '',
      has_plain: body.texts.length > 0,
      zero_width: zeroWidthCount(all),
      upper_ratio: ratio(upper, upper + countOf(all, /\p{Ll}/gu)),
      non_ascii_ratio: ratio(countOf(all, /[^\x00-\x7f]/gu), all.length),
      is_truncated: body.isTruncated,
    };
  },
});

/** One `match` in place of an `exec` for each hit: a fifth of the time, and the text is bounded. */
const countOf = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0;

const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : Math.round((part / whole) * 1000) / 1000);
