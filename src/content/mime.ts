// Our reader of MIME (RFC 2045, RFC 2046): finds every part that some reader might find, notes where readers may disagree,
// and costs a single pass over the bytes whatever they are.

import { headerSection } from '../model/header.ts';
import type { ByteRange } from '../model/message.ts';
import type { Seekable } from '../model/seekable.ts';
import { type Anomaly, type MimeLimit, mimeLimits } from './anomalies.ts';
import { type Entity, entity } from './entity.ts';
import { decode, holdsUuencodedFile } from './transfer-encoding.ts';
import { decodedInWindows } from './windows.ts';

/** A leaf of the tree. */
export interface Part extends Entity {
  readonly depth: number;
  /** Inside a message/rfc822, which some readers show whole and do not enter. */
  readonly isEnclosed: boolean;
  /** One of several forms of the same text, of which a reader shows one. */
  readonly isAlternative: boolean;
  /** Where its body stands in the message, encoded; null inside a container that is itself encoded. */
  readonly body: ByteRange | null;
  /** Its body with the transfer encoding undone; what is large is undone again each time that it is read. */
  readonly content: Seekable;
  /** Base64 that all readers decode alike, and in which none can find structure. */
  readonly isOpaque: boolean;
}

export interface Structure {
  /** Of the message itself. */
  readonly type: string;
  readonly parts: readonly Part[];
  /** Types of all multiparts. */
  readonly multiparts: ReadonlySet<string>;
  /** Leaves, multiparts and enclosed messages. */
  readonly count: number;
  readonly depth: number;
  readonly anomalies: ReadonlySet<Anomaly>;
  readonly limits: ReadonlySet<MimeLimit>;
}

export function readStructure(raw: Uint8Array): Structure {
  const found = new Found(raw.length);
  new Walk(raw, found, true).readMessage(top);
  return {
    type: found.type,
    parts: found.parts,
    multiparts: found.multiparts,
    count: found.count,
    depth: found.depth,
    anomalies: found.anomalies,
    limits: found.limits,
  };
}

/** What all walks over one message share. */
class Found {
  readonly parts: Part[] = [];
  readonly multiparts = new Set<string>();
  readonly anomalies = new Set<Anomaly>();
  readonly limits = new Set<MimeLimit>();
  readonly note = (anomaly: Anomaly): void => {
    this.anomalies.add(anomaly);
  };
  type = '';
  count = 0;
  depth = 0;
  delimiters = 0;
  /** Bytes that may still be decoded. */
  budget: number;
  /** Of these, bytes of which the decoded form may still be kept. */
  kept = keptBytes;

  constructor(sizeBytes: number) {
    this.budget = sizeBytes * mimeLimits.decoded;
  }

  /** Counts one more part at `depth`; false when there are too many or they lie too deep. */
  admit(depth: number): boolean {
    this.count += 1;
    this.depth = Math.max(this.depth, depth);
    if (this.count > mimeLimits.parts) this.limits.add('parts');
    if (depth > mimeLimits.depth) this.limits.add('depth');
    return this.count <= mimeLimits.parts && depth <= mimeLimits.depth;
  }
}

/** Encoded bytes of a message whose decoded form is kept: most messages have fewer. A large one is in memory once, as it came. */
const keptBytes = 4 * 1024 * 1024;

/** Where in the tree. */
type Place = Pick<Part, 'depth' | 'isEnclosed' | 'isAlternative'>;
const top: Place = { depth: 0, isEnclosed: false, isAlternative: false };
const within = ({ depth, isEnclosed, isAlternative }: Place, type: string): Place => ({
  depth: depth + 1,
  isEnclosed,
  isAlternative: isAlternative || type === 'multipart/alternative',
});
const enclosedIn = ({ depth }: Place): Place => ({ depth: depth + 1, isEnclosed: true, isAlternative: false });

/** An open multipart. */
interface Frame {
  /** None: the first line that begins with `--` will be taken for one. */
  boundaries: readonly string[];
  readonly place: Place;
  readonly childType: string;
  readonly entity: Entity;
  readonly start: number;
  state: 'preamble' | 'parts' | 'closed';
}

