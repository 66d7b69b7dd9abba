// HTML as its reader sees it: visible text, links, and what else it loads or asks for. Streamed, bounded in size and depth.

import { Parser } from 'htmlparser2';

export interface Link {
  readonly href: string;
  /** What the reader sees of it, at most 500 characters. */
  readonly text: string;
}

export interface HtmlReading {
  readonly text: string;
  /** Characters of text that its reader does not see. */
  readonly hiddenChars: number;
  readonly links: readonly Link[];
  /** Addresses in attributes other than the links' own: images, forms, frames, styles. */
  readonly addresses: readonly string[];
  readonly forms: number;
  readonly passwordFields: number;
  readonly scripts: number;
  readonly frames: number;
  readonly images: number;
  readonly externalImages: number;
  /** What was not read: the input, the depth, or what was found, was over its limit. */
  readonly limits: readonly HtmlLimit[];
}

export const htmlLimits = {
  /** Characters of input. */
  input: 2 * 1024 * 1024,
  /** Elements inside each other. */
  depth: 1000,
  /** Characters of visible text. */
  text: 256 * 1024,
  /** Links, and addresses. */
  links: 1000,
} as const;
export type HtmlLimit = keyof typeof htmlLimits;

export function readHtml(html: string): HtmlReading {
  const reader = new Reader();
  if (html.length > htmlLimits.input) reader.limits.add('input');
  const input = html.slice(0, htmlLimits.input);
  const parser = new Parser(
    {
      onopentagname: name => reader.openName(name),
      onattribute: (name, value) => reader.attribute(name, value),
      onopentag: () => reader.open(),
      onclosetag: () => reader.close(),
      ontext: text => reader.text(text),
    },
    { decodeEntities: true },
  );
  for (let at = 0; at < input.length; at += 4096) {
    // Deep nesting makes the parser's own search for an open element slow, so it is cut off (the rest is read as text).
    if (reader.limits.has('depth')) {
      reader.text(withoutTags(input.slice(at)));
      return reader.finish();
    }
    parser.write(input.slice(at, at + 4096));
  }
  parser.end();
  return reader.finish();
}

/** `html` without what stands between `<` and `>`; a `<` without its `>` ends it. */
export function withoutTags(html: string): string {
  const kept: string[] = [];
  for (let at = 0; at < html.length; ) {
    const open = html.indexOf('<', at);
    kept.push(html.slice(at, open < 0 ? html.length : open));
    const close = open < 0 ? -1 : html.indexOf('>', open);
    if (close < 0) break;
    at = close + 1;
  }
  return kept.join(' ');
}

const blocks = new Set(
  'address article aside blockquote br center dd div dl dt fieldset footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section table tbody tfoot thead tr ul title option'.split(
    ' ',
  ),
);
// `noscript` and the content of `object` are seen: mail programs run and load nothing.
const unseen = new Set(['script', 'style', 'template', 'title', 'head', 'datalist']);
const addressAttributes = new Set(['src', 'action', 'formaction', 'background', 'data', 'poster', 'srcset', 'content']);

interface Element {
  readonly name: string;
  readonly isHidden: boolean;
  /** In a script, style or the like, which nobody is meant to read. */
  readonly isCode: boolean;
  readonly href: string | null;
}

class Reader {
  readonly limits = new Set<HtmlLimit>();
  readonly #kept: string[] = [];
  #length = 0;
  #hiddenChars = 0;
  readonly #links: Link[] = [];
  readonly #addresses: string[] = [];
  #counts = { forms: 0, passwordFields: 0, scripts: 0, frames: 0, images: 0, externalImages: 0 };
  readonly #open: Element[] = [];
  #linkText = '';
  #name = '';
  #attributes = new Map<string, string>();

  openName(name: string): void {
    this.#name = name;
    this.#attributes = new Map();
  }

