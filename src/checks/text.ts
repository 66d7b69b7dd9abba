// The text that a reader sees, plain or rendered from HTML.

import { characterCounts } from '../content/character-counts.ts';
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
    const { words, lines, upper, lower, nonAscii } = characterCounts(all);
    return {
      length: all.length,
      words,
      lines,
      is_empty: words === 0,
      has_plain: body.texts.length > 0,
      zero_width: zeroWidthCount(all),
      upper_ratio: ratio(upper, upper + lower),
      non_ascii_ratio: ratio(nonAscii, all.length),
      is_truncated: body.isTruncated,
    };
  },
});

const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : Math.round((part / whole) * 1000) / 1000);
