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
    const value = await observed(htmlCheck, subjectOf(`Content-Type: text/html\n\n${c.html}\n`));
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
