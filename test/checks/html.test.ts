// What HTML shows, hides, loads and asks for.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { htmlCheck } from '../../src/checks/html.ts';
import { observed, subjectOf } from './mail-scene.ts';

const cases: readonly {
  readonly name: string;
  readonly html: string;
  readonly holds: Readonly<Record<string, unknown>>;
}[] = [
  {
    name: 'a paragraph',
    html: '<p>Hello</p>',
    holds: { present: true, links: 0, forms: 0, hidden_chars: 0, mismatched_links: 0 },
  },
  {
    name: 'a form for a password',
    html: '<form action="https://x.example/"><input type="PASSWORD"></form>',
    holds: { forms: 1, password_fields: 1 },
  },
  {
    name: 'scripts and frames',
    html: '<script>a</script><iframe src=x></iframe>',
    holds: { scripts: 1, frames: 1, hidden_chars: 0 },
  },
  {
    name: 'pictures from the web and from the mail',
    html: '<img src="https://x.example/1.png"><img src="cid:1"><img src=//x.example/2>',
    holds: { images: 3, external_images: 2 },
  },
  {
    name: 'hidden text',
    html: '<div style="display: none">12345</div><span style="font-size:0px">67</span><p hidden>8</p>',
    holds: { hidden_chars: 8 },
  },
  {
    name: 'hidden by colour: the background’s own, nearly so, inherited, by attributes, transparent',
    html: '<p style="color:#fff">ab</p><table bgcolor="#333333"><tr><td><font color="#343434">cd</font></td></tr></table><div style="background:#000;color:white">seen<p style="color:#050505">ef</p></div><p style="color:transparent">gh</p>',
    holds: { hidden_by_colour: 8, hidden_chars: 8 },
  },
  {
    name: 'light text on dark ground is seen, and so is what stands on a picture or on what is not known',
    html: '<div style="background:#000"><p style="color:#fff">ab</p></div><div style="background:#fff url(x.png)"><p style="color:#fff">cd</p></div><table background=x.png bgcolor=white><tr><td style="color:#fff">ef</td></tr></table><p style="color:var(--x)">gh</p>',
    holds: { hidden_by_colour: 0, hidden_chars: 0 },
  },
  {
    name: 'links have a colour of their own',
    html: '<p style="color:#fff"><a href="https://x.example/">ab</a></p>',
    holds: { hidden_chars: 0 },
  },
  {
    name: 'hidden by a style sheet',
    html: '<style>.h{display:none} #i{color:#fefefe} span.z{font-size:0}</style><p class="a h">ab</p><p id=i>cd</p><span class=z>ef</span><p class=z>seen</p>',
    holds: { hidden_by_css: 2, hidden_by_colour: 2, hidden_by_size: 2 },
  },
  {
    name: 'a style sheet that stands behind what it hides',
    html: '<p class=h>ab</p><style>.h{display:none}</style>',
    holds: { hidden_by_css: 2 },
  },
  {
    name: 'a sheet for small screens hides nothing',
    html: '<style>@media only screen and (max-width:480px){.h{display:none!important}}</style><p class=h>ab</p>',
    holds: { hidden_chars: 0 },
  },
  {
    name: 'where a sheet sets backgrounds in ways that are not followed, colour tells nothing',
    html: '<style>td .b{background:#000}</style><p class=b style="color:#fff">ab</p>',
    holds: { hidden_chars: 0 },
  },
  {
    name: 'hidden by size: its own, inherited; not where an element inside is larger',
    html: '<div style="font-size:0">ab<span>cd</span><p style="font-size:12px">seen</p></div><p style="font:1px/1 Arial">ef</p><p style="font-size:10%">gh</p>',
    holds: { hidden_by_size: 4 + 2, hidden_chars: 6 },
  },
  {
    name: 'hidden outside the window',
    html: '<p style="position:absolute; left:-9999px">ab</p><p style="text-indent:-1000em">cd</p><p style="margin-left:-40px">seen</p><p style="left:-9999px">seen</p>',
    holds: { hidden_offscreen: 4, hidden_chars: 4 },
  },
  {
    name: 'hidden by a box without size, by clipping, by opacity',
    html: '<p style="max-height:0">ab</p><p style="height:0;overflow:hidden">cd</p><p style="clip:rect(0,0,0,0)">ef</p><p style="opacity:0.01">gh</p><p style="height:0">seen</p>',
    holds: { hidden_by_css: 8 },
  },
  {
    name: 'what is removed cannot be shown from inside, what is invisible can',
    html: '<div style="display:none"><p style="display:block">ab</p></div><div style="visibility:hidden">cd<p style="visibility:visible">seen</p></div>',
    holds: { hidden_by_css: 4 },
  },
  {
    name: 'what fills up a preview is not text',
    html: '<p style="display:none">ab&zwnj;&nbsp;&#847;&zwnj;&nbsp;&#847;&shy;</p>',
    holds: { hidden_chars: 2 },
  },
  {
    name: 'words with hidden text between their letters',
    html: 'via<span style="font-size:0">xyz</span>gra <i style="display:none">note</i> word<p style="display:none">x</p>next ci<b>al</b>is',
    holds: { split_words: 1, hidden_share: 0.258 },
  },
  {
    name: 'forms and where they send to',
    html: '<form action="https://evil.test/x"><input type=password></form><form action="https://www.sender.example/"></form><button formaction="https://two.test/">',
    holds: { forms: 2, form_hosts: ['evil.test', 'www.sender.example', 'two.test'], foreign_forms: 2 },
  },
  {
    name: 'images by their kind and size',
    html: '<img src="cid:1" width=200 height="100px"><img src="https://x.example/p.gif" width=1 height=1><img src="https://x.example/q" style="display:none"><img src=x width=100%>',
    holds: { images: 4, attached_images: 1, external_images: 2, unseen_images: 2, image_area: 20_000 },
  },
  {
    name: 'scripts in attributes, refreshes and a base',
    html: '<base href="https://x.example/"><meta http-equiv="Refresh" content="0;url=https://y.test/"><body onload="x()"><p once="no">',
    holds: { event_handlers: 1, refreshes: 1, has_base: true },
  },
  {
    name: 'letters written as entities, and what needs to be',
    html: '<p>&#86;&#x69;&#0097; &#252;&#8364;&amp;&#49;</p>',
    holds: { needless_entities: 3 },
  },
  {
    name: 'small text is not hidden',
    html: '<p style="font-size:0.8em">Hi</p><p style="opacity:0.5">Hi</p>',
    holds: { hidden_chars: 0 },
  },
  {
    name: 'a link that shows another place',
    html: '<a href="https://evil.test/">https://www.bank.example/login</a>',
    holds: { links: 1, mismatched_links: 1, mismatches: [{ shown: 'www.bank.example', target: 'evil.test' }] },
  },
  {
    name: 'a link through a gateway to the place that it shows',
    html: '<a href="https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fwww.bank.example%2F">www.bank.example</a>',
    holds: { mismatched_links: 0 },
  },
  {
    name: 'a link through a redirector to another place than it shows',
    html: '<a href="https://www.google.com/url?q=https://evil.test/">www.bank.example</a>',
    holds: { mismatched_links: 1 },
  },
  {
    name: 'a link within one organisation',
    html: '<a href="https://click.bank.example/1">www.bank.example</a>',
    holds: { mismatched_links: 0 },
  },
  {
    name: 'a link that shows words',
    html: '<a href="https://x.example/">Read more about it.</a>',
    holds: { mismatched_links: 0 },
  },
  {
    name: 'a link that shows its own place, spread over elements',
    html: '<a href="https://x.example/"><b>x.</b><i>example</i></a>',
    holds: { mismatched_links: 0 },
  },
];

for (const c of cases) {
  test(c.name, async () => {
    const value = await observed(
      htmlCheck,
      subjectOf(`From: a@sender.example\nContent-Type: text/html; charset=utf-8\n\n${c.html}\n`),
    );
    for (const [field, expected] of Object.entries(c.holds)) assert.deepEqual(value[field], expected, field);
  });
}

test('no HTML', async () => {
  const { present, length } = await observed(htmlCheck, subjectOf('Subject: x\n\n<p>Not HTML</p>\n'));
  assert.deepEqual({ present, length }, { present: false, length: 0 });
});

test('HTML beyond the limits is told', async () => {
  const value = await observed(htmlCheck, subjectOf(`Content-Type: text/html\n\n${'<div>'.repeat(5000)}\n`));
  assert.deepEqual(value.limits, ['depth']);
});
