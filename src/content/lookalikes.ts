// Characters that look like ASCII letters: a bounded table after Unicode's confusables (UTS 39), for letters that spam and
// look-alike names are written with.

/** Pairs: the look-alikes of each ASCII letter, of Cyrillic, Greek, Armenian and Cherokee. */
const ofOtherScripts: Readonly<Record<string, string>> = {
  a: 'аαա',
  b: 'ьв',
  c: 'сϲς',
  d: 'ԁժ',
  e: 'еєεҽ',
  f: 'ғք',
  g: 'ԍց',
  h: 'һնհ',
  i: 'іїιɩίϊ',
  j: 'јϳյ',
  k: 'кκқ',
  l: 'ӏլ',
  m: 'м',
  n: 'пηոռ',
  o: 'оοσօό',
  p: 'рρ',
  q: 'ԛզ',
  r: 'гɼ',
  s: 'ѕ',
  t: 'тτ',
  u: 'υսύ',
  v: 'ѵν',
  w: 'ԝωшա',
  x: 'хχ',
  y: 'уүγ',
  z: 'ζ',
  A: 'АΑᎪ',
  B: 'ВΒᏴ',
  C: 'СϹᏟ',
  D: 'Ꭰ',
  E: 'ЕΕᎬ',
  F: 'ϜҒ',
  G: 'ԌᏀ',
  H: 'НΗᎻ',
  I: 'ІΙӀЇ',
  J: 'ЈͿᎫ',
  K: 'КΚᏦ',
  L: 'Լ\u13de',
  M: 'МΜᎷ',
  N: 'Ν',
  O: 'ОΟՕ',
  P: 'РΡᏢ',
  Q: 'Ԛ',
  R: 'Ꭱ',
  S: 'ЅՏᏚ',
  T: 'ТΤᎢ',
  U: 'Ս',
  V: 'ѴᏙ',
  W: 'ԜᎳ',
  X: 'ХΧ',
  Y: 'УΥҮ',
  Z: 'ΖᏃ',
};

/** Small capitals, which are letters of phonetic alphabets. */
const smallCapitals: Readonly<Record<string, string>> = {
  a: 'ᴀ',
  b: 'ʙ',
  c: 'ᴄ',
  d: 'ᴅ',
  e: 'ᴇ',
  f: 'ꜰ',
  g: 'ɢ',
  h: 'ʜ',
  i: 'ɪ',
  j: 'ᴊ',
  k: 'ᴋ',
  l: 'ʟ',
  m: 'ᴍ',
  n: 'ɴ',
  o: 'ᴏ',
  p: 'ᴘ',
  r: 'ʀ',
  s: 'ꜱ',
  t: 'ᴛ',
  u: 'ᴜ',
  v: 'ᴠ',
  w: 'ᴡ',
  y: 'ʏ',
  z: 'ᴢ',
};

const inverted = (table: Readonly<Record<string, string>>): ReadonlyMap<string, string> =>
  new Map(Object.entries(table).flatMap(([letter, likes]) => [...likes].map(like => [like, letter] as const)));
const foreign = inverted(ofOtherScripts);
const small = inverted(smallCapitals);

/** Letters of Greek, Cyrillic, Armenian and Cherokee, for a class. */
export const foreignRange = '\\u0370-\\u03ff\\u0400-\\u058f\\u13a0-\\u13ff';

/** The ASCII letter that `letter` of another script looks like; null where it looks like none. */
export const asciiLook = (letter: string): string | null => foreign.get(letter) ?? null;

/** The ASCII form of a letter or digit of a style: mathematical, in a circle or square, full-width, a small capital. */
export function asciiOfStyled(character: string): string {
  const known = small.get(character);
  if (known !== undefined) return known;
  const code = character.codePointAt(0) ?? 0;
  // Letters in black circles and squares have no compatibility form.
  for (const start of [0x1f150, 0x1f170]) {
    if (code >= start && code < start + 26) return String.fromCharCode(65 + code - start);
  }
  return character.normalize('NFKC');
}

/** Letters and digits of a style, full-width ones apart: those are ordinary beside Chinese, Japanese and Korean. */
export const styledRange = `${[...small.keys()].join('')}\\u24b6-\\u24e9\\u{1d400}-\\u{1d7ff}\\u{1f130}-\\u{1f149}\\u{1f150}-\\u{1f169}\\u{1f170}-\\u{1f189}`;
export const fullWidthRange = '\\uff21-\\uff3a\\uff41-\\uff5a';
