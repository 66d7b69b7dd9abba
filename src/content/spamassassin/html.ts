// A page as the text and the addresses that SpamAssassin 4.0.1 takes out of it, hidden text included.

import { htmlTokens, type Token } from './html-tokens.ts';
import { absoluteUri } from './relative-uri.ts';

export interface Page {
  readonly text: string;
  /** As they are written, made absolute where the page says from what. */
  readonly uris: readonly string[];
  readonly titles: readonly string[];
  readonly comments: readonly string[];
  /** How often each element begins, and how often it was not closed at the end. */
  readonly starts: ReadonlyMap<string, number>;
  readonly open: ReadonlyMap<string, number>;
}

const maxUri = 8192;

export function readPage(html: string): Page {
  const reader = new PageReader();
  const prepared = html
    .replaceAll('&nbsp;', ' ')
    .replace(/<(\w+)\s*\/>/g, '<$1>')
    .replace(/[\u201c\u201d]/g, '"');
  for (const token of htmlTokens(prepared)) reader.take(token);
  return reader.page();
}

type Start = Extract<Token, { kind: 'start' }>;

class PageReader {
  readonly #texts: string[] = [];
  readonly #uris = new Set<string>();
  readonly #titles: string[] = [];
  readonly #comments: string[] = [];
  readonly #starts = new Map<string, number>();
  readonly #open = new Map<string, number>();
  #base = '';
  /** The last text is white space that an element stands for. */
  #isAfterSpace = false;

  take(token: Token): void {
    if (token.kind === 'text') this.#text(token.text);
    else if (token.kind === 'comment') this.#comments.push(token.text);
    else this.#tag(token);
  }

  page(): Page {
    return {
      text: this.#texts.join(''),
      uris: [...this.#uris],
      titles: this.#titles,
      comments: this.#comments,
      starts: this.#starts,
      open: this.#open,
    };
  }

  #tag(token: Exclude<Token, { kind: 'text' | 'comment' }>): void {
    const { tag } = token;
    const change = token.kind === 'start' ? 1 : -1;
    this.#open.set(tag, Math.max(0, this.#depth(tag) + change));
    const space = spaceOf(tag);
    if (space !== null) this.#space(space);
    if (token.kind !== 'start') return;
    this.#starts.set(tag, (this.#starts.get(tag) ?? 0) + 1);
    if (tag === 'title') this.#titles.push('');
    for (const uri of urisOf(token)) this.#uri(uri);
    // What an anchor says is kept under its address as it is written, which makes it one of the page's.
    if (tag === 'a') this.#uris.add(trimmed(attributeOf(token, 'href')));
    if (tag === 'base') this.#setBase(token);
  }

  #depth(tag: string): number {
    return this.#open.get(tag) ?? 0;
  }

  #space(space: string): void {
    const last = this.#texts.length - 1;
    if (!this.#isAfterSpace && last >= 0) this.#texts[last] = this.#texts[last]?.replace(/ $/, '') ?? '';
    this.#texts.push(space);
    this.#isAfterSpace = true;
  }

  #text(text: string): void {
    if (this.#depth('script') > 0 || this.#depth('style') > 0) return;
    if (this.#depth('title') > 0) this.#titles[this.#titles.length - 1] += text;
    const dense = text.replace(/[ \t\n\r\f\v]+|\u00c2\u00a0/g, ' ');
    this.#texts.push(this.#isAfterSpace && dense.startsWith(' ') ? dense.slice(1) : dense);
    this.#isAfterSpace = false;
  }

  #uri(written: string): void {
    const uri = trimmed(written);
    if (uri === '') return;
    const whole = /^(?:data|mailto|file|cid|tel):/i.test(uri) ? uri : absoluteUri(this.#base, uri);
    if (whole !== '') this.#uris.add(whole);
  }

  #setBase(token: Start): void {
    const uri = trimmed(attributeOf(token, 'href'));
    if (!/^(?:https?|ftp):\/{0,2}/i.test(uri)) return;
    const folder = uri.replace(/^([a-z]+:\/{0,2}[^/]+\/.*?)[^/.]+\.[^/.]{2,4}$/i, '$1');
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
