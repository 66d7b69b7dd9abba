// HTML as its reader sees it, bounded in size and depth.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { htmlLimits, readHtml, withoutTags } from '../../src/content/html.ts';

const cases = [
  { name: 'inline elements do not break words', html: 'via<b>gr</b>a', shows: 'viagra' },
  { name: 'comments do not break words', html: 'via<!-- x -->gra', shows: 'viagra' },
  { name: 'blocks begin lines', html: '<p>One</p><p>Two<br>Three</p>', shows: 'One\nTwo\nThree' },
  { name: 'cells are apart', html: '<tr><td>a</td><td>b</td></tr>', shows: 'a b' },
  { name: 'entities', html: '&lt;&#118;&#x69;&nbsp;&uuml;&gt;', shows: '<vi ü>' },
  { name: 'white space is one space', html: 'a \t\n  b', shows: 'a\nb' },
  {
    name: 'scripts, styles and titles are not seen',
    html: '<title>t</title><style>s</style><script>"<p>x"</script>a',
    shows: 'a',
  },
  {
    name: 'hidden elements are not seen, nor what is in them',
    html: '<div style="Display : None"><p>x</p></div>a',
    shows: 'a',
  },
  {
    name: 'what follows a hidden void element is seen',
    html: '<input hidden>a<img style="display:none">b',
    shows: 'ab',
  },
  // Browsers end the head where something begins that cannot be in it.
  { name: 'a head that is not closed', html: '<head><meta name=x><title>t</title><p>a', shows: 'a' },
  { name: 'text in a head', html: '<head>a<style>s</style></head>b', shows: 'ab' },
  // `mso-hide` takes buttons from Outlook that are shown by all others.
  { name: 'what only one program hides', html: '<a style="color:#fff;background:#00f;mso-hide:all">a</a>', shows: 'a' },
  { name: 'an unclosed element', html: '<p>a<b>b', shows: 'ab' },
  { name: 'an unclosed tag', html: 'a<b href="', shows: 'a' },
  { name: 'a conditional comment', html: '<!--[if mso]>x<![endif]-->a', shows: 'a' },
  { name: 'attributes called __proto__', html: '<p __proto__="x" constructor="y">a</p>', shows: 'a' },
];

for (const c of cases) test(c.name, () => assert.equal(readHtml(c.html).text, c.shows));

test('links with what their reader sees of them', () => {
  const { links } = readHtml('<a href=" https://x.example/ ">go <b>there</b></a><a name=y>no</a><a href="#z"></a>');
  assert.deepEqual(links, [
    { href: 'https://x.example/', text: 'go there' },
    { href: '#z', text: '' },
  ]);
});

const bounded = [
  { name: 'a million open elements', html: '<div>'.repeat(1_000_000), limit: 'depth' },
  { name: 'open elements closed by others', html: `${'<b>'.repeat(50_000)}${'</i>'.repeat(50_000)}`, limit: 'depth' },
  { name: 'more text than is kept', html: 'x'.repeat(htmlLimits.text + 1), limit: 'text' },
  { name: 'more input than is read', html: 'x'.repeat(htmlLimits.input + 1), limit: 'input' },
  { name: 'more links than are kept', html: '<a href=x></a>'.repeat(htmlLimits.links + 1), limit: 'links' },
] as const;

for (const c of bounded) {
  test(`${c.name}: told`, () => assert.ok(readHtml(c.html).limits.includes(c.limit)));
}

test('text after the depth that is read is still text', () => {
  assert.match(readHtml(`${'<div>'.repeat(5000)}secret`).text, /secret$/);
});

for (const html of [
  '<'.repeat(500_000),
  '<a '.repeat(200_000),
  `<a ${'b=c '.repeat(200_000)}>`,
  '&'.repeat(500_000),
  '<!--'.repeat(200_000),
]) {
  test(`${html.slice(0, 8)}... ends`, () => assert.ok(readHtml(html).text.length <= htmlLimits.text));
}

test('tags taken out of text', () => assert.equal(withoutTags('a<b>c</b>d<e'), 'a c d'));
