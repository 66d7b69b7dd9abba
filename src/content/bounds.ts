// What goes into facts is bounded, so that no sender can make an observation too large to be stored.

/** As many of `values` as fit: at most `items` of them and `chars` characters in all, each cut at `each`. */
export function fitting(
  values: Iterable<string>,
  { items, chars, each }: { readonly items: number; readonly chars: number; readonly each: number },
): readonly string[] {
  const kept: string[] = [];
  let room = chars;
  for (const value of values) {
    const cut = clipped(value, each);
    if (kept.length >= items || cut.length > room) break;
    kept.push(cut);
    room -= cut.length;
  }
  return kept;
}

/** At most `length` characters of `text`, never half of a surrogate pair. */
export function clipped(text: string, length: number): string {
  return text.length <= length
    ? text
    : text
        .slice(0, length)
        .toWellFormed()
        .replace(/\ufffd$/, '');
}

/**
 * Characters that are not seen, or that turn text around, written out as `U+202E` (THREATS.md 19):
 * controls, zero-width, bidirectional marks and overrides, variation tags.
 */
export function withUnseenShown(text: string): string {
  return text.replace(
    /[\p{Cc}\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\u3164\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu,
    c => `U+${(c.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`,
  );
}
