// In which script and language a text is; unsure rather than wrong.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { languageOf } from '../../src/content/languages.ts';

const texts = [
  ['en', 'Thank you for your order. We will send it to you as soon as it is ready, and let you know.'],
  [
    'de',
    'Sehr geehrte Damen und Herren, wir haben Ihre Rechnung erhalten und werden sie in den n\u00e4chsten Tagen zahlen.',
  ],
  ['fr', 'Bonjour, nous avons le plaisir de vous informer que votre commande est en route et arrive dans la semaine.'],
  [
    'es',
    'Hola, el pedido que hiciste la semana pasada ya est\u00e1 en camino y los productos llegan con el correo del lunes.',
  ],
  [
    'pt',
    'Ol\u00e1, o pedido que voc\u00ea fez na semana passada j\u00e1 est\u00e1 a caminho e n\u00e3 o demora mais do que dois dias.',
  ],
  [
    'it',
    'Gentile cliente, la informiamo che il pagamento non \u00e8 andato a buon fine e che deve essere ripetuto con la carta.',
  ],
  ['nl', 'Beste klant, wij hebben uw bestelling ontvangen en het pakket wordt morgen bij u aan de deur bezorgd.'],
  [
    'pl',
    'Dzie\u0144 dobry, w za\u0142\u0105czeniu przesy\u0142am faktur\u0119 za us\u0142ugi, kt\u00f3re zosta\u0142y wykonane w tym miesi\u0105cu, i prosz\u0119 o p\u0142atno\u015b\u0107 do pi\u0105tku na nasze konto.',
  ],
  [
    'ru',
    '\u0417\u0434\u0440\u0430\u0432\u0441\u0442\u0432\u0443\u0439\u0442\u0435, \u043c\u044b \u043f\u043e\u043b\u0443\u0447\u0438\u043b\u0438 \u0432\u0430\u0448 \u0437\u0430\u043a\u0430\u0437 \u0438 \u043e\u0442\u043f\u0440\u0430\u0432\u0438\u043c \u0435\u0433\u043e \u0432 \u0442\u0435\u0447\u0435\u043d\u0438\u0435 \u0434\u043d\u044f, \u043a\u0430\u043a \u0442\u043e\u043b\u044c\u043a\u043e \u043e\u043d \u0431\u0443\u0434\u0435\u0442 \u0433\u043e\u0442\u043e\u0432',
  ],
  [
    'zh',
    '\u60a8\u7684\u90ae\u7bb1\u5bb9\u91cf\u5df2\u6ee1\uff0c\u8bf7\u70b9\u51fb\u8fd9\u91cc\u9a8c\u8bc1\u60a8\u7684\u8d26\u6237',
  ],
  [
    'ja',
    '\u660e\u65e5\u306e\u4f1a\u8b70\u306b\u3064\u3044\u3066\u306e\u304a\u77e5\u3089\u305b\u3067\u3059\u3002\u3088\u308d\u3057\u304f\u304a\u9858\u3044\u3057\u307e\u3059',
  ],
  [
    'ko',
    '\uc548\ub155\ud558\uc138\uc694 \ub0b4\uc77c \ud68c\uc758 \uc77c\uc815\uc744 \uc548\ub0b4\ub4dc\ub9bd\ub2c8\ub2e4 \uac10\uc0ac\ud569\ub2c8\ub2e4',
  ],
  [
    'he',
    '\u05e9\u05dc\u05d5\u05dd \u05e8\u05d1, \u05d4\u05d4\u05d6\u05de\u05e0\u05d4 \u05e9\u05dc\u05da \u05d1\u05d3\u05e8\u05da \u05d0\u05dc\u05d9\u05da',
  ],
  [
    'ar',
    '\u0645\u0631\u062d\u0628\u0627 \u0637\u0644\u0628\u0643 \u0641\u064a \u0627\u0644\u0637\u0631\u064a\u0642 \u0627\u0644\u064a\u0643',
  ],
  [
    'el',
    '\u039a\u03b1\u03bb\u03b7\u03bc\u03ad\u03c1\u03b1, \u03b7 \u03c0\u03b1\u03c1\u03b1\u03b3\u03b3\u03b5\u03bb\u03af\u03b1 \u03c3\u03b1\u03c2 \u03b5\u03af\u03bd\u03b1\u03b9',
  ],
  ['unknown', 'ok thanks'],
  ['unknown', ''],
  ['unknown', 'Please see the attached document'],
  ['unknown', 'Amsterdam Berlin Copenhagen Dublin Edinburgh and Florence Geneva Hamburg Istanbul'],
  ['unknown', 'SKU 4711 4712 4713 KX-220 Blue Large Qty Price Total EUR Net VAT Gross Item Code Pos'],
] as const;

for (const [language, text] of texts) {
  test(`${language}: ${text.slice(0, 30)}`, () => {
    const reading = languageOf(text);
    assert.equal(reading.language, language);
    assert.equal(reading.confidence > 0, language !== 'unknown');
  });
}

test('a Chinese text with names and addresses in Latin letters', () => {
  const text =
    'Dell XPS https://x.example/ \u8ba2\u5355\u5df2\u7ecf\u53d1\u8d27\uff0c\u8bf7\u67e5\u6536\u3002 Tracking Number ABC';
  assert.equal(languageOf(text).language, 'zh');
});

test('addresses are no words: `com` and `de` are no Portuguese', () => {
  const addresses = Array.from({ length: 20 }, (_, i) => `https://www.x${i}.example.com/de/a.com ann@x.com y.com`).join(
    ' ',
  );
  assert.equal(languageOf(addresses).language, 'unknown');
});

test('shares of scripts, the largest first', () => {
  assert.deepEqual(languageOf('abcdef \u0430\u0431').scripts, [
    { script: 'Latin', share: 0.75 },
    { script: 'Cyrillic', share: 0.25 },
  ]);
});

test('a word that only __proto__ knows is a word that nobody knows', () => {
  assert.equal(languageOf('constructor __proto__ toString '.repeat(20)).language, 'unknown');
});
