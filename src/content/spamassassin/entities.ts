// Character references as Perl's HTML::Parser reads them: numbers as they are, and names with their semicolon or, those of
// Latin-1, without.

import { Parser } from 'htmlparser2';

const reference = /&(?:#(\d{1,10});?|#[xX]([0-9a-fA-F]{1,8});?|([A-Za-z][A-Za-z0-9]{1,30});?)/g;

export const decodedEntities = (text: string): string => (text.includes('&') ? text.replace(reference, decoded) : text);

function decoded(whole: string, decimal?: string, hex?: string, name?: string): string {
  if (name !== undefined) return named(whole);
  const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
  const isCharacter = code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  return isCharacter ? String.fromCodePoint(code) : whole;
}

const names = new Map<string, string>();

function named(whole: string): string {
  const known = names.get(whole);
  if (known !== undefined) return known;
  let text = '';
  const parser = new Parser({ ontext: piece => (text += piece) }, { decodeEntities: true });
  parser.end(whole);
  // A name of which only the beginning is known stands for itself.
  const read = text.length <= 2 ? text : whole;
  // Names are the sender's.
  if (names.size < 2000) names.set(whole, read);
  return read;
}
