// Addresses that hold others are taken apart offline (THREATS.md 38: nothing is asked of anybody).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { redirectTarget } from '../../src/content/redirectors.ts';

const base64url = (text: string): string => Buffer.from(text).toString('base64url');

const holding = [
  { name: 'google', href: 'https://www.google.com/url?q=https://x.example/a&sa=D', holds: 'https://x.example/a' },
  {
    name: 'google by another parameter, encoded',
    href: 'https://www.google.de/url?sa=t&url=https%3A%2F%2Fx.example%2Fa%3Fb%3D1',
    holds: 'https://x.example/a?b=1',
  },
  { name: 'google’s fast pages', href: 'https://www.google.co.uk/amp/s/x.example/a', holds: 'https://x.example/a' },
  {
    name: 'google’s translations',
    href: 'https://www-my--shop-example.translate.goog/a?_x_tr_sl=auto',
    holds: 'https://www.my-shop.example/a',
  },
  {
    name: 'safelinks',
    href: 'https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fx.example%2F&data=05%7C01&reserved=0',
    holds: 'https://x.example/',
  },
  {
    name: 'urldefense 1',
    href: 'https://urldefense.proofpoint.com/v1/url?u=http://x.example/&k=y',
    holds: 'http://x.example/',
  },
  {
    name: 'urldefense 2',
    href: 'https://urldefense.proofpoint.com/v2/url?u=https-3A__x.example_a-2Db-3Fc-3Dd&d=DwMFAg&c=y',
    holds: 'https://x.example/a-b?c=d',
  },
  {
    name: 'urldefense 3',
    href: 'https://urldefense.com/v3/__https://x.example/a*b?c=1__;Iw!!token$',
    holds: 'https://x.example/a#b?c=1',
  },
  {
    name: 'urldefense 3 with a run of characters',
    href: `https://urldefense.com/v3/__https://x.example/**Ab__;${base64url('%#')}!!token$`,
    holds: 'https://x.example/%#b',
  },
  {
    name: 'bing',
    href: `https://www.bing.com/ck/a?!&&p=1&u=a1${base64url('https://x.example/a')}&ntb=1`,
    holds: 'https://x.example/a',
  },
  {
    name: 'linkedin',
    href: 'https://www.linkedin.com/redir/redirect?url=https%3A%2F%2Fx%2Eexample%2F&urlhash=1',
    holds: 'https://x.example/',
  },
  {
    name: 'facebook',
    href: 'https://l.facebook.com/l.php?u=https%3A%2F%2Fx.example%2F&h=A',
    holds: 'https://x.example/',
  },
  { name: 'any parameter', href: 'https://y.test/go?a=b&to=http://x.example', holds: 'http://x.example' },
  { name: 'a parameter without a scheme', href: 'https://y.test/go?to=//x.example/', holds: '//x.example/' },
  {
    name: 'a parameter that begins with www',
    href: 'https://y.test/go?to=www.x.example',
    holds: 'http://www.x.example',
  },
  { name: 'a parameter in base64', href: `https://y.test/?x=${btoa('http://x.example/')}`, holds: 'http://x.example/' },
  {
    name: 'a parameter encoded twice',
    href: 'https://y.test/?u=https%253A%252F%252Fx.example%252F',
    holds: 'https://x.example/',
  },
  { name: 'the whole query', href: 'https://y.test/?https://x.example/a', holds: 'https://x.example/a' },
  { name: 'the fragment', href: 'https://y.test/#https://x.example/', holds: 'https://x.example/' },
  { name: 'the path', href: 'https://y.test/web/2020/https://x.example/a?b', holds: 'https://x.example/a?b' },
  { name: 'the path, encoded', href: 'https://y.test/T0KEN/https%3A%2F%2Fx.example%2Fa', holds: 'https://x.example/a' },
  { name: 'the path in base64', href: `https://y.test/r/${btoa('https://x.example/')}`, holds: 'https://x.example/' },
];

for (const { name, href, holds } of holding)
  test(`${name} holds ${holds}`, () => assert.equal(redirectTarget(href), holds));

const others = [
  'https://x.example/',
  'https://x.example/https',
  'https://x.example/?q=https',
  'https://x.example/?q=http:1',
  'https://x.example/?q=aHR0cHM',
  'https://x.example/?q=%E0%A4%A',
  'https://urldefense.com/v3/nothing',
  'https://urldefense.com/v2/url?u=-',
  'data:text/html,https://x.example/',
];

for (const href of others) test(`${href} holds nothing`, () => assert.equal(redirectTarget(href), null));

for (const href of [
  `https://y.test/?${'u=https://'.repeat(200)}`,
  `https://urldefense.com/v3/__https://x.example/${'*'.repeat(1900)}__;!!`,
  `https://y.test/${'http:/'.repeat(300)}`,
  `https://y.test/?${'&'.repeat(1900)}`,
  `https://y.test/${'aHR0c'.repeat(380)}`,
])
  test(`${href.slice(0, 50)}... comes to an end`, () => assert.doesNotThrow(() => redirectTarget(href)));