  attribute(name: string, value: string): void {
    // The first of several counts, as in browsers.
    if (!this.#attributes.has(name) && this.#attributes.size < 200) this.#attributes.set(name, value);
  }

  open(): void {
    const name = this.#name;
    const parent = this.#open.at(-1);
    const href = name === 'a' || name === 'area' ? (this.#attributes.get('href') ?? null) : null;
    const isCode = parent?.isCode === true || unseen.has(name);
    const isHidden = parent?.isHidden === true || isCode || isStyledAway(this.#attributes);
    if (blocks.has(name)) this.#keep('\n');
    else if (name === 'td' || name === 'th') this.#keep(' ');
    this.#count(name);
    for (const [attribute, value] of this.#attributes) this.#noteAddress(attribute, value);
    if (href !== null) this.#linkText = '';
    this.#open.push({ name, isHidden, isCode, href });
    if (this.#open.length > htmlLimits.depth) this.limits.add('depth');
  }

  close(): void {
    const element = this.#open.pop();
    if (element === undefined) return;
    if (element.href !== null) this.#noteLink({ href: element.href.trim(), text: this.#linkText.trim() });
    if (blocks.has(element.name)) this.#keep('\n');
  }

  text(text: string): void {
    const element = this.#open.at(-1);
    if (element?.isHidden === true) {
      if (!element.isCode) this.#hiddenChars += text.trim().length;
      return;
    }
    if (this.#linkText.length < 500) this.#linkText = (this.#linkText + text).slice(0, 500);
    this.#keep(text);
  }

  finish(): HtmlReading {
    return {
      // Runs of white space are shown as one space, and lines are trimmed: what patterns see is what readers see.
      text: this.#kept
        .join('')
        .replace(/[^\S\n]+/g, ' ')
        .replace(/ ?\n[ \n]*/g, '\n')
        .trim(),
      hiddenChars: this.#hiddenChars,
      links: this.#links,
      addresses: this.#addresses,
      ...this.#counts,
      limits: [...this.limits],
    };
  }

  #keep(text: string): void {
    if (this.#length >= htmlLimits.text) {
      if (text.trim() !== '') this.limits.add('text');
      return;
    }
    const kept = text.slice(0, htmlLimits.text - this.#length);
    this.#kept.push(kept);
    this.#length += kept.length;
  }

  #count(name: string): void {
    if (name === 'form') this.#counts.forms += 1;
    else if (name === 'script') this.#counts.scripts += 1;
    else if (name === 'iframe' || name === 'frame') this.#counts.frames += 1;
    else if (name === 'input' && this.#value('type').toLowerCase() === 'password') this.#counts.passwordFields += 1;
    else if (name === 'img') {
      this.#counts.images += 1;
      if (/^\s*(?:https?:)?\/\//i.test(this.#value('src'))) this.#counts.externalImages += 1;
    }
  }

  #value(attribute: string): string {
    return this.#attributes.get(attribute) ?? '';
  }

  #noteLink(link: Link): void {
    if (this.#links.length < htmlLimits.links) this.#links.push(link);
    else this.limits.add('links');
  }

  #noteAddress(attribute: string, value: string): void {
    if (!addressAttributes.has(attribute)) return;
    // `<meta http-equiv=refresh content="0; url=...">`
    const address = attribute === 'content' ? value.replace(/^[^=]{0,40}url\s{0,5}=\s{0,5}['"]?/i, '') : value;
    if (attribute === 'content' && address === value) return;
    if (this.#addresses.length < htmlLimits.links) this.#addresses.push(address.trim().slice(0, 4096));
    else this.limits.add('links');
  }
}

/** Hidden by its own attributes. Colour on the same colour, clipping and style sheets are not looked at here. */
function isStyledAway(attributes: ReadonlyMap<string, string>): boolean {
  if (attributes.has('hidden')) return true;
  const style = attributes.get('style');
  if (style === undefined) return false;
  return /(?:^|[;\s])(?:display\s{0,9}:\s{0,9}none|visibility\s{0,9}:\s{0,9}hidden|mso-hide\s{0,9}:\s{0,9}all|(?:font-size|opacity|max-height)\s{0,9}:\s{0,9}0(?:\.0+)?(?![\d.]))/i.test(
    style.slice(0, 4096),
  );
}
