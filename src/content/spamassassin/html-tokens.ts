// HTML cut into tokens as Perl's HTML::Parser cuts it, which SpamAssassin 4.0.1 reads with: what is no markup there is text here.

import { decodedEntities } from './entities.ts';

export type Token =
  | { readonly kind: 'start'; readonly tag: string; readonly attributes: ReadonlyMap<string, string> }
  | { readonly kind: 'end'; readonly tag: string }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'comment' | 'declaration'; readonly text: string };

export function* htmlTokens(html: string): Generator<Token> {
  yield* new HtmlReader(html).tokens();
}

/** Elements whose content holds no markup, and whether entities stand for characters in it. */
const literal: ReadonlyMap<string, boolean> = new Map([
  ['script', false],
  ['style', false],
  ['xmp', false],
  ['iframe', false],
  ['plaintext', false],
  ['title', true],
  ['textarea', true],
]);

interface Markup {
  readonly tokens: readonly Token[];
  readonly end: number;
}

/** `unclosed`: it begins something that does not end, and so does everything after it. */
type Read = Markup | 'text' | 'unclosed';

const tagName = /[^\s>]+/y;
const attributeName = /\s*([^\s=>]+|=[^\s=>]*)/y;
const attributeValue = /\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"'][^\s>]*|))/y;
const tagEnd = /\s*>/y;
/** Words, quoted texts and comments; anything else after `<!` is a comment. */
const declaration = /^<![A-Za-z][\w.-]*(?:\s+(?:"[^"]*"|'[^']*'|--(?:[^-]|-[^-])*--|[^\s>"'-][^\s>]*))*\s*>$/;

class HtmlReader {
  readonly #html: string;
  /** What was not found once is not sought again: a page of beginnings would be read from each of them to its end. */
  readonly #absent = new Set<string>();

  constructor(html: string) {
    this.#html = html;
  }

  *tokens(): Generator<Token> {
    const html = this.#html;
    let from = 0;
    for (let open = html.indexOf('<'); open !== -1; ) {
      const read = this.#markupAt(open);
      if (read === 'unclosed') break;
      if (open > from) yield this.#text(from, open);
      from = open;
      if (read !== 'text') {
        yield* read.tokens;
        from = read.end;
      }
      open = html.indexOf('<', Math.max(from, open + 1));
    }
    if (from < html.length) yield this.#text(from, html.length);
  }

  #text(from: number, to: number): Token {
    return { kind: 'text', text: decodedEntities(this.#html.slice(from, to)) };
  }

  #markupAt(open: number): Read {
    const next = this.#html[open + 1] ?? '';
    if (/[A-Za-z]/.test(next)) return this.#startTag(open);
    if (next === '/') return this.#endTag(open);
    if (next === '!') return this.#declaration(open);
    if (next !== '?') return 'text';
    const end = this.#after(/>/g, open);
    return end === null ? 'unclosed' : { tokens: [], end };
  }

  #startTag(open: number): Read {
    const html = this.#html;
    const tag = takenBy(tagName, html, open + 1)?.[0].toLowerCase() ?? '';
    let at = tagName.lastIndex;
    const attributes = new Map<string, string>();
    for (let named = takenBy(attributeName, html, at); named !== null; named = takenBy(attributeName, html, at)) {
      const name = named[1]?.toLowerCase() ?? '';
      at = attributeName.lastIndex;
      const valued = takenBy(attributeValue, html, at);
      if (valued !== null) at = attributeValue.lastIndex;
      const value = valued === null ? name : decodedEntities(valued[1] ?? valued[2] ?? valued[3] ?? '');
      if (!attributes.has(name)) attributes.set(name, value);
    }
    if (takenBy(tagEnd, html, at) === null) return 'unclosed';
    return this.#withContent({ kind: 'start', tag, attributes }, tagEnd.lastIndex);
  }

  #withContent(start: Extract<Token, { kind: 'start' }>, from: number): Markup {
    const { tag } = start;
    const isText = literal.get(tag);
    if (isText === undefined) return { tokens: [start], end: from };
    const end = this.#after(new RegExp(`</${tag}\\s*>`, 'gi'), from);
    const closed: Token = { kind: 'end', tag };
    if (end === null && (isText || tag === 'script' || tag === 'style')) return { tokens: [start, closed], end: from };
    const content = this.#html.slice(from, end === null ? this.#html.length : this.#html.lastIndexOf('<', end - 1));
    const text: Token = { kind: 'text', text: isText ? decodedEntities(content) : content };
    const inside = content === '' ? [] : [text];
    return { tokens: [start, ...inside, ...(end === null ? [] : [closed])], end: end ?? this.#html.length };
  }

  #endTag(open: number): Read {
    const end = this.#after(/>/g, open);
    if (end === null) return 'unclosed';
    const tag = /^<\/([A-Za-z][^\s>]*)/.exec(this.#html.slice(open, end))?.[1]?.toLowerCase();
    const token: Token = tag === undefined ? this.#comment(open, end) : { kind: 'end', tag };
    return { tokens: [token], end };
  }

  #declaration(open: number): Read {
    const html = this.#html;
    const cdataEnd = html.startsWith('<![CDATA[', open) ? this.#after(/\]\]>/g, open) : null;
    if (cdataEnd !== null)
      return { tokens: [{ kind: 'text', text: html.slice(open + 9, cdataEnd - 3) }], end: cdataEnd };
    // A comment that is never closed ends as another declaration does.
    const end = (html.startsWith('<!--', open) ? this.#after(/--\s*>/g, open + 4) : null) ?? this.#after(/>/g, open);
    if (end === null) return 'unclosed';
    const isDeclaration = declaration.test(html.slice(open, end));
    const token: Token = isDeclaration
      ? { kind: 'declaration', text: html.slice(open, end) }
      : this.#comment(open, end);
    return { tokens: [token], end };
  }

  #comment(from: number, to: number): Token {
    return { kind: 'comment', text: this.#html.slice(from, to) };
  }

  /** The place after the next match of `pattern`, which is global. */
  #after(pattern: RegExp, from: number): number | null {
    if (this.#absent.has(pattern.source)) return null;
    pattern.lastIndex = from;
    if (pattern.test(this.#html)) return pattern.lastIndex;
    this.#absent.add(pattern.source);
    return null;
  }
}

function takenBy(sticky: RegExp, text: string, at: number): RegExpExecArray | null {
  sticky.lastIndex = at;
  return sticky.exec(text);
}
