// HTML: what it shows, hides, loads and asks for.

import { clipped, fitting } from '../content/bounds.ts';
import type { HtmlReading } from '../content/html.ts';
import { type Hiding, hidings } from '../content/look.ts';
import { displayedHost, type PlacedAddress, registrableDomain, webAddress } from '../content/urls.ts';
import { count, flag, number, records, text, texts } from '../model/shape.ts';
import { check } from './check.ts';

export const htmlCheck = check({
  name: 'html',
  after: [],
  timeoutMs: 5000,
  about: 'What the HTML of the message shows, hides, loads and asks for.',
  evidence: {
    present: flag('There is HTML.'),
    length: count('Characters of HTML.'),
    text_chars: count('Characters of it that its reader sees as text.'),
    forms: count('Forms.'),
    form_hosts: texts('Distinct hosts to which forms send what is typed in; at most 5.'),
    foreign_forms: count('Forms that send it to another organisation than that of From.'),
    password_fields: count('Input fields for passwords.'),
    scripts: count('Script elements.'),
    event_handlers: count('Elements with an attribute that holds a script (`onload`, `onclick`).'),
    frames: count('Frames.'),
    refreshes: count('Elements that lead on to another page by themselves (`<meta http-equiv=refresh>`).'),
    has_base: flag('Relative addresses start from a place that the page names (`<base href>`).'),
    images: count('Images.'),
    external_images: count('Images that are loaded from a web server.'),
    attached_images: count('Images that are parts of the message (`cid:`).'),
    unseen_images: count('Images of at most one pixel in a direction, or hidden: they count who reads.'),
    image_area: count('Square pixels of the other images, as far as they state width and height.'),
    hidden_chars: count('Characters of text that its reader does not see; scripts, styles and filling apart.'),
    hidden_by_css: count('Of these, by display, visibility, opacity, clipping or a box of no size.'),
    hidden_by_colour: count('By a colour that is nearly that of the background.'),
    hidden_by_size: count('By letters of at most one pixel.'),
    hidden_offscreen: count('By a place that no window shows.'),
    hidden_share: number('Hidden among all characters of text, 0 to 1.'),
    split_words: count('Words with hidden text between their letters.'),
    needless_entities: count('ASCII letters written as numeric entities (`&#86;`).'),
    links: count('Links, targets inside the page included.'),
    mismatched_links: count(
      'Links whose text shows a host of another organisation than the one that they lead to, or hold the address of.',
    ),
    mismatches: records(
      { shown: text('The host that the text shows.'), target: text('The host that it leads to.') },
      'The first 5 of them.',
    ),
    limits: texts('Limits that were exceeded, so that the rest was not read: `input`, `depth`, `text`, `links`.'),
  },
  async observe({ mail }) {
    const body = await mail.body();
    const addresses = await mail.webAddresses();
    const total = (of: (reading: HtmlReading) => number) => body.html.reduce((sum, reading) => sum + of(reading), 0);
    const hidden = (hiding: Hiding) => total(({ hiddenBy }) => hiddenBy[hiding]);
    const hiddenChars = hidings.reduce((sum, hiding) => sum + hidden(hiding), 0);
    const textChars = total(({ text }) => text.length);
    const mismatches = mismatchedLinks(body.html, addresses);
    return {
      present: body.htmlSources.length > 0,
      length: body.htmlSources.reduce((sum, html) => sum + html.length, 0),
      text_chars: textChars,
      forms: total(r => r.forms),
      ...ofForms(addresses, mail.addresses('from')[0]?.mailboxes[0]?.domain ?? ''),
      password_fields: total(r => r.passwordFields),
      scripts: total(r => r.scripts),
      event_handlers: total(r => r.eventHandlers),
      frames: total(r => r.frames),
      refreshes: total(r => r.refreshes),
      has_base: body.html.some(r => r.base !== ''),
      images: total(r => r.images),
      external_images: total(r => r.externalImages),
      attached_images: total(r => r.attachedImages),
      unseen_images: total(r => r.unseenImages),
      image_area: total(r => r.imageArea),
      hidden_chars: hiddenChars,
      hidden_by_css: hidden('css'),
      hidden_by_colour: hidden('colour'),
      hidden_by_size: hidden('size'),
      hidden_offscreen: hidden('offscreen'),
      hidden_share: hiddenChars === 0 ? 0 : Math.round((hiddenChars / (hiddenChars + textChars)) * 1000) / 1000,
      split_words: total(r => r.splitWords),
      needless_entities: body.htmlSources.reduce((sum, html) => sum + needlessEntities(html), 0),
      links: total(r => r.links.length),
      mismatched_links: mismatches.length,
      mismatches: mismatches.slice(0, 5),
      limits: [...new Set(body.html.flatMap(reading => reading.limits))].sort(),
    };
  },
});

function ofForms(addresses: readonly PlacedAddress[], from: string) {
  const forms = addresses.filter(({ kind, host }) => kind === 'form' && host !== '');
  return {
    form_hosts: fitting(new Set(forms.map(({ host }) => host)), { items: 5, chars: 300, each: 255 }),
    foreign_forms: forms.filter(({ host }) => registrableDomain(host) !== registrableDomain(from)).length,
  };
}

function needlessEntities(html: string): number {
  return html.includes('&#') ? (html.match(letterEntity)?.length ?? 0) : 0;
}
/** `&#65;` to `&#90;` and `&#97;` to `&#122;`, in decimal and hexadecimal. */
const letterEntity =
  /&#(?:0{0,9}(?:6[5-9]|[78]\d|90|9[7-9]|1[01]\d|12[0-2])(?!\d)|x0{0,9}(?:[46][1-9a-f]|[57][0-9a])(?![0-9a-f]));?/gi;

interface Mismatch {
  readonly shown: string;
  readonly target: string;
}

function mismatchedLinks(readings: readonly HtmlReading[], addresses: readonly PlacedAddress[]): readonly Mismatch[] {
  // What redirectors hold, by what is shown of the link that goes through them.
  const held = addresses.filter(({ kind }) => kind === 'redirected');
  return readings.flatMap(({ links, base }) =>
    links.flatMap(({ href, text: shownText }) => {
      const shown = displayedHost(shownText);
      if (shown === null) return [];
      const target = webAddress(href, base)?.host ?? '';
      const leadsThere = (host: string): boolean => registrableDomain(shown) === registrableDomain(host);
      if (target === '' || leadsThere(target)) return [];
      if (held.some(inner => inner.shown === shownText && leadsThere(inner.host))) return [];
      return [{ shown: clipped(shown, 100), target: clipped(target, 100) }];
    }),
  );
}
