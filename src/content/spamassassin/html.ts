// A page as the text and the addresses that SpamAssassin 4.0.1 takes out of it, hidden text included.

import { PageMeasures } from './html-measures.ts';
import { htmlTokens, type Token } from './html-tokens.ts';
import { absoluteUri } from './relative-uri.ts';

export interface Page {
  readonly text: string;
  /** As they are written, made absolute where the page says from what. */
  readonly uris: readonly string[];
  /** Those of links, as they are written. */
  readonly links: readonly string[];
  readonly titles: readonly string[];
  readonly comments: readonly string[];
  /** What links say; an image is `<img>`. */
  readonly anchors: readonly string[];
  /** How often each element was not closed at the end; of those that there are. */
  readonly open: ReadonlyMap<string, number>;
  /** Lengths, shares and traits, by SpamAssassin's names. */
  readonly measures: ReadonlyMap<string, number>;
}

const maxUri = 8192;
/** Characters of bases that addresses are put behind: a page of short links would be a long base as often. */
const maxBases = 1024 * 1024;

export function readPage(html: string): Page {
  const reader = new PageReader(lengthOf(html));
  const prepared = html
    .replaceAll('&nbsp;', ' ')
    .replace(/<(\w+)\s*\/>/g, '<$1>')
    .replace(/[\u201c\u201d]/g, '"');
  for (const token of htmlTokens(prepared)) reader.take(token);
  return reader.page();
}

/** Characters, those beyond 16 bits once. */
const lengthOf = (text: string): number => text.length - (text.match(/[\ud800-\udbff]/g)?.length ?? 0);

type Start = Extract<Token, { kind: 'start' }>;

class PageReader {
  readonly #texts: string[] = [];
  readonly #uris = new Set<string>();
  readonly #links: string[] = [];
  readonly #titles: string[] = [];
  readonly #comments: string[] = [];
  readonly #anchors: string[] = [];
  readonly #open = new Map<string, number>();
  readonly #measures: PageMeasures;
  #base = '';
  #basesLeft = maxBases;
  /** What the last text was: white space that an element stands for, text that is not seen, or text. */
  #last: 'space' | 'hidden' | 'text' = 'text';

  constructor(length: number) {
    this.#measures = new PageMeasures(length);
  }

  take(token: Token): void {
    switch (token.kind) {
      case 'text':
        this.#text(token.text);
        return;
      case 'comment':
        this.#comments.push(token.text);
        return;
      case 'declaration':
        if (!/^<!doctype/i.test(token.text)) return;
        this.#measures.declaration();
        this.#open.set('!doctype', 0);
        return;
      case 'start':
      case 'end':
        this.#tag(token);
    }
  }

  page(): Page {
    const text = this.#texts.join('');
    return {
      text,
      uris: [...this.#uris],
      links: this.#links,
      titles: this.#titles,
      comments: this.#comments,
      anchors: this.#anchors,
      open: this.#open,
      measures: this.#measures.of(text),
    };
  }

  #tag(token: Extract<Token, { kind: 'start' | 'end' }>): void {
    const { tag } = token;
    const depth = this.#depth(tag) + (token.kind === 'start' ? 1 : -1);
    this.#measures.tag(token, this.#open.has(tag), depth < 0);
    this.#open.set(tag, Math.max(0, depth));
    const space = spaceOf(tag);
    if (space !== null) this.#space(space);
    if (token.kind !== 'start') return;
    for (const uri of urisOf(token)) this.#uri(uri, tag);
    if (tag === 'img' && this.#depth('a') > 0) this.#anchored('<img>\n');
    if (tag === 'title') this.#titles.push('');
    if (tag === 'a') this.#anchor(token);
    if (tag === 'base') this.#setBase(token);
  }

  #anchor(token: Start): void {
    this.#anchors.push('');
    // What an anchor says is kept under its address as it is written, which makes it one of the page's.
    this.#uris.add(trimmed(attributeOf(token, 'href')));
  }

