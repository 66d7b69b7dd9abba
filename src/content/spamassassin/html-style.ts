// What colours and sizes SpamAssassin 4.0.1 takes the text of a page to have, and whether it counts as seen.

import { colourNames } from './html-colours.ts';

type Attributes = ReadonlyMap<string, string>;

interface Style {
  readonly tag: string;
  /** `#rrggbb`; `invalid` where it is no colour. */
  readonly foreground: string;
  readonly background: string;
  /** Of HTML's sizes: 3 is the usual one. */
  readonly size: number;
  readonly display: string;
  readonly visibility: string;
}

type Changing = { -readonly [Key in keyof Style]: Style[Key] };

const styled: ReadonlySet<string> = new Set(
  'body font table tr th td big small basefont marquee span p div a'.split(' '),
);

/** Attributes that are looked at, by element; `th` counts as `td`. A `bgcolor` is, and changes nothing. */
const counted: Readonly<Record<string, readonly string[]>> = {
  basefont: ['color', 'face', 'size'],
  body: ['text', 'bgcolor', 'link', 'alink', 'vlink', 'background'],
  font: ['color', 'face', 'size'],
  marquee: ['bgcolor', 'background'],
  table: ['bgcolor', 'style'],
  td: ['bgcolor', 'style'],
  tr: ['bgcolor', 'style'],
  span: ['style'],
  p: ['style'],
  div: ['style'],
  a: ['style'],
};

const usualSize = 3;
const usual: Style = {
  tag: 'default',
  foreground: '#000000',
  background: '#ffffff',
  size: usualSize,
  display: '',
  visibility: '',
};
/** Elements within each other; deeper ones have the style of what is around them. */
const maxDepth = 250;
/** Characters of a colour, or of several layers, that are looked at. */
const maxColour = 1024;

export type Seen = 'seen' | 'hidden' | 'lowContrast' | 'invalidColour';

/** Follows the elements of one page. */
export class TextStyle {
  largest = usualSize;
  smallest = usualSize;
  readonly #open: Style[] = [usual];
  #baseSize = usualSize;

  start(written: string, attributes: Attributes): void {
    if (!styled.has(written)) return;
    const tag = written === 'th' ? 'td' : written;
    const size = /^\s*(\d+)/.exec(attributes.get('size') ?? '')?.[1];
    if (tag === 'basefont' && size !== undefined) {
      this.#baseSize = Number(size);
      return;
    }
    if (tag === 'td' || tag === 'tr') this.#closeCell(tag);
    const style: Changing = { ...this.#current, tag };
    if (tag === 'big' || tag === 'small') style.size += tag === 'big' ? 1 : -1;
    else this.#apply(style, attributes, counted[tag] ?? []);
    if (this.#open.length < maxDepth) this.#open.push(style);
  }

  end(written: string): void {
    const tag = written === 'th' ? 'td' : written;
    if (!styled.has(tag) || tag === 'body') return;
    const at = this.#open.findLastIndex(style => style.tag === tag);
    if (at !== -1) this.#open.length = at;
  }

  /** Whether text that stands here is seen, and if not why not. */
  seen(): Seen {
    const { foreground, background, size, display, visibility } = this.#current;
    if (foreground.slice(-6) === background.slice(-6) || isNear(foreground, background)) return 'lowContrast';
    if (foreground === 'invalid' || background === 'invalid') return 'invalidColour';
    return size <= 1 || display === 'none' || visibility === 'hidden' ? 'hidden' : 'seen';
  }

  get #current(): Style {
    return this.#open.at(-1) ?? usual;
  }

  /** Cells and rows need no end. */
  #closeCell(tag: string): void {
    if (!this.#open.some(style => style.tag === tag)) return;
    const closes = tag === 'td' ? /^(?:font|td)$/ : /^(?:font|td|tr)$/;
    while (closes.test(this.#current.tag)) this.#open.pop();
  }

  #apply(style: Changing, attributes: Attributes, names: readonly string[]): void {
    for (const [name, value] of attributes) {
      if (!names.includes(name)) continue;
      if (name === 'text' || name === 'color') style.foreground = colour(value);
      else if (name === 'size') style.size = this.#sizeOf(value) ?? style.size;
      else if (name === 'style') this.#declare(style, value);
      if (style.size > this.largest) this.largest = style.size;
      else if (style.size < this.smallest) this.smallest = style.size;
    }
  }

  #sizeOf(value: string): number | null {
    const [, relative, absolute] = /^\s*(?:([+-]\d+)|(\d+))/.exec(value) ?? [];
    if (relative !== undefined) return this.#baseSize + Number(relative);
    return absolute === undefined ? null : Number(absolute);
  }

  #declare(style: Changing, text: string): void {
    for (const declaration of text.split(';')) {
      const colon = declaration.indexOf(':');
      const property = declaration.slice(0, Math.max(0, colon)).trimStart();
      const value = declaration.slice(colon + 1).trim();
      if (!/^[a-z_-]+\s*$/i.test(property) || value === '') continue;
      if (/^color$/i.test(property)) style.foreground = declaredColour(value, style.foreground);
      else if (/^background-color$/i.test(property)) style.background = declaredColour(value, style.background);
      else if (property === 'background') style.background = backgroundColour(value) ?? style.background;
      else if (property.trimEnd() === 'display') style.display = value.toLowerCase();
      else if (property.trimEnd() === 'visibility') style.visibility = value.toLowerCase();
    }
    if (style.background === 'transparent') style.background = this.#current.background;
    if (style.foreground === 'transparent') style.foreground = style.background;
  }
}

