// How the text of an HTML element looks to its reader, as far as that decides whether it is seen at all.

import type { Declarations } from './css.ts';
import { backgroundColour, type Colour, colour, isAlike, pixels } from './css-values.ts';

/** By what text is kept from its reader. */
export const hidings = ['css', 'colour', 'size', 'offscreen'] as const;
export type Hiding = (typeof hidings)[number];

/** Inherited by the elements inside. */
export interface Look {
  /** What hides the text of this element; null where it is seen. */
  readonly hiddenBy: Hiding | null;
  /** What hides the element and all in it, whatever they say of themselves. */
  readonly removedBy: Hiding | null;
  readonly isInvisible: boolean;
  readonly sizePx: number;
  /** Null where it is not known. */
  readonly colour: Colour | 'transparent' | null;
  readonly background: Colour | null;
}

/** Of the page: black on white. */
export const pageLook: Look = {
  hiddenBy: null,
  removedBy: null,
  isInvisible: false,
  sizePx: 16,
  colour: 0x000000,
  background: 0xffffff,
};

/** The look of an element that says `said` of itself, in one of `parent` that is not removed. */
export function lookWithin(parent: Look, said: Declarations): Look {
  const removedBy = removal(said);
  const isInvisible = invisibility(said.get('visibility')) ?? parent.isInvisible;
  const sizePx = sizeWithin(parent.sizePx, said);
  const ink = inkWithin(parent.colour, said.get('color'));
  const background = backgroundWithin(parent.background, said);
  const hiddenBy =
    removedBy ??
    (isInvisible ? 'css' : null) ??
    // Fonts of one pixel are specks.
    (sizePx <= 1.34 ? 'size' : null) ??
    (isUnseen(ink, background) ? 'colour' : null);
  return { hiddenBy, removedBy, isInvisible, sizePx, colour: ink, background };
}

function removal(said: Declarations): Hiding | null {
  const opacity = said.get('opacity');
  if (said.get('display') === 'none') return 'css';
  if (opacity !== undefined && Number.parseFloat(opacity) <= 0.05) return 'css';
  if (isCutAway(said) || isClipped(said)) return 'css';
  return isFarAway(said) ? 'offscreen' : null;
}

/** A box of no size; text runs over its edges unless it is told not to. */
function isCutAway(said: Declarations): boolean {
  const isNothing = (property: string): boolean => (pixels(said.get(property), 600) ?? 2) <= 1;
  if (isNothing('max-height')) return true;
  return said.get('overflow') === 'hidden' && (isNothing('height') || isNothing('width') || isNothing('max-width'));
}

function isClipped(said: Declarations): boolean {
  const clip = said.get('clip');
  if (clip !== undefined && /^rect\((?:[01](?:px)?[\s,]*){4}\)$/.test(clip.slice(0, 60))) return true;
  return /^(?:inset\((?:50|100)%|circle\(0|polygon\(0 0, ?0 0)/.test(said.get('clip-path') ?? '');
}

/** Farther out than any window has room for. */
const farPx = -400;

function isFarAway(said: Declarations): boolean {
  const isFar = (property: string): boolean => (pixels(said.get(property), 600) ?? 0) <= farPx;
  const isPlaced = /^(?:absolute|fixed|relative)$/.test(said.get('position') ?? '');
  if (isPlaced && (isFar('left') || isFar('top'))) return true;
  return isFar('text-indent') || isFar('margin-left') || isFar('margin-top');
}

/** Unlike all else that removes text, an element inside may take this back. */
function invisibility(value: string | undefined): boolean | null {
  if (value === 'hidden' || value === 'collapse') return true;
  return value === 'visible' ? false : null;
}

const relativeSizes: ReadonlyMap<string, number> = new Map([
  ['smaller', 5 / 6],
  ['larger', 6 / 5],
]);
const isNamedSize = /^(?:xx?-)?(?:small|large)$|^(?:medium|initial)$/;

function sizeWithin(parentPx: number, said: Declarations): number {
  // `font: bold 12px/1.5 Arial`
  const value = said.get('font-size') ?? /(?:^|\s)([\d.]{1,6}(?:px|pt|em|rem|%))/.exec(said.get('font') ?? '')?.[1];
  if (value === undefined) return parentPx;
  if (isNamedSize.test(value)) return 16;
  const factor = relativeSizes.get(value);
  if (factor !== undefined) return parentPx * factor;
  const [, ems] = /^([\d.]{1,7})em$/.exec(value) ?? [];
  return ems === undefined ? (pixels(value, parentPx) ?? parentPx) : Number.parseFloat(ems) * parentPx;
}

function inkWithin(parent: Look['colour'], value: string | undefined): Look['colour'] {
  if (value === undefined || value === 'inherit') return parent;
  return colour(value);
}

function backgroundWithin(parent: Look['background'], said: Declarations): Look['background'] {
  const picture = said.get('background-image');
  if (picture !== undefined && picture !== 'none') return null;
  const value = said.get('background-color') ?? said.get('background');
  if (value === undefined) return parent;
  const own = backgroundColour(value);
  return own === 'transparent' ? parent : own;
}

function isUnseen(ink: Look['colour'], background: Look['background']): boolean {
  if (ink === 'transparent') return true;
  return ink !== null && background !== null && isAlike(ink, background);
}
