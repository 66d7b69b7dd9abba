// What SpamAssassin 4.0.1 counts in a page while it reads it, by its own names, for `html_range`, `html_test` and `html_eval`.

import { TextStyle } from './html-style.ts';
import type { Token } from './html-tokens.ts';
import { textSpace } from './white-space.ts';

type Tag = Extract<Token, { kind: 'start' | 'end' }>;
type Start = Extract<Token, { kind: 'start' }>;

/** What was counted that is said of a page. */
export const measureNames = [
  'html',
  'length',
  'image_area',
  'non_space_len',
  'max_size',
  'min_size',
  'closed_extra_ratio',
  'bad_tag_ratio',
  'non_element_ratio',
  'obfuscation_ratio',
  'font_low_contrast',
  'font_invalid_color',
  'font_face_bad',
  'form_action_mailto',
  'embeds',
  'uri_truncated',
] as const;
export type MeasureName = (typeof measureNames)[number];

/** Of HTML 4.01 and XHTML 1.0, and three that others write. */
const elements: ReadonlySet<string> = new Set(
  (
    'a abbr acronym address area b base bdo big blockquote body br button caption cite code col colgroup dd del dfn div dl dt ' +
    'em fieldset form h1 h2 h3 h4 h5 h6 head hr html i img input ins kbd label legend li link map meta noscript object ol ' +
    'optgroup option p param pre q samp script select small span strong style sub sup table tbody td textarea tfoot th thead ' +
    'title tr tt ul var applet basefont center dir font frame frameset iframe isindex menu noframes s strike u nobr x-sigsep x-tab'
  ).split(' '),
);
/** Read, and counted as no elements. */
const others: ReadonlySet<string> = new Set(['bgsound', 'embed', 'listing', 'plaintext', 'xmp']);

/** `o:p` of a word processor. */
const ofOtherSchema = /^(?:o|st\d):[\w-]+\/?$/;
const face = /^\s*["'.]?[a-z ][a-z -]*[a-z]\d?["']?(?:,\s*["']?[a-z][a-z -]*[a-z]\d?["']?)*;?$/i;
/** Characters of a font's name that are looked at. */
const maxFace = 1000;
const nonSpace = new RegExp(`[^${textSpace}]`, 'gu');
const beginsWord = /^[^\s!-/:-@[-`{-~]/;
const endsWord = /[^\s!-/:-@[-`{-~]$/;

export class PageMeasures {
  readonly #style = new TextStyle();
  readonly #traits = new Set<MeasureName>(['html']);
  readonly #length: number;
  #imageArea = 0;
  #tags = 0;
  #elements = 0;
  /** Names that were there, and those of elements among them. */
  #names = 0;
  #elementNames = 0;
  #endsOfNothing = 0;
  /** Words that a tag divides. */
  #divided = 0;

  constructor(length: number) {
    this.#length = length;
  }

  note(trait: MeasureName): void {
    this.#traits.add(trait);
  }

  declaration(): void {
    this.#tags += 1;
    this.#elements += 1;
  }

  /** `isKnown`: there was one of this name before; `endsNothing`: and none is open that this ends. */
  tag(token: Tag, isKnown: boolean, endsNothing: boolean): void {
    const isOdd = ofOtherSchema.test(token.tag);
    const isElement = isOdd || elements.has(token.tag);
    this.#tags += 1;
    if (isElement) this.#elements += 1;
    if (!isKnown) this.#names += 1;
    if (!isKnown && isElement) this.#elementNames += 1;
    if (endsNothing) this.#endsOfNothing += 1;
    if (isOdd || !(isElement || others.has(token.tag))) return;
    if (token.kind === 'end') this.#style.end(token.tag);
    else {
      this.#style.start(token.tag, token.attributes);
      this.#start(token);
    }
  }

  #start({ tag, attributes }: Start): void {
    if (tag === 'font' && !face.test((attributes.get('face') ?? 'none').slice(0, maxFace))) this.note('font_face_bad');
    if (tag === 'img') this.#imageArea += areaOf(attributes.get('width'), attributes.get('height'));
    if (tag === 'form' && /mailto:/i.test(attributes.get('action') ?? '')) this.note('form_action_mailto');
    if (tag === 'object' || tag === 'embed') this.note('embeds');
  }

  /** Whether the text is seen; `before` is what was shown before it. */
  text(text: string, before: string | undefined): 'seen' | 'hidden' {
    if (before !== undefined && beginsWord.test(text) && endsWord.test(before)) this.#divided += 1;
    if (!/[^ \t\n\r\f\v]/.test(text.replaceAll('\u00c2\u00a0', ''))) return 'seen';
    const seen = this.#style.seen();
    if (seen === 'lowContrast') this.note('font_low_contrast');
    if (seen === 'invalidColour') this.note('font_invalid_color');
    return seen === 'seen' ? 'seen' : 'hidden';
  }

  of(text: string): ReadonlyMap<MeasureName, number> {
    const ofTags = (count: number) => (this.#tags === 0 ? [] : [count / this.#tags]);
    const values: readonly (readonly [MeasureName, readonly number[]])[] = [
      ['length', [this.#length]],
      ['image_area', [this.#imageArea]],
      ['non_space_len', [text.match(nonSpace)?.length ?? 0]],
      ['max_size', [this.#style.largest]],
      ['min_size', [this.#style.smallest]],
      ['closed_extra_ratio', ofTags(this.#endsOfNothing)],
      ['bad_tag_ratio', this.#elements === 0 ? [] : ofTags(this.#tags - this.#elements)],
      ['non_element_ratio', this.#elementNames === 0 ? [] : [(this.#names - this.#elementNames) / this.#names]],
      ['obfuscation_ratio', this.#divided === 0 ? [] : ofTags(this.#divided)],
    ];
    return new Map([
      ...[...this.#traits].map(trait => [trait, 1] as const),
      ...values.flatMap(([name, [value]]) => (value === undefined ? [] : [[name, value] as const])),
    ]);
  }
}

/** In pixels, on a screen of 800 by 600; what is not said is 200. */
function areaOf(width: string | undefined, height: string | undefined): number {
  if (width === undefined || height === undefined) return 0;
  const pixels = (value: string, ofScreen: number): number => {
    const [, digits = '0', percent = ''] = /^(\d+)(%)?$/.exec(value) ?? [];
    return Number(digits) * (percent === '' ? 1 : ofScreen) || 200;
  };
  return pixels(width, 8) * pixels(height, 6);
}