  /** The end of a link within another link ends neither. */
  #anchored(text: string): void {
    const last = this.#anchors.length - 1;
    this.#anchors[last] = (this.#anchors[last] ?? '') + text;
  }

  #depth(tag: string): number {
    return this.#open.get(tag) ?? 0;
  }

  #space(space: string): void {
    const last = this.#texts.length - 1;
    if (this.#last === 'text' && last >= 0) this.#texts[last] = this.#texts[last]?.replace(/ $/, '') ?? '';
    this.#texts.push(space);
    this.#last = 'space';
  }

  #text(text: string): void {
    if (this.#depth('script') > 0 || this.#depth('style') > 0) return;
    if (this.#depth('a') > 0) this.#anchored(text);
    if (this.#depth('title') > 0) this.#titles[this.#titles.length - 1] += text;
    const isHidden = this.#measures.text(text, this.#texts.at(-1)) === 'hidden';
    const dense = text.replace(/[ \t\n\r\f\v]+|\u00c2\u00a0/g, ' ');
    const isJoined = this.#last === 'space' && !isHidden && dense.startsWith(' ');
    this.#texts.push(isJoined ? dense.slice(1) : dense);
    this.#last = isHidden ? 'hidden' : 'text';
  }

  #uri(written: string, tag: string): void {
    const uri = trimmed(written);
    if (uri === '') return;
    if (written.trim().length > maxUri) this.#measures.note('uri_truncated');
    if (tag === 'a') this.#links.push(uri);
    const whole = /^(?:data|mailto|file|cid|tel):/i.test(uri) ? uri : absoluteUri(this.#baseInTurn(), uri);
    if (whole !== '') this.#uris.add(whole);
  }

  #baseInTurn(): string {
    this.#basesLeft -= this.#base.length;
    // Where they are used up, an address that needs one is as it is written.
    return this.#basesLeft >= 0 ? this.#base : '';
  }

  #setBase(token: Start): void {
    const uri = trimmed(attributeOf(token, 'href'));
    if (!/^(?:https?|ftp):\/{0,2}/i.test(uri)) return;
    const root = /^[a-z]+:\/{0,2}[^/]+\/.*/i.exec(uri)?.[0];
    const file = /(?<=[/.])[^/.]+\.[^/.]{2,4}$/.exec(uri)?.index ?? uri.length;
    const folder = root !== undefined && file <= root.length ? uri.slice(0, file) : uri;
    this.#base = folder.endsWith('/') ? folder : `${folder}/`;
  }
}

const attributeOf = ({ attributes }: Start, name: string): string => attributes.get(name) ?? '';

const trimmed = (uri: string): string => uri.trim().slice(0, maxUri);

function spaceOf(tag: string): string | null {
  if (tag === 'br' || tag === 'div') return '\n';
  if (/^(?:li|t[hd]|d[td]|embed|h[1-6])$/.test(tag)) return ' ';
  return /^(?:p|hr|blockquote|pre|listing|plaintext|xmp|title)$/.test(tag) ? '\n\n' : null;
}

function urisOf({ tag, attributes }: Start): readonly string[] {
  const present = (...names: readonly string[]) => names.flatMap(name => attributes.get(name) ?? []);
  if (/^(?:body|table|tr|td)$/.test(tag)) return present('background');
  if (/^(?:a|area|link)$/.test(tag))
    return [...linked(attributes, 'href').map(uri => uri.replaceAll('\ufeff', '')), ...present('data-saferedirecturl')];
  if (/^(?:img|frame|iframe|embed|script|bgsound)$/.test(tag)) return linked(attributes, 'src');
  if (tag === 'form') return present('action');
  if (tag === 'base') return present('href');
  if (tag !== 'meta' || !/refresh/i.test(attributes.get('http-equiv') ?? '')) return [];
  const after = /\burl\s*=\s*(.*)/i.exec(attributes.get('content') ?? '')?.[1];
  return after === undefined ? [] : [after.replace(/\s*;.*/, '')];
}

/** `x/href` is taken for `href`. */
function linked(attributes: ReadonlyMap<string, string>, name: string): readonly string[] {
  const slashed = [...attributes].findLast(([written]) => /\w\/(\w+)/.exec(written)?.[1]?.startsWith(name) === true);
  return [slashed?.[1] ?? attributes.get(name) ?? []].flat();
}
