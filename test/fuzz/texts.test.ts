// What rules see of hostile text, HTML and addresses: nothing throws, everything is bounded, and twice as much takes no more than its share.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { declarations, styleSheet } from '../../src/content/css.ts';
import { readHtml } from '../../src/content/html.ts';
import { languageOf } from '../../src/content/languages.ts';
import { readMail } from '../../src/content/mail.ts';
import { maxRedirects, redirectTarget } from '../../src/content/redirectors.ts';
import { substitutionsIn } from '../../src/content/substitutions.ts';
import { webAddress } from '../../src/content/urls.ts';
import { textFields } from '../../src/model/evidence.ts';

const letters = fc.constantFrom(
  ...'aZ0 1@$.-_\n\u0430\u03b1\u0561\u13aa\u{1d5e9}\u24d2\uff21\u1d00\u200b\u00ad\u202e\u0301\u4e00\u3042\uac00\u05d0\ud800'.split(
    '',
  ),
  'viagra',
  'V I A',
  'm0ney',
);
const texts = fc.array(letters, { maxLength: 80 }).map(list => list.join(''));

test('words in disguise: what is undone is undone, whatever it is', () => {
  fc.assert(
    fc.property(texts, text => {
      const { lines, examples, words } = substitutionsIn([text]);
      assert.ok(examples.length <= 5 && lines.length <= text.split('\n').length);
      assert.ok(Object.values(words).every(count => count >= 0));
      // Undone lines are never longer than what they were.
      assert.ok(lines.join('\n').length <= text.normalize('NFKC').length + text.length);
    }),
    { numRuns: 1000 },
  );
});

test('languages: shares are shares', () => {
  fc.assert(
    fc.property(fc.oneof(texts, fc.string({ unit: 'binary' })), text => {
      const { scripts, confidence, language } = languageOf(text);
      assert.ok(confidence >= 0 && confidence <= 1);
      assert.ok(scripts.every(({ share }) => share >= 0 && share <= 1));
      assert.equal(language === 'unknown', confidence === 0);
    }),
    { numRuns: 1000 },
  );
});

const css = fc
  .array(
    fc.constantFrom(
      ...[
        'p',
        '.x',
        '#i',
        '{',
        '}',
        ':',
        ';',
        ',',
        '@media screen',
        '@media print',
        '/*',
        '*/',
        '<!--',
        '-->',
        '!important',
      ],
      ...[
        'color',
        'background',
        'display',
        'font-size',
        'none',
        '#fff',
        'rgb(',
        ')',
        'url(',
        '0',
        '-9999px',
        '\\',
        '"',
        ' ',
      ],
    ),
    { maxLength: 60 },
  )
  .map(list => list.join(''));

test('style sheets: any of them is read, and what follows is text', () => {
  fc.assert(
    fc.property(css, sheet => {
      assert.ok([...styleSheet(`<style>${sheet}</style>`).of('p', ['x'], 'i')].length <= 5);
      assert.ok(declarations(sheet).size <= 30);
      const { text, hidden } = readHtml(`<style>${sheet}</style><p class=x id=i style="${sheet}">word</p>`);
      // A quote ends the attribute, and what follows it is markup.
      if (!sheet.includes('"')) assert.match(`${text} ${hidden}`, /word/);
    }),
    { numRuns: 1000 },
  );
});

const pieces = fc
  .array(
    fc.constantFrom(
      ...[
        'https://',
        'http:',
        '//',
        '/',
        '?',
        '&',
        '=',
        '#',
        '@',
        ':',
        '%',
        '%2F',
        '%00',
        '\\',
        '\t',
        '.',
        'x.example',
        'a1',
      ],
      ...[
        'urldefense.com/v3/__',
        '__;',
        '!!',
        '*',
        '**A',
        'google.com/url?q=',
        '.translate.goog',
        'aHR0cHM6Ly94LmV4YW1wbGU',
        '\ud800',
        '[',
      ],
    ),
    { maxLength: 20 },
  )
  .map(list => `https://y.test/${list.join('')}`);

test('redirectors: what an address holds is an address', () => {
  fc.assert(
    fc.property(pieces, written => {
      const address = webAddress(written);
      const target = address === null ? null : redirectTarget(address.href);
      if (target !== null) assert.ok(webAddress(target) !== null);
    }),
    { numRuns: 2000 },
  );
});

test('redirectors in each other are followed so far and no farther', async () => {
  let href = 'https://end.test/';
  for (let i = 0; i < 12; i++) href = `https://hop${i}.test/?u=${encodeURIComponent(href)}`;
  // The longest address that is looked at ends within it.
  const mail = readMail(Buffer.from(`Content-Type: text/html\r\n\r\n<a href="${href.slice(0, 1900)}">x</a>\r\n`));
  const addresses = await mail.webAddresses();
  assert.equal(Math.max(...addresses.map(({ depth }) => depth)), maxRedirects);
});

test('every text field of any HTML can be had', async () => {
  const html = fc
    .array(
      fc.oneof(
        letters,
        css.map(sheet => `<p style="${sheet}" class="x">`),
        pieces.map(href => `<a href="${href}">`),
      ),
      {
        maxLength: 30,
      },
    )
    .map(list => list.join(''));
  await fc.assert(
    fc.asyncProperty(html, async source => {
      const mail = readMail(
        Buffer.from(
          `Subject: =?utf-8?B?${Buffer.from(source).toString('base64')}?=\r\nContent-Type: text/html; charset=utf-8\r\n\r\n${source}\r\n`,
        ),
      );
      for (const strings of (await mail.texts(textFields)).values())
        for (const string of strings) assert.ok(string.length <= 512 * 1024);
    }),
    { numRuns: 200 },
  );
});
