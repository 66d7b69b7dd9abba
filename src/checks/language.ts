// In which language and scripts the visible text is.

import { type Language, languageOf, languages, mainScript } from '../content/languages.ts';
import { choice, count, number, records, text } from '../model/shape.ts';
import { check } from './check.ts';

export const languageCheck = check({
  name: 'language',
  after: [],
  timeoutMs: 5000,
  about:
    'In which script and language the visible text is, by its letters and its commonest words. Letters of the first 4,000 characters, words of the first 2,000.',
  evidence: {
    language: choice(
      ['unknown', ...languages] as const satisfies readonly (Language | 'unknown')[],
      'The likely language (ISO 639-1); `unknown` for texts that are short or tell too little.',
    ),
    confidence: number('0 to 1: how far the text speaks for it rather than for the next; 0 for `unknown`.'),
    script: text(
      'The script of most letters: Latin, Cyrillic, Greek, Han, Kana, Hangul, Arabic, ...; empty without letters.',
    ),
    scripts: records(
      { script: text('Its name.'), share: number('Of all letters, 0 to 1.') },
      'The scripts of at least 1% of the letters, the largest first; at most 5.',
    ),
    letters: count('Letters that were looked at.'),
    subject_script: text('The script of most letters of the subject; empty without letters.'),
  },
  async observe({ mail }) {
    const [texts, [subject = '']] = await Promise.all([mail.text('text'), mail.text('subject')]);
    const reading = languageOf(texts.reduce((longest, text) => (text.length > longest.length ? text : longest), ''));
    return {
      language: reading.language,
      confidence: reading.confidence,
      script: reading.scripts[0]?.script ?? '',
      scripts: reading.scripts.filter(({ share }) => share >= 0.01).slice(0, 5),
      letters: reading.letters,
      subject_script: mainScript(subject) ?? '',
    };
  },
});
