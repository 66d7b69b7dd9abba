// The text that a reader sees, plain or rendered from HTML.

import { fitting } from '../content/bounds.ts';
import { characterCounts } from '../content/character-counts.ts';
import { zeroWidthCount } from '../content/texts.ts';
import { count, flag, number, texts } from '../model/shape.ts';
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
    bidi_controls: count('Characters that set the direction of text: marks, embeddings, isolates, overrides.'),
    bidi_overrides: count('Of these, those that turn letters round whatever script they are of (U+202D, U+202E).'),
    mail_addresses: texts('Distinct mail addresses in it, lower case; the first 5.'),
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
      bidi_controls: all.match(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g)?.length ?? 0,
      bidi_overrides: all.match(/[\u202d\u202e]/g)?.length ?? 0,
      mail_addresses: fitting(mailAddresses(all), { items: 5, chars: 400, each: 100 }),
      upper_ratio: ratio(upper, upper + lower),
      non_ascii_ratio: ratio(nonAscii, all.length),
      is_truncated: body.isTruncated,
    };
  },
});

const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : Math.round((part / whole) * 1000) / 1000);

/** `@` that are looked around. */
const maxAts = 200;

/** Found by their `@`, so that long runs of letters cost nothing. */
function mailAddresses(text: string): ReadonlySet<string> {
  const found = new Set<string>();
  let at = text.indexOf('@');
  for (let looked = 0; at >= 0 && looked < maxAts; looked++) {
    const [localPart] = /[\w.+-]{1,64}$/.exec(text.slice(Math.max(0, at - 64), at)) ?? [];
    const [domain] = /^(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}/i.exec(text.slice(at + 1, at + 256)) ?? [];
    if (localPart !== undefined && domain !== undefined) found.add(`${localPart}@${domain}`.toLowerCase());
    at = text.indexOf('@', at + 1);
  }
  return found;
}
