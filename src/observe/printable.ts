// Text that others wrote, made safe to show: nothing in it may move a cursor, end a line or reverse what stands beside it.

/** C0, DEL and C1 controls, line and paragraph separators, and the marks that change direction or hide (Unicode TR36). */
const unprintable =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/** `text` with each such character shown by its name: `U+202E`. */
export function printable(text: string): string {
  return text.replace(unprintable, mark => `U+${hex(mark)}`);
}

/** A serialised JSON text with those that JSON leaves as they are written as `\uXXXX`: the value stays the same. */
export function printableJson(json: string): string {
  return json.replace(unprintable, mark => (mark === '\n' ? mark : `\\u${hex(mark).toLowerCase()}`));
}

const hex = (mark: string): string => mark.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