/** Whether one can hardly be read on the other: their distance, weighted by how bright each part of a colour looks. */
function isNear(one: string, other: string): boolean {
  const a = partsOf(one);
  const b = partsOf(other);
  if (a === null || b === null) return false;
  const weights = [0.2126, 0.7152, 0.0722];
  return Math.hypot(...weights.map((weight, i) => weight * ((a[i] ?? 0) - (b[i] ?? 0)))) < 12;
}

function partsOf(written: string): readonly number[] | null {
  const parts = /^#?([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/.exec(written)?.slice(1);
  return parts?.map(part => Number.parseInt(part, 16)) ?? null;
}

function declaredColour(written: string, before: string): string {
  const value = written
    .slice(0, maxColour)
    .toLowerCase()
    .replace(/!\s*important$/, '')
    .trimEnd();
  if (value.includes('rgb')) {
    const numbers = value.replace(/[^0-9,]/g, '').split(',');
    return `#${[0, 1, 2].map(i => hexOf(Math.min(255, Number(numbers[i] ?? 0)))).join('')}`;
  }
  if (value === 'inherit') return before;
  return value === 'transparent' ? value : colour(value);
}

/** The first colour in the last of the layers. */
function backgroundColour(written: string): string | null {
  const layers = [
    ...written
      .slice(0, maxColour)
      .toLowerCase()
      .matchAll(/,|(?:[^\s,(]|\([^)]*\)?)+/g),
  ].map(([token]) => token);
  const last = layers.slice(layers.lastIndexOf(',') + 1);
  return last.map(colour).find(found => found !== 'invalid') ?? null;
}

/** A name, digits after `#`, or `rgb(...)`, as an attribute or a declaration has it. */
function colour(written: string): string {
  const value = written.slice(0, maxColour).toLowerCase().trim();
  const named = colourNames.get(value);
  if (named !== undefined) return named;
  if (!/^[#a-f0-9]*$|rgb\([\d%, ]*\)/.test(value)) return 'invalid';
  const [, ...percents] = /rgb\((\d+)%,\s*(\d+)%,\s*(\d+)%\s*\)/.exec(value) ?? [];
  if (percents.length > 0)
    return hexColour(`#${percents.map(n => hexOf(Math.trunc((Number(n) / 100) * 255))).join('')}`);
  const [, ...numbers] = /rgb\((\d+),\s*(\d+),\s*(\d+)\s*\)/.exec(value) ?? [];
  return hexColour(numbers.length > 0 ? `#${numbers.map(n => hexOf(Number(n))).join('')}` : value);
}

function hexColour(value: string): string {
  if (!value.startsWith('#')) return 'invalid';
  const digits = value.replace(/[^a-f0-9]/g, '').slice(0, 6);
  const short = digits.length > 3 && digits.length < 6 ? digits.slice(0, 3) : digits;
  const whole = short.padEnd(Math.ceil(short.length / 3) * 3, '0');
  return `#${whole.length === 3 ? whole.replace(/./g, '$&$&') : whole}`;
}

const hexOf = (number: number): string => number.toString(16).padStart(2, '0');
