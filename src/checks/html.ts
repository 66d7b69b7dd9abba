// HTML: what it shows, hides, loads and asks for.

import { clipped } from '../content/bounds.ts';
import type { HtmlReading, Link } from '../content/html.ts';
import { displayedHost, registrableDomain, webAddress } from '../content/urls.ts';
import { count, flag, records, text, texts } from '../model/shape.ts';
import { check } from './check.ts';

export const htmlCheck = check({
  name: 'html',
  after: [],
  timeoutMs: 5000,
  about: 'What the HTML of the message shows, hides, loads and asks for.',
  evidence: {
    present: flag('There is HTML.'),
    length: count('Characters of HTML.'),
    forms: count('Forms.'),
    password_fields: count('Input fields for passwords.'),
    scripts: count('Script elements.'),
    frames: count('Frames.'),
    images: count('Images.'),
    external_images: count('Images that are loaded from a web server.'),
    hidden_chars: count('Characters of text that its reader does not see, scripts and styles apart.'),
    links: count('Links, targets inside the page included.'),
    mismatched_links: count('Links whose text shows a host of another organisation than the one they lead to.'),
    mismatches: records(
      { shown: text('The host that the text shows.'), target: text('The host that it leads to.') },
      'The first 5 of them.',
    ),
    limits: texts('Limits that were exceeded, so that the rest was not read: `input`, `depth`, `text`, `links`.'),
  },
  async observe({ mail }) {
    const body = await mail.body();
    const total = (of: (reading: HtmlReading) => number) => body.html.reduce((sum, reading) => sum + of(reading), 0);
    const mismatches = body.html.flatMap(reading => reading.links).flatMap(mismatch);
    return {
      present: body.htmlSources.length > 0,
      length: body.htmlSources.reduce((sum, html) => sum + html.length, 0),
      forms: total(r => r.forms),
      password_fields: total(r => r.passwordFields),
      scripts: total(r => r.scripts),
      frames: total(r => r.frames),
      images: total(r => r.images),
      external_images: total(r => r.externalImages),
      hidden_chars: total(r => r.hiddenChars),
      links: total(r => r.links.length),
      mismatched_links: mismatches.length,
      mismatches: mismatches.slice(0, 5),
      limits: [...new Set(body.html.flatMap(reading => reading.limits))].sort(),
    };
  },
});

function mismatch({ href, text: shownText }: Link): readonly { readonly shown: string; readonly target: string }[] {
  const shown = displayedHost(shownText);
  const target = webAddress(href)?.host ?? '';
  if (shown === null || target === '' || registrableDomain(shown) === registrableDomain(target)) return [];
  return [{ shown: clipped(shown, 100), target: clipped(target, 100) }];
}
