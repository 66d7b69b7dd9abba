// What CSS says that decides whether text is seen: declarations, and the simple rules of style sheets.
// Bounded and linear; what is not understood changes nothing, so that text counts as seen.

/** Property to value, lower case, those that tell whether text is seen; of several the last. */
export type Declarations = ReadonlyMap<string, string>;

const telling: ReadonlySet<string> = new Set([
  'display',
  'visibility',
  'opacity',
  'overflow',
  'height',
  'width',
  'max-height',
  'max-width',
  'clip',
  'clip-path',
  'font-size',
  'font',
  'color',
  'background',
  'background-color',
  'background-image',
  'position',
  'left',
  'top',
  'text-indent',
  'margin-left',
  'margin-top',
]);

const limits = {
  /** Characters of one style attribute or the body of one rule. */
  style: 4096,
  /** Characters of all style sheets of a page. */
  sheets: 128 * 1024,
  rules: 1000,
  selectorsPerRule: 20,
} as const;

export function declarations(style: string): Declarations {
  const found = new Map<string, string>();
  for (const part of withoutComments(style.slice(0, limits.style)).split(';')) {
    const colon = part.indexOf(':');
    const property = part.slice(0, Math.max(colon, 0)).trim().toLowerCase();
    if (telling.has(property)) found.set(property, plainValue(part.slice(colon + 1)));
  }
  return found;
}

function plainValue(written: string): string {
  const value = written.trim().toLowerCase();
  return value.endsWith('!important') ? value.slice(0, -'!important'.length).trim() : value;
}

/** Of one class, identifier or none, what is said of an element, and under `''` of any. */
type RulesByElement = Map<string, Map<string, string>>;

/** The rules of a page whose selectors are a single element, class or identifier: `p`, `.x`, `p.x`, `#x`, `p#x`. */
export class StyleSheet {
  readonly #rules = { '': new Map<string, RulesByElement>(), '.': new Map(), '#': new Map() } as const;
  #count = 0;
  #hasOtherBackgrounds = false;
  #isEmpty = true;

  /** Some rule whose selector is not followed here sets a background: what stands on which colour is then not known. */
  get hasOtherBackgrounds(): boolean {
    return this.#hasOtherBackgrounds;
  }

  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  /** What the rules say of an element, the more particular ones last. */
  of(element: string, classes: readonly string[], id: string): readonly Declarations[] {
    const said = [
      this.#rules[''].get('')?.get(element),
      ...classes.flatMap(name => saidOf(this.#rules['.'].get(name), element)),
      ...saidOf(this.#rules['#'].get(id), element),
    ];
    return said.filter(rule => rule !== undefined);
  }

  /** Takes the rules of `text`. Those for small screens, print and the like are not in force. */
  add(text: string): void {
    const sheet = withoutComments(text);
    for (let at = 0; at < sheet.length && this.#count < limits.rules; ) {
      const open = sheet.indexOf('{', at);
      if (open < 0) return;
      // `@import` and `@charset` end before the rule that follows them; what ends a block that was entered is no selector.
      const before = sheet.slice(at, open);
      const selector = before.slice(before.lastIndexOf(';') + 1);
      const name = selector
        .replace(/[}\s]+/g, ' ')
        .trim()
        .toLowerCase();
      if (name.startsWith('@')) at = isInForce(name) ? open + 1 : endOfBlock(sheet, open);
      else {
        const close = sheet.indexOf('}', open);
        this.#take(name, sheet.slice(open + 1, close < 0 ? sheet.length : close));
        at = close < 0 ? sheet.length : close + 1;
      }
    }
  }

  #take(selectors: string, body: string): void {
    this.#count += 1;
    const said = declarations(body);
    if (said.size === 0) return;
    for (const selector of selectors.slice(0, limits.style).split(',', limits.selectorsPerRule)) {
      const [, element = '', kind = '', name = ''] = simple.exec(selector.trim()) ?? [];
      if (element !== '' || name !== '') this.#merge(element, kind === '.' || kind === '#' ? kind : '', name, said);
      else if (said.has('background') || said.has('background-color')) this.#hasOtherBackgrounds = true;
    }
  }

  #merge(element: string, kind: '' | '.' | '#', name: string, said: Declarations): void {
    this.#isEmpty = false;
    const rules: Map<string, RulesByElement> = this.#rules[kind];
    const byElement: RulesByElement = rules.get(name) ?? new Map();
    const known = byElement.get(element) ?? new Map<string, string>();
    for (const [property, value] of said) known.set(property, value);
    byElement.set(element, known);
    rules.set(name, byElement);
  }
}

