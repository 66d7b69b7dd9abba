// CSS as far as it decides whether text is seen; what is not understood changes nothing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { declarations, styleSheet } from '../../src/content/css.ts';
import { backgroundColour, colour, isAlike, pixels } from '../../src/content/css-values.ts';

const colours = [
  { written: 'white', is: 0xffffff },
  { written: '#fff', is: 0xffffff },
  { written: '#FfEeDd'.toLowerCase(), is: 0xffeedd },
  { written: 'ffeedd', is: 0xffeedd },
  { written: '#ffffff00', is: 'transparent' },
  { written: '#ffffffff', is: 0xffffff },
  { written: 'rgb(255, 0, 16)', is: 0xff0010 },
  { written: 'rgb(100% 0% 0%)', is: 0xff0000 },
  { written: 'rgba(0,0,0,0)', is: 'transparent' },
  { written: 'rgba(1,2,3,.5)', is: 0x010203 },
  { written: 'transparent', is: 'transparent' },
  { written: 'rgb(a,b,c)', is: null },
  { written: '#ggg', is: null },
  { written: 'inherit', is: null },
];
for (const { written, is } of colours) test(`colour ${written}`, () => assert.equal(colour(written), is));

const backgrounds = [
  { written: '#fff url(x.png) no-repeat', is: null },
  { written: 'no-repeat #fff', is: 0xffffff },
  { written: 'rgb(1, 2, 3) none', is: 0x010203 },
  { written: 'none', is: 'transparent' },
  { written: 'linear-gradient(#fff, #000)', is: null },
];
for (const { written, is } of backgrounds)
  test(`background ${written}`, () => assert.equal(backgroundColour(written), is));

test('colours that nobody tells apart', () => {
  assert.ok(isAlike(0xffffff, 0xf5f5f5));
  assert.ok(!isAlike(0xffffff, 0xe5e5e5));
  assert.ok(!isAlike(0x0000ff, 0x000000));
});

const lengths = [
  { written: '1px', is: 1 },
  { written: '-9999px', is: -9999 },
  { written: '.5em', is: 8 },
  { written: '50%', is: 300 },
  { written: '0', is: 0 },
  { written: '12pt', is: 16 },
  { written: '100vw', is: null },
  { written: 'auto', is: null },
  { written: undefined, is: null },
];
for (const { written, is } of lengths) test(`length ${written}`, () => assert.equal(pixels(written, 600), is));

test('of several declarations the last counts; importance and comments go', () => {
  const said = declarations('COLOR: Red; color:/* not */ blue !important; margin: 0; display;');
  assert.deepEqual([...said], [['color', 'blue']]);
});

const saidOf = (css: string, element: string, classes: readonly string[] = [], id = '') =>
  [...styleSheet(`<style>${css}</style>`).of(element, classes, id)].flatMap(said => [...said]);

const sheets = [
  { name: 'an element', css: 'p{color:red}', says: [['color', 'red']] },
  { name: 'a class', css: '.x , .y{color:red}', says: [['color', 'red']] },
  { name: 'an element of a class', css: 'p.x{color:red}', says: [['color', 'red']] },
  {
    name: 'an identifier, after the class',
    css: '#i{color:red}.x{color:blue}',
    says: [
      ['color', 'blue'],
      ['color', 'red'],
    ],
  },
  { name: 'another class', css: '.z{color:red}', says: [] },
  { name: 'a descendant', css: 'div .x{color:red}', says: [] },
  { name: 'small screens', css: '@media (max-width:600px){.x{color:red}} p{color:blue}', says: [['color', 'blue']] },
  { name: 'screens', css: '@media screen{.x{color:red}}', says: [['color', 'red']] },
  { name: 'after an import', css: '@import url(x.css); .x{color:red}', says: [['color', 'red']] },
  { name: 'in a comment', css: '/* .x{color:red} */', says: [] },
  { name: 'behind the marks that hide it from old browsers', css: '<!-- .x{color:red} -->', says: [['color', 'red']] },
  { name: 'an unclosed rule', css: '.x{color:red', says: [['color', 'red']] },
  { name: '__proto__', css: '.__proto__{color:red} constructor{color:red}', says: [] },
];
for (const { name, css, says } of sheets)
  test(`a sheet for ${name}`, () => assert.deepEqual(saidOf(css, 'p', ['x'], 'i'), says));

test('sheets in comments are for one mail program, those of other media for none', () => {
  const html =
    '<!--[if mso]><style>p{opacity:0}</style><![endif]--><style media=print>p{display:none}</style><STYLE media="screen">p{color:blue}</STYLE>';
  assert.deepEqual(
    [...styleSheet(html).of('p', [], '')].flatMap(said => [...said]),
    [['color', 'blue']],
  );
});

test('a background that is set by what is not followed is told', () => {
  assert.equal(styleSheet('<style>div .x{background:#000}</style>').hasOtherBackgrounds, true);
  assert.equal(styleSheet('<style>.x{background:#000} div .y{color:red}</style>').hasOtherBackgrounds, false);
});

for (const html of [
  '<style>'.repeat(200_000),
  `<style>${'{'.repeat(500_000)}`,
  `<style>${'@media x{'.repeat(100_000)}`,
  `<style>${'a,'.repeat(200_000)}{color:red}`,
  `<style>${'/*'.repeat(200_000)}`,
  `<style>${'p{color:red}'.repeat(50_000)}</style>`,
  '<style '.repeat(200_000),
  '<!--'.repeat(200_000),
])
  test(`${html.slice(0, 16)}... comes to an end`, () => assert.ok([...styleSheet(html).of('p', [], '')].length <= 1));