type Region =
  | { readonly kind: 'leaf'; readonly entity: Entity; readonly start: number; readonly place: Place }
  /** Preamble or epilogue. */
  | { readonly kind: 'between'; readonly start: number };

interface Delimiter {
  readonly frame: Frame;
  readonly isClosing: boolean;
}

const LF = 10;
const CR = 13;
const DASH = 45;

class Walk {
  readonly #bytes: Buffer;
  readonly #found: Found;
  readonly #isOutermost: boolean;
  #frames: Frame[] = [];
  #region: Region = { kind: 'between', start: 0 };

  constructor(bytes: Uint8Array, found: Found, isOutermost: boolean) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#found = found;
    this.#isOutermost = isOutermost;
  }

  /** Reads the bytes as a message. */
  readMessage(place: Place): void {
    this.#readFrom(this.#openEntity(0, 'text/plain', place));
  }

  /** Reads the bytes as the body of the multipart `described`. */
  readMultipart(described: Entity, place: Place): void {
    this.#openMultipart({ ...described, encoding: 'identity' }, 0, place);
    this.#readFrom(0);
  }

  #readFrom(start: number): void {
    let at = start;
    for (let line = this.#dashLine(at); line >= 0; line = this.#dashLine(at)) {
      at = this.#lineEnd(line);
      const delimiter = this.#delimiterAt(line, at);
      if (delimiter === null) continue;
      this.#closeRegion(line);
      at = this.#cross(delimiter, at);
    }
    this.#closeRegion(this.#bytes.length);
    this.#dropFrames(0, this.#bytes.length);
  }

  /** Passes a delimiter line that ends at `at`: opens what follows it; the offset from which to go on. */
  #cross({ frame, isClosing }: Delimiter, at: number): number {
    this.#dropFrames(this.#frames.indexOf(frame) + 1, at);
    if (frame.state === 'closed' && !isClosing) this.#found.note('boundary_after_close');
    frame.state = isClosing ? 'closed' : 'parts';
    if (!isClosing) return this.#openEntity(at, frame.childType, within(frame.place, frame.entity.type));
    this.#region = { kind: 'between', start: at };
    return at;
  }

  /** Reads the header at `start` and enters what it announces; the offset where its body starts. */
  #openEntity(start: number, defaultType: string, place: Place): number {
    const header = this.#headerEnd(start);
    const bytes = this.#bytes.subarray(start, header.end);
    const section = headerSection(bytes);
    if (section.exceeded.length > 0) this.#found.limits.add('header');
    const described = entity(bytes, section, defaultType, this.#found.note);
    if (this.#found.count === 0) this.#found.type = described.type;
    const isAdmitted = this.#found.admit(place.depth);
    const leaf = { kind: 'leaf', entity: described, start: header.bodyStart, place } as const;
    if (!isAdmitted) this.#region = leaf;
    else if (described.type.startsWith('multipart/')) this.#openMultipart(described, header.bodyStart, place);
    else if (isEnclosed(described) && described.encoding === 'identity')
      return this.#openEntity(header.bodyStart, 'text/plain', enclosedIn(place));
    else this.#region = leaf;
    return header.bodyStart;
  }

  #openMultipart(described: Entity, start: number, place: Place): void {
    if (described.encoding !== 'identity') this.#found.note('encoding_on_container');
    this.#found.multiparts.add(described.type);
    const boundaries = described.boundaries.filter(boundary => boundary !== '');
    const childType = described.type === 'multipart/digest' ? 'message/rfc822' : 'text/plain';
    for (const boundary of boundaries) if (this.#isTaken(boundary)) this.#found.note('boundary_conflict');
    this.#frames.push({ boundaries, place, childType, entity: described, start, state: 'preamble' });
    this.#region = { kind: 'between', start };
  }

  /** Whether a line of this boundary is also a line of a multipart around. */
  #isTaken(boundary: string): boolean {
    return this.#frames.some(f => f.boundaries.some(b => b === boundary || `${b}--` === boundary));
  }

  /** Where the header that starts at `start` ends: before its empty line, or before a delimiter that cuts it short. */
  #headerEnd(start: number): { readonly end: number; readonly bodyStart: number } {
    let at = start;
    while (at < this.#bytes.length) {
      const end = this.#lineEnd(at);
      const first = this.#bytes[at];
      if (first === LF || (first === CR && end === at + 2)) return { end: at, bodyStart: end };
      if (first === DASH && this.#bytes[at + 1] === DASH && this.#delimiterAt(at, end) !== null) break;
      at = end;
    }
    return { end: at, bodyStart: at };
  }

  /** The multipart that the line from `start` to `end` delimits, the innermost first. */
  #delimiterAt(start: number, end: number): Delimiter | null {
    if (this.#frames.length === 0) return null;
    this.#found.delimiters += 1;
    if (this.#found.delimiters > mimeLimits.delimiters) {
      this.#found.limits.add('delimiters');
      return null;
    }
    // White space after a delimiter is padding that transport added (RFC 2046 §5.1.1).
    const text = this.#bytes.toString('latin1', start + 2, Math.min(end, start + 4096)).trimEnd();
    for (let i = this.#frames.length - 1; i >= 0; i--) {
      const frame = this.#frames[i];
      if (frame === undefined) continue;
      if (frame.boundaries.length === 0 && text !== '') frame.boundaries = [text.replace(/--$/, '')];
      for (const boundary of frame.boundaries) {
        if (text === boundary) return { frame, isClosing: false };
        if (text.length === boundary.length + 2 && text === `${boundary}--`) return { frame, isClosing: true };
      }
    }
    return null;
  }

  #closeRegion(end: number): void {
    const region = this.#region;
    if (region.kind === 'leaf') this.#addLeaf(region.entity, { start: region.start, end }, region.place);
    else if (hasPayload(this.#bytes.toString('latin1', region.start, end))) this.#found.note('payload_outside_parts');
    this.#region = { kind: 'between', start: end };
  }

  /** Forgets the multiparts from index `from` on; one that had no part is a leaf whose content nobody can cut. */
  #dropFrames(from: number, end: number): void {
    for (const frame of this.#frames.splice(from)) {
      if (frame.state !== 'preamble') continue;
      this.#found.note('boundary_absent');
      this.#addLeaf(frame.entity, { start: frame.start, end }, frame.place);
    }
  }

  #addLeaf(described: Entity, body: ByteRange, place: Place): void {
    const encoded = this.#bytes.subarray(body.start, body.end);
    const { content, isMalformed } = this.#decoded(described, encoded);
    if (isMalformed) this.#noteMalformed(described);
    this.#noteKind(described, encoded, content);
    if (described.encoding !== 'identity') this.#enterDecoded(described, content, enclosedIn(place));
    this.#found.parts.push({
      ...described,
      ...place,
      body: this.#isOutermost ? body : null,
      content,
      isOpaque: described.isPlainlyEncoded && described.encoding === 'base64' && !isMalformed,
    });
  }

  /** Reads on inside a container whose transfer encoding was undone. */
  #enterDecoded(described: Entity, content: Seekable, place: Place): void {
    if (!isEnclosed(described) && !described.type.startsWith('multipart/')) return;
    this.#found.note('encoding_on_container');
    if (!this.#found.admit(place.depth)) return;
    const inside = new Walk(content.subarray(), this.#found, false);
    if (isEnclosed(described)) inside.readMessage(place);
    else inside.readMultipart(described, place);
  }

  #decoded({ encoding }: Entity, encoded: Buffer): { content: Seekable; isMalformed: boolean } {
    if (encoding === 'identity') return { content: encoded, isMalformed: false };
    this.#found.budget -= encoded.length;
    if (this.#found.budget < 0) {
      this.#found.limits.add('decoded');
      return { content: encoded, isMalformed: false };
    }
    if (encoding !== 'uuencode' && encoded.length > this.#found.kept) return decodedInWindows(encoded, encoding);
    this.#found.kept -= encoded.length;
    const { bytes, isMalformed } = decode(encoded, encoding);
    return { content: bytes, isMalformed };
  }

  #noteMalformed({ encoding, type }: Entity): void {
    if (encoding === 'base64') this.#found.note('malformed_base64');
    // Text with a stray `=` is common, harmless, and read alike.
    else if (encoding === 'quoted-printable' && !type.startsWith('text/'))
      this.#found.note('malformed_quoted_printable');
  }

  #noteKind(described: Entity, encoded: Buffer, content: Seekable): void {
    if (described.type === 'message/partial') this.#found.note('partial_message');
    if (described.type === 'message/external-body') this.#found.note('external_body');
    if (described.encoding !== 'base64' && hasBareCr(encoded)) this.#found.note('bare_cr');
    if (described.encoding !== 'base64' && fieldInBody.test(encoded.toString('latin1', 0, 512)))
      this.#found.note('field_in_body');
    if (this.#hasIndentedDelimiter(encoded)) this.#found.note('boundary_odd');
    if (described.encoding === 'identity' && isBareBase64(encoded)) this.#found.note('base64_undeclared');
    if (described.encoding === 'uuencode' || (isText(described) && holdsUuencodedFile(content)))
      this.#found.note('uuencoded');
  }

  /** Whether a delimiter of the multipart around stands in `body` behind white space, where only some readers cut. */
  #hasIndentedDelimiter(body: Buffer): boolean {
    const boundaries = this.#frames.at(-1)?.boundaries ?? [];
    return boundaries.some(boundary => body.includes(` --${boundary}`) || body.includes(`\t--${boundary}`));
  }

  /** The offset of the next line that begins with `--`, from the start of a line on; -1 where there is none. */
  #dashLine(from: number): number {
    if (this.#bytes[from] === DASH && this.#bytes[from + 1] === DASH) return from;
    // From the LF before: a header that was cut short leaves us right at a delimiter's first byte.
    const found = this.#bytes.indexOf('\n--', Math.max(from - 1, 0), 'latin1');
    return found < 0 ? -1 : found + 1;
  }

  #lineEnd(from: number): number {
    const lf = this.#bytes.indexOf(LF, from);
    return lf < 0 ? this.#bytes.length : lf + 1;
  }
}