/** An element, a class or identifier, or both. */
const simple = /^([a-z][a-z0-9]{0,20})?(?:([.#])([\w-]{1,100}))?$/;

const saidOf = (rules: RulesByElement | undefined, element: string): readonly (Declarations | undefined)[] =>
  rules === undefined ? [] : [rules.get(''), rules.get(element)];

/** `@media screen` and `@media all`, without a condition. */
const isInForce = (rule: string): boolean => /^@media(?: only)? (?:screen|all)$/.test(rule);

/** Offset after the block that `open` begins. */
function endOfBlock(sheet: string, open: number): number {
  let depth = 0;
  const brace = /[{}]/g;
  brace.lastIndex = open;
  for (let found = brace.exec(sheet); found !== null; found = brace.exec(sheet)) {
    depth += found[0] === '{' ? 1 : -1;
    if (depth === 0) return brace.lastIndex;
  }
  return sheet.length;
}

function withoutComments(css: string): string {
  if (!css.includes('/*') && !css.includes('<!--')) return css;
  const kept: string[] = [];
  for (let at = 0; at < css.length; ) {
    const open = css.indexOf('/*', at);
    kept.push(css.slice(at, open < 0 ? css.length : open));
    const close = open < 0 ? -1 : css.indexOf('*/', open + 2);
    if (close < 0) break;
    at = close + 2;
  }
  return kept.join('').replaceAll('<!--', '').replaceAll('-->', '');
}

/**
 * The style sheets in `html`, wherever they stand, comments apart (in them are those for one mail program), and those for
 * other media than screens.
 */
export function styleSheet(html: string): StyleSheet {
  const sheet = new StyleSheet();
  const opening = /<!--|<style\b/gi;
  let room: number = limits.sheets;
  for (let found = opening.exec(html); found !== null && room > 0; found = opening.exec(html)) {
    if (found[0] === '<!--') {
      const end = html.indexOf('-->', found.index);
      if (end < 0) break;
      opening.lastIndex = end + 3;
      continue;
    }
    const start = html.indexOf('>', found.index);
    if (start < 0) break;
    const closing = /<\/style/gi;
    closing.lastIndex = start;
    const end = closing.exec(html)?.index ?? html.length;
    const tag = html.slice(found.index, Math.min(start, found.index + 500));
    if (!/\bmedia\s{0,9}=/i.test(tag) || /\bmedia\s{0,9}=\s{0,9}["']?(?:screen|all)["'\s]?$/i.test(tag))
      sheet.add(html.slice(start + 1, Math.min(end, start + 1 + room)));
    room -= end - start;
    opening.lastIndex = end;
  }
  return sheet;
}

/** What an element and its attributes say without a style. */
export function saidByAttributes(name: string, attributes: ReadonlyMap<string, string>): readonly Declarations[] {
  const said = new Map<string, string>();
  const copy = (attribute: string, property: string) => {
    const value = attributes.get(attribute);
    if (value !== undefined) said.set(property, value.trim().slice(0, 100).toLowerCase());
  };
  if (attributes.has('hidden')) said.set('display', 'none');
  copy('bgcolor', 'background-color');
  if (attributes.has('background')) said.set('background-image', 'url()');
  if (name === 'font') copy('color', 'color');
  // `size` of a font has steps of its own, and none that hides.
  if (name === 'font' && attributes.has('size')) said.set('font-size', 'medium');
  if (name === 'body') copy('text', 'color');
  // Links have their own colour, whatever they stand in.
  if (name === 'a' && attributes.has('href')) said.set('color', 'blue');
  return said.size === 0 ? [] : [said];
}

/** Of several sources, the stronger last. */
export function merged(all: readonly Declarations[]): Declarations {
  const together = new Map<string, string>();
  for (const said of all) for (const [property, value] of said) together.set(property, value);
  return together;
}
