// In which script and language a text is, as far as its commonest words tell. A table of our own: small, and unsure rather than wrong.

/** Codes of ISO 639-1. */
export const languages = [
  'en',
  'de',
  'fr',
  'es',
  'pt',
  'it',
  'nl',
  'pl',
  'sv',
  'da',
  'no',
  'fi',
  'cs',
  'hu',
  'ro',
  'tr',
  'ru',
  'uk',
  'bg',
  'el',
  'ar',
  'fa',
  'he',
  'hi',
  'th',
  'vi',
  'id',
  'zh',
  'ja',
  'ko',
] as const;
export type Language = (typeof languages)[number];

export interface Reading {
  readonly language: Language | 'unknown';
  /** 0 to 1: how much of the text speaks for it, and how little for the next. */
  readonly confidence: number;
  /** Shares of the letters, the largest first. */
  readonly scripts: readonly { readonly script: Script; readonly share: number }[];
  /** Letters that were looked at. */
  readonly letters: number;
}

const scripts = [
  'Latin',
  'Cyrillic',
  'Greek',
  'Han',
  'Kana',
  'Hangul',
  'Arabic',
  'Hebrew',
  'Devanagari',
  'Thai',
  'Other',
] as const;
export type Script = (typeof scripts)[number];

/** Words that are frequent in one language and rare in the others of its script. */
const functionWords = {
  en: 'the and of to is in you that for it with are this be on have your we not will from as can our or at if by has was please do they an would been their which there all',
  de: 'der die und das ist nicht sie ich mit ein eine den auf für wir zu von im dem sich auch es werden bei oder ihre haben wird sind einen zum zur ihr sehr uns aus nach wie noch nur kann bitte',
  fr: 'le la les de des et est vous que pour une dans pas sur nous avec votre par plus ce qui sont au du ne cette vos à être ou si mais aux notre il elle merci ont été',
  es: 'el la los de que y en las por con para una su es no se del al como más este ha sus lo esta pero le son nos usted está muy o si también puede sobre tu gracias sido hemos han cuando desde hasta porque estimado estimada todos nuestro nuestra',
  pt: 'o a os de que e do da em um para com não uma se por mais dos as no na ao como seu sua é nos das foi ou está são pelo pela obrigado também este esta ser à nossa nosso você caro prezado quando até porque',
  it: 'il di che e la per un in non è una sono le con del della si da i al alla più gli questo nel ha come anche lo ma dei delle se questa o ci grazie essere vostro suo',
  nl: 'de het een en van ik te dat die in je niet zijn is op voor met u aan er om wij ook als bij uw naar maar heeft kan wordt deze hebben of nog onze wel dan zo zal',
  pl: 'i w na z do się nie to jest że o jak po od za dla przez jego są oraz czy ale przy ich tego być tym które już może tylko lub pan państwa prosimy jako',
  sv: 'och att det som en på är av för med till den inte har de ett jag vi om du kan från men så din eller när vår var ska här ditt alla',
  da: 'og at det er en til af på for med den ikke der som de har et jeg vi du kan fra om men din eller når vores var skal dig her hvis alle',
  no: 'og å det er en til av på for med den ikke som de har et jeg vi du kan fra om men din eller når vår var skal deg her hvis alle ikkje',
  fi: 'ja on ei se että hän oli ovat mutta tai kun voi myös sen joka kuin jos niin minä olen sinun tämä tässä sekä kaikki olla ole mukaan teidän',
  cs: 'a se na je v že s to do z o pro ve jsou po ale jako by za si podle od jeho které nebo byl již aby také jsme vás až bude není při',
  hu: 'a az és hogy nem is egy ez van meg csak de ha mint el már kell vagy még azt lehet volt ezt minden fel után lesz ön nagyon önnek',
  ro: 'și în de la cu pe nu a că este o din pentru care mai sunt se să ce ai sau dar dacă acest această au fost prin vă dumneavoastră',
  tr: 've bir bu için ile da de olarak çok daha olan gibi en sonra kadar ne ama var sizin değil veya her siz olduğunu bize tarafından lütfen iyi',
  vi: 'và của là có không được cho một trong các những với này để người khi đã từ đến cũng bạn tôi chúng quý khách sẽ hãy vui lòng',
  id: 'yang dan di untuk dengan ini dari tidak anda pada adalah akan ke dalam atau kami itu juga oleh dapat telah saya bisa sebagai karena kepada lebih silakan',
  ru: 'и в не на что с по это как для из вы за к но от мы ваш так или если у о при вас только бы был до все я он будет можно',
  uk: 'і в не на що з до це як для та ви за але від ми ваш або якщо у про при вас тільки був є їх цього також та буде можна',
  bg: 'и на да за се от в с не по са като е че до това или при вас си ще който бъде ви както само може всички ни ако',
} as const satisfies Partial<Record<Language, string>>;

type Worded = keyof typeof functionWords;
/** Each word to the languages that use it, and how much it tells: the fewer they are, the more. */
const tellers = new Map<string, { readonly users: Worded[]; readonly weight: number }>();
for (const [language, words] of Object.entries(functionWords))
  for (const word of new Set(words.split(' '))) {
    const users = [...(tellers.get(word)?.users ?? []), language as Worded];
    tellers.set(word, { users, weight: 1 / users.length });
  }

/** Scripts that mostly write one language. */
const languageOfScript: Partial<Readonly<Record<Script, Language>>> = {
  Greek: 'el',
  Hangul: 'ko',
  Hebrew: 'he',
  Devanagari: 'hi',
  Thai: 'th',
};

/** Characters whose scripts are told, and whose words are looked up. */
const maxChars = 4000;
const maxCharsOfWords = 2000;
const minLetters = 20;
const minWords = 8;

