// Texts of 20 KB in which patterns are sought: ordinary ones made of sentences, and ones made to cost time.

import { cluesOf } from '../src/rules/patterns/clues.ts';
import type { PatternSpec } from '../src/rules/patterns/patterns.ts';
import { parseRegex } from '../src/rules/patterns/regex-syntax.ts';

export const length = 20 * 1024;

/** A name, and texts, each of them the strings of one field. */
export type NamedTexts = readonly [name: string, texts: readonly (readonly string[])[]];

const english = [
  'Thank you for your message of last Tuesday; I have passed the drawings on to the workshop.',
  'The meeting has been moved to 10:30, room 214, and the agenda is attached below.',
  'Could you please confirm the delivery date for order 4711-88, and whether the price of $1,250.00 includes freight?',
  'As far as I can see the build fails because the library was not installed before the tests were run.',
  'We had a wonderful week by the sea, and the children did not want to come home at all.',
];
const german = [
  'Vielen Dank für Ihre Nachricht vom letzten Dienstag; die Zeichnungen habe ich an die Werkstatt weitergegeben.',
  'Die Besprechung wurde auf 10.30 Uhr verschoben, Raum 214, die Tagesordnung finden Sie im Anhang.',
  'Könnten Sie bitte den Liefertermin für die Bestellung 4711-88 bestätigen, und ob die 1.250,00 € die Fracht enthalten?',
  'Größere Änderungen müssen wir übrigens bis Freitag abgeschlossen haben.',
];
const chinese = [
  '您好，附件是上周二讨论的图纸，请查收，如有问题请随时联系我们。',
  '会议改到上午十点半，在二一四会议室，议程请看下面。',
  '请确认订单4711-88的交货日期，以及1250美元的价格是否包含运费。',
];

export function mixedTexts(): readonly NamedTexts[] {
  return [
    ['sentences in English', [paragraphs(english)]],
    ['sentences in German', [paragraphs(german)]],
    ['sentences in Chinese', [paragraphs(chinese)]],
    ['English, German and Chinese in turn', [paragraphs([...english, ...german, ...chinese])]],
  ];
}

/** What a sender who knows the rules would write. */
export function hostileTexts(specs: readonly PatternSpec[]): readonly NamedTexts[] {
  const literals = specs.flatMap(
    spec =>
      cluesOf(parseRegex(spec.source, spec.flags), { isUnicode: false, ignoresCase: true })?.literals.map(
        ({ text }) => text,
      ) ?? [],
  );
  return [
    ['every literal, again and again', [cut(literals.join(' '))]],
    ['every literal without its last letter', [cut(literals.map(literal => literal.slice(0, -1)).join(''))]],
    ['the letter a', [cut('a')]],
    ['spaces', [cut(' ')]],
    [
      'eight long words and a short one',
      [cut('mortgage insurance software pharmacy medication guarantee account payment a ')],
    ],
    ['the beginnings of forms', [cut('your full current present name address your bank account your total amount ')]],
    ['digits', [cut('12345 67890')]],
    ['lines of one letter', [cut('a\n')]],
    ['dollars and percents', [cut('$ 100 % free ')]],
    ['letters apart', [cut('v.i.a.g.r.a c i a l i s ')]],
  ];
}

/** 20 KB of paragraphs, the sentences in an order that no pattern knows. */
function paragraphs(sentences: readonly string[]): readonly string[] {
  let text = '';
  for (let i = 0; text.length < length; i++)
    text += `${sentences[(i * 7) % sentences.length]}${i % 5 === 4 ? '\n\n' : ' '}`;
  return [text.slice(0, length)];
}

const cut = (unit: string): readonly string[] => [unit.repeat(Math.ceil(length / unit.length)).slice(0, length)];
