// HTML as its reader sees it: visible and hidden text, links, and what else it loads or asks for. Streamed, bounded in size and depth.

import { Parser } from 'htmlparser2';
import { type Declarations, declarations, merged, type StyleSheet, saidByAttributes, styleSheet } from './css.ts';
import { type FoundAddress, foundAddresses } from './html-addresses.ts';
import { type Hiding, type Look, lookWithin, pageLook } from './look.ts';
import { ShownText } from './shown-text.ts';

export interface Link {
  readonly href: string;
  /** What the reader sees of it, at most 500 characters. */
  readonly text: string;
}

export interface HtmlReading {
  readonly text: string;
  /** The text that its reader does not see, scripts and styles apart. */
  readonly hidden: string;
  /** Characters of it that would be seen, by what hides them. */
  readonly hiddenBy: Readonly<Record<Hiding, number>>;
  /** Places where hidden text stands inside a word that is seen. */
  readonly splitWords: number;
  readonly links: readonly Link[];
  /** Addresses in attributes other than the links' own: images, forms, frames, styles. */
  readonly addresses: readonly FoundAddress[];
  /** What relative addresses start from; empty where the page does not say. */
  readonly base: string;
  readonly forms: number;
  readonly passwordFields: number;
  readonly scripts: number;
  readonly frames: number;
  readonly images: number;
  readonly externalImages: number;
  /** Images of parts of the message. */
  readonly attachedImages: number;
  /** Images of at most one pixel, or hidden. */
  readonly unseenImages: number;
  /** Square pixels of the other images, as far as they state their size. */
  readonly imageArea: number;
  /** Elements with an attribute that holds a script. */
  readonly eventHandlers: number;
  readonly refreshes: number;
  /** What was not read: the input, the depth, or what was found, was over its limit. */
  readonly limits: readonly HtmlLimit[];
}

export const htmlLimits = {
  /** Characters of input. */
  input: 2 * 1024 * 1024,
  /** Elements inside each other. */
  depth: 1000,
  /** Characters of visible text, and of hidden text. */
  text: 256 * 1024,
  /** Links, and addresses. */
  links: 1000,
} as const;
export type HtmlLimit = keyof typeof htmlLimits;