export function languageOf(text: string): Reading {
  const sample = text.slice(0, maxChars);
  const counts = lettersByScript(sample);
  const letters = lettersIn(counts);
  const unknown: Reading = { language: 'unknown', confidence: 0, scripts: sharesOf(counts, letters), letters };
  const ideographs = (counts.get('Han') ?? 0) + (counts.get('Kana') ?? 0);
  // One of them is a syllable or a word.
  if (letters + ideographs < minLetters) return unknown;
  return { ...unknown, ...(byScript(counts, letters, sample) ?? byWords(sample)) };
}

/** The script of most letters of `text`; null without letters. */
export function mainScript(text: string): Script | null {
  const counts = lettersByScript(text.slice(0, maxChars));
  return sharesOf(counts, lettersIn(counts))[0]?.script ?? null;
}

const lettersIn = (counts: ReadonlyMap<Script, number>): number =>
  [...counts.values()].reduce((sum, count) => sum + count, 0);

const sharesOf = (counts: ReadonlyMap<Script, number>, letters: number): Reading['scripts'] =>
  [...counts].map(([script, count]) => ({ script, share: rounded(count / letters) })).sort((a, b) => b.share - a.share);

type Guess = Pick<Reading, 'language' | 'confidence'>;

function byScript(counts: ReadonlyMap<Script, number>, letters: number, sample: string): Guess | null {
  const share = (script: Script): number => (counts.get(script) ?? 0) / letters;
  const east = share('Han') + share('Kana');
  // An ideograph says as much as three letters: a Chinese text has names and addresses in Latin too.
  if (east > 0.25 || (east > 0.1 && share('Latin') > 0.5)) {
    if (share('Kana') > east * 0.1) return { language: 'ja', confidence: rounded(Math.min(1, east * 2)) };
    return { language: 'zh', confidence: rounded(Math.min(1, east * 2)) };
  }
  if (share('Arabic') > 0.3) {
    const isPersian = /[\u067e\u0686\u0698\u06af\u06cc]/.test(sample);
    return { language: isPersian ? 'fa' : 'ar', confidence: rounded(share('Arabic')) };
  }
  for (const [script, language] of Object.entries(languageOfScript) as [Script, Language][])
    if (share(script) > 0.3) return { language, confidence: rounded(share(script)) };
  return null;
}

function byWords(sample: string): Guess | null {
  const words =
    running(sample.slice(0, maxCharsOfWords).toLowerCase()).match(/[a-z\u00c0-\u04ff\u1e00-\u1eff]+/g) ?? [];
  if (words.length < minWords) return null;
  const scores = new Map<Worded, number>();
  for (const word of words) {
    const teller = tellers.get(word);
    if (teller === undefined) continue;
    for (const language of teller.users) scores.set(language, (scores.get(language) ?? 0) + teller.weight);
  }
  const [best, next] = [...scores].sort(([, a], [, b]) => b - a);
  if (best === undefined) return null;
  const [language, score] = best;
  const margin = (score - (next?.[1] ?? 0)) / score;
  // A sixth of the words of a running text are such words; lists and forms have fewer.
  const density = Math.min(1, (score / words.length) * 6);
  const confidence = rounded(density * Math.min(1, margin * 2));
  return score < 2 || confidence < 0.15 ? null : { language, confidence };
}

/** Without addresses and names of files: `com` is a word in Portuguese. */
const running = (text: string): string =>
  text
    .split(/\s+/)
    .filter(word => !/[@/\\]|\.[a-z0-9]/.test(word))
    .join(' ');

const rounded = (share: number): number => Math.round(share * 100) / 100;

function lettersByScript(text: string): ReadonlyMap<Script, number> {
  const counts = new Map<Script, number>();
  // Most text is ASCII.
  let ascii = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127) {
      const point = text.codePointAt(i) ?? code;
      if (point > 0xffff) i++;
      const script = scriptOf(point);
      if (script !== null) counts.set(script, (counts.get(script) ?? 0) + 1);
    } else if ((code | 32) >= 97 && (code | 32) <= 122) ascii++;
  }
  if (ascii > 0) counts.set('Latin', (counts.get('Latin') ?? 0) + ascii);
  return counts;
}

/** First and last code point of blocks with letters; a letter that is in none is of another script. */
const blocks: readonly (readonly [number, number, Script])[] = [
  [0x00aa, 0x024f, 'Latin'],
  [0x0370, 0x03ff, 'Greek'],
  [0x0400, 0x052f, 'Cyrillic'],
  [0x0590, 0x05ff, 'Hebrew'],
  [0x0600, 0x077f, 'Arabic'],
  [0x0900, 0x097f, 'Devanagari'],
  [0x0e00, 0x0e7f, 'Thai'],
  [0x1100, 0x11ff, 'Hangul'],
  [0x1e00, 0x1eff, 'Latin'],
  [0x1f00, 0x1fff, 'Greek'],
  [0x3005, 0x3007, 'Han'],
  [0x3041, 0x30ff, 'Kana'],
  [0x3130, 0x318f, 'Hangul'],
  [0x3400, 0x9fff, 'Han'],
  [0xac00, 0xd7af, 'Hangul'],
  [0xf900, 0xfaff, 'Han'],
  [0xfb50, 0xfdff, 'Arabic'],
  [0xfe70, 0xfeff, 'Arabic'],
  [0xff66, 0xff9f, 'Kana'],
  [0x20000, 0x323af, 'Han'],
];

/** Null for what is no letter. */
function scriptOf(point: number): Script | null {
  if (!/\p{L}/u.test(String.fromCodePoint(point))) return null;
  return blocks.find(([first, last]) => point >= first && point <= last)?.[2] ?? 'Other';
}