const isEnclosed = (e: Entity): boolean => e.type === 'message/rfc822' || e.type === 'message/global';
const isText = (e: Entity): boolean => e.type.startsWith('text/');

/** A CR that ends no line; the one before a delimiter's line may have lost its LF to the cut. */
function hasBareCr(bytes: Uint8Array): boolean {
  for (let at = bytes.indexOf(CR); at >= 0; at = bytes.indexOf(CR, at + 1)) {
    if (bytes[at + 1] !== LF && at + 1 < bytes.length) return true;
  }
  return false;
}

/** Looked for at the start of a body: bounces and reports quote whole messages further down. */
const fieldInBody = /^[ \t]{0,20}content-transfer-encoding[ \t]{0,20}:/im;

/** Long words are no base64: it has at least 40 characters, of all kinds. */
function isBareBase64(bytes: Buffer): boolean {
  const start = bytes.toString('latin1', 0, 4096).trim();
  return start.length >= 40 && /^[A-Za-z0-9+/\r\n]+={0,2}$/.test(start) && /\d/.test(start) && /[A-Z]/.test(start);
}

/** Whether something stands under the first of its MIME fields: there are servers that end their reports in a field and nothing else. */
function hasDescribedContent(text: string): boolean {
  const field = text.search(/^content-(?:type|transfer-encoding|disposition)[ \t]{0,20}:/im);
  if (field < 0) return false;
  const described = text.slice(field);
  const headerEnd = described.search(/\n\r?\n/);
  return headerEnd >= 0 && described.slice(headerEnd).trim() !== '';
}

/** Whether text that no reader shows has something in it for a reader that cuts the message elsewhere. */
function hasPayload(text: string): boolean {
  if (text.length < 20) return false;
  return (
    hasDescribedContent(text) ||
    /^begin [0-7]{3,4} /m.test(text) ||
    /^[A-Za-z0-9+/]{56}(?![^A-Za-z0-9+/=\r\n])/m.test(text)
  );
}
