// Words that are written with other characters than those that their reader takes them for.

import { fitting, withUnseenShown } from '../content/bounds.ts';
import type { Disguised } from '../content/disguised.ts';
import type { Disguise, Substitutions } from '../content/substitutions.ts';
import { count, flag, number, texts } from '../model/shape.ts';
import { check } from './check.ts';

export const charactersCheck = check({
  name: 'characters',
  after: [],
  timeoutMs: 5000,
  about:
    'Words of the subject, the names and the visible text that are written with other characters than their reader takes them for. Patterns meet them undone in the field `folded`.',
  evidence: {
    disguised_words: count('Words disguised in any of the ways below.'),
    lookalike_words: count(
      'Words with letters of another script that look like ours: `Раypal` with a Cyrillic Р and а.',
    ),
    styled_words: count('Words in mathematical, circled, squared, small-capital or full-width letters: `𝗩𝗶𝗮𝗴𝗿𝗮`.'),
    unseen_words: count('Words with zero-width or direction characters between their letters, soft hyphens apart.'),
    digit_words: count('Words with digits or signs in place of letters: `acc0unt`, `p@ypal`.'),
    spaced_words: count('Words of at least five letters set apart: `V I A G R A`, `v.i.a.g.r.a`.'),
    mixed_script_words: count(
      'Words that mix Latin with Cyrillic, Greek, Armenian or Cherokee, whether or not they look like Latin ones.',
    ),
    substitute_share: number('Letters that stand for others, among the characters of subject, names and text; 0 to 1.'),
    in_subject: flag('The subject has a disguised word.'),
    in_names: flag('A name in From, Reply-To or Sender has one.'),
    examples: texts('The first 5 disguised words, unseen characters written out.'),
  },
  async observe({ mail }) {
    const [disguised, ...read] = await Promise.all([
      mail.disguised(),
      mail.text('subject'),
      mail.text('name'),
      mail.text('text'),
    ]);
    const sum = (of: (found: Substitutions) => number) => ofEach(disguised).reduce((all, found) => all + of(found), 0);
    const words = (disguise: Disguise) => sum(found => found.words[disguise]);
    const chars = read.flat().reduce((all, text) => all + text.length, 0);
    const examples = ofEach(disguised).flatMap(found => found.examples);
    return {
      disguised_words: sum(wordsIn),
      lookalike_words: words('lookalike'),
      styled_words: words('styled'),
      unseen_words: words('unseen'),
      digit_words: words('digits'),
      spaced_words: words('spaced'),
      mixed_script_words: sum(found => found.mixedScriptWords),
      substitute_share: chars === 0 ? 0 : Math.round((sum(found => found.letters) / chars) * 1000) / 1000,
      in_subject: wordsIn(disguised.subject) > 0,
      in_names: wordsIn(disguised.names) > 0,
      examples: fitting(examples.map(withUnseenShown), { items: 5, chars: 300, each: 60 }),
    };
  },
});

const ofEach = ({ subject, names, text }: Disguised): readonly Substitutions[] => [subject, names, text];

const wordsIn = ({ words }: Substitutions): number => Object.values(words).reduce((sum, count) => sum + count, 0);
