// Lengths and colours of CSS, as far as they decide whether text is seen; what is not understood is not known.

/** Pixels of a CSS length; a percentage is of `whole`. Null where it is none, or depends on the window. */
export function pixels(value: string | undefined, whole: number): number | null {
  const [, digits, unit] = /^([+-]?(?:\d{1,7}(?:\.\d{0,7})?|\.\d{1,7}))([a-z%]{0,4})$/.exec(value ?? '') ?? [];
  if (digits === undefined || unit === undefined) return null;
  const factor = unit === '%' ? whole / 100 : pixelsOfUnit.get(unit);
  return factor === undefined ? null : Number(digits) * factor;
}

/** Em of `pixels` is that of 16 pixels: what matters is whether it is near nothing, or far away. */
const pixelsOfUnit: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['px', 1],
  ['pt', 4 / 3],
  ['pc', 16],
  ['em', 16],
  ['rem', 16],
  ['ex', 8],
  ['in', 96],
  ['cm', 38],
  ['mm', 4],
]);

/** 0xRRGGBB. */
export type Colour = number;

const named: ReadonlyMap<string, Colour> = new Map([
  ['white', 0xffffff],
  ['snow', 0xfffafa],
  ['ivory', 0xfffff0],
  ['floralwhite', 0xfffaf0],
  ['ghostwhite', 0xf8f8ff],
  ['mintcream', 0xf5fffa],
  ['azure', 0xf0ffff],
  ['aliceblue', 0xf0f8ff],
  ['seashell', 0xfff5ee],
  ['whitesmoke', 0xf5f5f5],
  ['gainsboro', 0xdcdcdc],
  ['lightgray', 0xd3d3d3],
  ['lightgrey', 0xd3d3d3],
  ['silver', 0xc0c0c0],
  ['gray', 0x808080],
  ['grey', 0x808080],
  ['black', 0x000000],
  ['windowtext', 0x000000],
  ['window', 0xffffff],
  ['red', 0xff0000],
  ['maroon', 0x800000],
  ['orange', 0xffa500],
  ['yellow', 0xffff00],
  ['lightyellow', 0xffffe0],
  ['olive', 0x808000],
  ['green', 0x008000],
  ['lime', 0x00ff00],
  ['teal', 0x008080],
  ['aqua', 0x00ffff],
  ['cyan', 0x00ffff],
  ['blue', 0x0000ff],
  ['navy', 0x000080],
  ['purple', 0x800080],
  ['fuchsia', 0xff00ff],
  ['magenta', 0xff00ff],
]);

/** The colour that `value` names; `transparent` also for one that is nearly so; null where it is not understood. */
export function colour(value: string): Colour | 'transparent' | null {
  if (value === 'transparent') return value;
  const [, hex] = /^#?([0-9a-f]{3,8})$/.exec(value) ?? [];
  if (hex !== undefined) return hexColour(hex);
  const [, numbers] = /^rgba?\(([\d.,%/\s]{1,60})\)$/.exec(value) ?? [];
  return numbers === undefined ? (named.get(value) ?? null) : rgbColour(numbers);
}

function hexColour(hex: string): Colour | 'transparent' | null {
  const long = hex.length <= 4 ? [...hex].map(digit => digit + digit).join('') : hex;
  if (long.length === 8 && Number.parseInt(long.slice(6), 16) < 13) return 'transparent';
  return long.length === 6 || long.length === 8 ? Number.parseInt(long.slice(0, 6), 16) : null;
}

function rgbColour(numbers: string): Colour | 'transparent' | null {
  const [red, green, blue, alpha = 1] = numbers
    .split(/[,/\s]/)
    .filter(part => part !== '')
    .map(part => (part.endsWith('%') ? Number.parseFloat(part) * 2.55 : Number(part)));
  if (red === undefined || green === undefined || blue === undefined) return null;
  if (alpha < 0.05) return 'transparent';
  const byte = (part: number): number => Math.min(255, Math.max(0, Math.round(part)));
  const mixed = (byte(red) << 16) | (byte(green) << 8) | byte(blue);
  return Number.isFinite(red + green + blue) ? mixed : null;
}

/** Whether nobody can tell them apart on a screen. */
export function isAlike(one: Colour, other: Colour): boolean {
  const differs = (shift: number): boolean => Math.abs(((one >> shift) & 255) - ((other >> shift) & 255)) > 16;
  return !differs(16) && !differs(8) && !differs(0);
}

/** `background: #fff url(x) repeat-x`: its colour; null where a picture or what is not understood covers it. */
export function backgroundColour(value: string): Colour | 'transparent' | null {
  if (/url\(|gradient\(|image/.test(value)) return null;
  const words = value.slice(0, 200).match(/rgba?\([^()]{0,60}\)|#?[\w-]+/g) ?? [];
  const found = words.map(colour).find(word => word !== null);
  return found ?? (/^(?:none|initial|inherit|unset)/.test(value) ? 'transparent' : null);
}