export function readHtml(html: string): HtmlReading {
  const input = html.slice(0, htmlLimits.input);
  const reader = new Reader(styleSheet(input));
  if (html.length > htmlLimits.input) reader.limits.add('input');
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
// `noscript` and the content of `object` are seen: mail programs run and load nothing. So is what stands in a head and does not
// belong there: browsers end the head before it.
const unseen = new Set(['script', 'style', 'template', 'title', 'datalist']);

interface Element {
  readonly name: string;
  readonly look: Look;
  /** In a script, style or the like, which nobody is meant to read. */
  readonly isCode: boolean;
  readonly href: string | null;
}

/** Characters of hidden text that are kept: they are sought in, not shown. */
const maxHidden = 64 * 1024;
/** Styles written out more often than this on one page are read each time. */
const maxKnownStyles = 1000;

class Reader {
  readonly limits = new Set<HtmlLimit>();
  readonly #sheet: StyleSheet;
  readonly #styles = new Map<string, Declarations>();
  readonly #shown = new ShownText(htmlLimits.text);
  readonly #hidden = new ShownText(maxHidden);
  readonly #hiddenBy: Record<Hiding, number> = { css: 0, colour: 0, size: 0, offscreen: 0 };
  /** Whether the last character that is seen is of a word, and whether hidden text has followed it. */
  #isInWord = false;
  #isWordSplit = false;
  #splitWords = 0;
  readonly #links: Link[] = [];
  readonly #addresses: FoundAddress[] = [];
  #base = '';
  readonly #counts = {
    forms: 0,
    passwordFields: 0,
    scripts: 0,
    frames: 0,
    images: 0,
    externalImages: 0,
    attachedImages: 0,
    unseenImages: 0,
    imageArea: 0,
    eventHandlers: 0,
    refreshes: 0,
  };
  readonly #open: Element[] = [];
  #linkText = '';
  #name = '';
  #attributes = new Map<string, string>();

  constructor(sheet: StyleSheet) {
    this.#sheet = sheet;
  }

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
    const look = this.#look(parent?.look ?? pageLook);
    if (blocks.has(name)) this.#break();
    else if (name === 'td' || name === 'th') this.#space();
    this.#count(name, look);
    if (this.#attributes.size > 0)
      for (const address of foundAddresses(name, this.#attributes)) this.#noteAddress(address);
    if (name === 'base' && this.#base === '') this.#base = this.#value('href').trim().slice(0, 2000);
    if (href !== null) this.#linkText = '';
    this.#open.push({ name, look, isCode, href });
    if (this.#open.length > htmlLimits.depth) this.limits.add('depth');
  }

  close(): void {
    const element = this.#open.pop();
    if (element === undefined) return;
    if (element.href !== null) this.#noteLink({ href: element.href.trim(), text: this.#linkText.trim() });
    if (blocks.has(element.name)) this.#break();
  }

  text(text: string): void {
    const element = this.#open.at(-1);
    if (element?.isCode === true) return;
    const hiding = element?.look.hiddenBy ?? null;
    if (hiding !== null) this.#hide(text, hiding);
    else this.#show(text);
  }

  finish(): HtmlReading {
    return {
      text: this.#shown.finish(),
      hidden: this.#hidden.finish(),
      hiddenBy: this.#hiddenBy,
      splitWords: this.#splitWords,
      links: this.#links,
      addresses: this.#addresses,
      base: this.#base,
      ...this.#counts,
      limits: [...this.limits],
    };
  }

  #show(text: string): void {
    if (this.#linkText.length < 500) this.#linkText = (this.#linkText + text).slice(0, 500);
    if (this.#isWordSplit && this.#isInWord && beginsInWord.test(text)) this.#splitWords += 1;
    this.#isWordSplit = false;
    this.#isInWord = endsInWord.test(text.slice(-2));
    if (!this.#shown.add(text)) this.limits.add('text');
  }

  #hide(text: string, hiding: Hiding): void {
    const chars = text.replace(filling, '').length;
    this.#hiddenBy[hiding] += chars;
    if (chars > 0) this.#isWordSplit = true;
    this.#hidden.add(text.replace(filling, ' '));
  }

  /** A line ends. */
  #break(): void {
    this.#isInWord = false;
    this.#shown.add('\n');
    this.#hidden.add('\n');
  }

  #space(): void {
    this.#isInWord = false;
    this.#shown.add(' ');
    this.#hidden.add(' ');
  }

  #look(parent: Look): Look {
    // What is removed with all in it stays so, and most elements say nothing of themselves.
    if (parent.removedBy !== null || (this.#attributes.size === 0 && this.#sheet.isEmpty)) return parent;
    const said = [...saidByAttributes(this.#name, this.#attributes), ...this.#saidBySheet(), ...this.#saidByStyle()];
    if (said.length === 0) return parent;
    const [first] = said;
    const look = lookWithin(parent, said.length === 1 && first !== undefined ? first : merged(said));
    // Where the sheet sets backgrounds that are not followed, colour alone tells nothing.
    return look.hiddenBy === 'colour' && this.#sheet.hasOtherBackgrounds ? { ...look, hiddenBy: null } : look;
  }

  #saidBySheet(): readonly Declarations[] {
    if (this.#sheet.isEmpty) return [];
    const named = this.#value('class');
    const classes = named === '' ? [] : named.slice(0, 500).toLowerCase().split(/\s+/, 20);
    return this.#sheet.of(this.#name, classes, this.#value('id').slice(0, 100).toLowerCase());
  }

  #saidByStyle(): readonly Declarations[] {
    const style = this.#attributes.get('style');
    if (style === undefined) return [];
    const said = this.#styles.get(style) ?? declarations(style);
    if (this.#styles.size < maxKnownStyles) this.#styles.set(style, said);
    return said.size === 0 ? [] : [said];
  }

  #count(name: string, look: Look): void {
    const counts = this.#counts;
    if (name === 'form') counts.forms += 1;
    else if (name === 'script') counts.scripts += 1;
    else if (name === 'iframe' || name === 'frame') counts.frames += 1;
    else if (name === 'input' && this.#value('type').toLowerCase() === 'password') counts.passwordFields += 1;
    else if (name === 'meta' && this.#value('http-equiv').toLowerCase() === 'refresh') counts.refreshes += 1;
    else if (name === 'img') this.#countImage(look);
    for (const attribute of this.#attributes.keys())
      if (attribute.startsWith('on') && /^on[a-z]{3,20}$/.test(attribute)) {
        counts.eventHandlers += 1;
        break;
      }
  }

  #countImage(look: Look): void {
    const counts = this.#counts;
    const source = this.#value('src');
    counts.images += 1;
    if (/^\s*(?:https?:)?\/\//i.test(source)) counts.externalImages += 1;
    else if (/^\s*cid:/i.test(source)) counts.attachedImages += 1;
    const [width, height] = [this.#pixels('width'), this.#pixels('height')];
    const isSpeck = (width !== null && width <= 1) || (height !== null && height <= 1);
    if (isSpeck || look.removedBy !== null) counts.unseenImages += 1;
    else counts.imageArea += (width ?? 0) * (height ?? 0);
  }

  #pixels(attribute: string): number | null {
    const [, digits] = /^\s{0,9}(\d{1,4})(?:px)?\s{0,9}$/.exec(this.#value(attribute)) ?? [];
    return digits === undefined ? null : Number(digits);
  }

  #value(attribute: string): string {
    return this.#attributes.get(attribute) ?? '';
  }

  #noteLink(link: Link): void {
    if (this.#links.length < htmlLimits.links) this.#links.push(link);
    else this.limits.add('links');
  }

  #noteAddress(address: FoundAddress): void {
    if (this.#addresses.length < htmlLimits.links) this.#addresses.push(address);
    else this.limits.add('links');
  }
}

const beginsInWord = /^[\p{L}\p{N}]/u;
const endsInWord = /[\p{L}\p{N}]$/u;
/** What fills up previews without being seen, hidden or not. */
const filling = /(?:[\s\u00ad\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff]|\u034f)+/g;
