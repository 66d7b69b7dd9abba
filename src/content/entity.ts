// The MIME fields of one part (RFC 2045): what it says it is, and what readers may disagree about in it.

import { fieldValue, type HeaderField, type HeaderSection } from '../model/header.ts';
import type { Anomaly } from './anomalies.ts';
import { type Parameterised, parameterised, shownName, withoutComments } from './parameters.ts';
import type { Encoding } from './transfer-encoding.ts';

export interface Entity {
  /** Lower case: `text/plain`. */
  readonly type: string;
  readonly charset: string | null;
  /** Every boundary that some reader may use. */
  readonly boundaries: readonly string[];
  readonly encoding: Encoding;
  /** Whether the encoding is named once and plainly, so that all readers undo the same one. */
  readonly isPlainlyEncoded: boolean;
  /** Lower case; null where there is none. */
  readonly disposition: string | null;
  /** Every name that some reader may show, the likeliest first. */
  readonly filenames: readonly string[];
}

type Note = (anomaly: Anomaly) => void;

/** What the fields in `section` of `bytes` say; `defaultType` is text/plain but in a digest (RFC 2046 §5.1.5). */
export function entity(bytes: Uint8Array, section: HeaderSection, defaultType: string, note: Note): Entity {
  const values = (name: string) => section.fields.filter(f => f.name === name).map(f => fieldValue(bytes, f));
  noteBrokenLines(bytes, section.fields, note);
  const types = values('content-type').map(parameterised);
  const dispositions = values('content-disposition').map(parameterised);
  const type = chosenType(types, defaultType, note);
  if (differing(dispositions.map(d => d.value))) note('duplicate_disposition');
  return {
    type,
    charset: types.flatMap(t => t.parameters.get('charset') ?? [])[0] ?? null,
    boundaries: type.startsWith('multipart/') ? boundaries(types, values('content-type'), note) : [],
    ...chosenEncoding(values('content-transfer-encoding'), note),
    disposition: dispositions[0]?.value ?? null,
    filenames: filenames(types, dispositions, note),
  };
}

const differing = (values: readonly string[]): boolean => new Set(values).size > 1;

function chosenType(types: readonly Parameterised[], defaultType: string, note: Note): string {
  const values = types.map(t => t.value);
  if (differing(values)) note('duplicate_type');
  for (const { value, isOdd } of types) {
    const isToken = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/.test(value);
    if (!isToken || (isOdd && value.startsWith('multipart/'))) note('type_odd');
  }
  // The reader that takes a part for a multipart sees the most.
  return values.find(value => value.startsWith('multipart/')) ?? (values[0] || defaultType);
}

function boundaries(types: readonly Parameterised[], fields: readonly string[], note: Note): readonly string[] {
  const declared = types.flatMap(t => t.parameters.get('boundary') ?? []);
  const found = new Set(declared.map(value => value.trim()));
  if (declared.some(isOddBoundary)) note('boundary_odd');
  if (types.some(t => t.isOdd)) {
    note('boundary_odd');
    for (const field of fields) for (const reading of laxBoundaries(field)) found.add(reading);
  }
  if (found.size > 1) note('boundary_conflict');
  if (found.size === 0 || found.has('')) note('boundary_missing');
  return [...found].slice(0, 8);
}

const isOddBoundary = (value: string): boolean =>
  value.length > 70 || value !== value.trim() || /[^\x20-\x7e]|"/.test(value);

/** What a reader finds that does not know comments or quotes, or stops at the first character that it does not expect. */
function* laxBoundaries(field: string): Generator<string> {
  for (const match of field.slice(0, 4096).matchAll(/boundary\s{0,20}=\s{0,20}("?)([^\s";]{1,200})/gi)) {
    const value = match[2] ?? '';
    yield value;
    const plain = /^[\w'+,./:=?-]+/.exec(value);
    if (plain !== null) yield plain[0];
  }
}

const encodings: ReadonlyMap<string, Encoding> = new Map([
  ['7bit', 'identity'],
  ['8bit', 'identity'],
  ['binary', 'identity'],
  ['base64', 'base64'],
  ['quoted-printable', 'quoted-printable'],
  ['x-uuencode', 'uuencode'],
  ['x-uue', 'uuencode'],
  ['uuencode', 'uuencode'],
]);

/** Names that mean none, which careless but harmless senders write. */
const harmless = new Set(['', '7-bit', '8-bit', '7bits', '8bits', 'none']);

function chosenEncoding(fields: readonly string[], note: Note): Pick<Entity, 'encoding' | 'isPlainlyEncoded'> {
  const names = fields.map(field => field.toLowerCase());
  if (differing(names)) note('duplicate_encoding');
  const isOdd = names.some(name => !encodings.has(name) && !harmless.has(name));
  if (isOdd) note('encoding_odd');
  const read = names.map(laxEncoding);
  const encoding = read.find(e => e !== null && e !== 'identity') ?? 'identity';
  return { encoding, isPlainlyEncoded: names.length === 1 && !isOdd };
}

/** `"base64";`, `base64 (really)`, `x-base64`: some readers undo those. */
function laxEncoding(name: string): Encoding | null {
  const known = encodings.get(name);
  if (known !== undefined) return known;
  const bare = withoutComments(name).text.replace(/[\s\0]+/g, '');
  for (const [word, encoding] of encodings) if (encoding !== 'identity' && bare.includes(word)) return encoding;
  return null;
}

function filenames(types: readonly Parameterised[], dispositions: readonly Parameterised[], note: Note) {
  const found = new Set<string>();
  for (const [fields, name] of [
    [dispositions, 'filename'],
    [types, 'name'],
  ] as const) {
    const plain = fields.flatMap(f => f.parameters.get(name) ?? []);
    // Plain and RFC 2231 forms of one name may differ in what they can spell; three values are no such pair.
    if (new Set(plain).size > 2) note('duplicate_parameter');
    // Readers prefer the form of RFC 2231, which stands last.
    for (const value of plain.reverse()) if (value.trim() !== '') found.add(shownName(value).slice(0, 1000));
  }
  return [...found].slice(0, 8);
}

const mimeFieldInside = /[\r\n\0]\s*content-(?:type|transfer-encoding|disposition)\s{0,20}:/i;

function noteBrokenLines(bytes: Uint8Array, fields: readonly HeaderField[], note: Note): void {
  for (const [i, field] of fields.entries()) {
    const line = Buffer.from(bytes.buffer, bytes.byteOffset + field.start, field.end - field.start).toString('latin1');
    // The first line of a mailbox file's message, `From sender date`, is no field and does no harm.
    if (field.name === '' && !(i === 0 && line.startsWith('From '))) note('header_broken');
    // `Content-Type(: )` or a first line that begins with white space: a field for some, none for others.
    if (/^(?:\s+content-|content-[a-z-]*[^a-z-])/.test(field.name)) note('header_broken');
    if (/\r(?!\n)/.test(line)) note('bare_cr');
    if (line.includes('\0')) note('header_nul');
    // Signatures list field names, so only MIME's own fields are looked into.
    if (field.name.startsWith('content-') && line.length < 65_536 && mimeFieldInside.test(line)) note('header_broken');
  }
}
