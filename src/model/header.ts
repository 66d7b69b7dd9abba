// The header section as bytes: where each field starts and ends. One linear pass, nothing decoded. And how a field of ours is written.

import type { ByteRange } from './message.ts';

export interface HeaderField extends ByteRange {
  /** As RFC 5322 compares names: lower case, trailing white space before the colon dropped. `''` where no colon was found. */
  readonly name: string;
  /** Offset of the first byte after the colon. */
  readonly valueStart: number;
  /** Lines of the field, folded ones included. */
  readonly lines: number;
}

export interface HeaderLimits {
  readonly bytes: number;
  readonly fields: number;
  readonly linesPerField: number;
  /** Of all From fields together: several parsers take their addresses apart, and each costs them more than its bytes. */
  readonly fromBytes: number;
}

/** THREATS.md 33: what exceeds these is evidence, and nothing quadratic may see it. */
export const headerLimits: HeaderLimits = {
  bytes: 256 * 1024,
  fields: 2000,
  linesPerField: 1000,
  fromBytes: 16 * 1024,
};

export interface HeaderSection {
  readonly fields: readonly HeaderField[];
  /** Offset of the first byte of the body: after the empty line, or the end of the bytes when there is none. */
  readonly bodyStart: number;
  /** Limits that were exceeded; `fields` then holds what fits. */
  readonly exceeded: readonly (keyof HeaderLimits)[];
}

const CR = 13;
const LF = 10;
const COLON = 58;

/** The fields of the header section that `bytes` starts with. Lines end in CRLF or LF; a lone CR does not end one. */
export function headerSection(bytes: Uint8Array, limits: HeaderLimits = headerLimits): HeaderSection {
  const fields: { name: string; start: number; end: number; valueStart: number; lines: number }[] = [];
  const exceeded = new Set<keyof HeaderLimits>();
  let fromBytes = 0;
  let at = 0;
  while (at < bytes.length) {
    const end = lineEnd(bytes, at);
    if (isEmptyLine(bytes, at, end)) return { fields, bodyStart: end, exceeded: [...exceeded] };
    if (end > limits.bytes) {
      exceeded.add('bytes');
      break;
    }
    const last = fields.at(-1);
    if (last !== undefined && isFolded(bytes, at)) {
      last.end = end;
      last.lines += 1;
      if (last.lines > limits.linesPerField) exceeded.add('linesPerField');
    } else if (fields.length < limits.fields) fields.push(fieldAt(bytes, at, end));
    else {
      exceeded.add('fields');
      break;
    }
    if (fields.at(-1)?.name === 'from') fromBytes += end - at;
    if (fromBytes > limits.fromBytes) exceeded.add('fromBytes');
    at = end;
  }
  return { fields, bodyStart: exceeded.size > 0 ? endOfHeader(bytes, at) : at, exceeded: [...exceeded] };
}

/** The value of `field` unfolded (RFC 5322 §2.2.3), one character a byte; the white space around it dropped. */
export function fieldValue(bytes: Uint8Array, field: HeaderField): string {
  return binary(bytes, field.valueStart, field.end)
    .replace(/\r?\n(?=[ \t])/g, '')
    .trim();
}

/** RFC 5322 §2.1.1: at most 78 characters where a space allows it. */
const lineLength = 78;

/** A field of `parts`, folded between them; a part's leading space gives way. What is not printable ASCII becomes `?`. */
export function foldedField(name: string, parts: readonly string[]): string {
  const lines: string[] = [];
  let line = `${name}: `;
  for (const part of parts.map(printable)) {
    if (line.length + part.length > lineLength && line !== `${name}: `) {
      lines.push(line);
      line = `\t${part.trimStart()}`;
    } else line += part;
  }
  return `${[...lines, line].join('\r\n')}\r\n`;
}

const printable = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?');

/** Offset after the line's LF, or the end of `bytes`. */
function lineEnd(bytes: Uint8Array, from: number): number {
  const lf = bytes.indexOf(LF, from);
  return lf < 0 ? bytes.length : lf + 1;
}

function isEmptyLine(bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  return (length === 1 && bytes[start] === LF) || (length === 2 && bytes[start] === CR && bytes[start + 1] === LF);
}

const isFolded = (bytes: Uint8Array, at: number): boolean => bytes[at] === 32 || bytes[at] === 9;

function fieldAt(bytes: Uint8Array, start: number, end: number) {
  const colon = bytes.subarray(start, end).indexOf(COLON);
  const name =
    colon < 0
      ? ''
      : binary(bytes, start, start + colon)
          .replace(/[ \t]+$/, '')
          .toLowerCase();
  return { name, start, end, valueStart: colon < 0 ? start : start + colon + 1, lines: 1 };
}

function endOfHeader(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length) {
    const end = lineEnd(bytes, at);
    if (isEmptyLine(bytes, at, end)) return end;
    at = end;
  }
  return at;
}

function binary(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
}
