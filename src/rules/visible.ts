// Text from a message as a ledger or a screen may show it: bounded, on one line, nothing in it invisible or reordering.

/** Controls, and the format characters that hide or reorder what stands beside them (Unicode Cc, Cf, Zl, Zp), lone surrogates. */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** `text` on one line, at most `limit` characters, invisible characters written as `U+202E`. */
export function visible(text: string, limit: number): string {
  const start = text.slice(0, limit * 2);
  const shown = start.replace(/[\t\r\n ]+/g, ' ').replace(unseen, name);
  return shown.length > limit || start.length < text.length
    ? `${shown.slice(0, limit - 1).replace(/[\uD800-\uDBFF]$/, '')}…`
    : shown;
}

function name(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}
