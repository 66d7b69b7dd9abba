// Command lines: CR LF ends one, and neither byte stands alone in it (RFC 5321 §2.3.8).
// A line that another server would have cut elsewhere is refused, never guessed at.

export type TakenLine =
  /** `text` without its CRLF, one character a byte. */
  | { readonly state: 'line'; readonly text: string; readonly rest: Buffer }
  /** A line with a bare CR or LF in it or at its end. */
  | { readonly state: 'bare-newline'; readonly rest: Buffer }
  | { readonly state: 'too-long' }
  /** Its end has not come yet. */
  | { readonly state: 'partial' };

const LF = 10;

/** The first line of `bytes`, if it is there; `maxBytes` counts its CRLF. */
export function takeLine(bytes: Buffer, maxBytes: number): TakenLine {
  const end = bytes.indexOf(LF) + 1;
  if (end > maxBytes || (end === 0 && bytes.length >= maxBytes)) return { state: 'too-long' };
  if (end === 0) return { state: 'partial' };
  const line = bytes.toString('latin1', 0, end);
  const rest = bytes.subarray(end);
  const isClean = line.indexOf('\r') === line.length - 2;
  return isClean && end > 1 ? { state: 'line', text: line.slice(0, -2), rest } : { state: 'bare-newline', rest };
}
