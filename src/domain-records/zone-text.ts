// Records as they are published: lines of a zone file (RFC 1035 §5.1), or a table for the forms of web pages.

import { printable } from '../observe/printable.ts';
import type { DnsRecord, Finding, WebFile } from './finding.ts';

/** RFC 1035 §3.3: a string holds so many octets. */
const stringLength = 255;
const ttlSeconds = 3600;

/** Nobody should paste what may stand there already and better, or what only some can keep. */
export const isForPasting = ({ standing, isConditional }: Finding): boolean =>
  standing !== 'unknown' && (standing !== 'missing' || isConditional !== true);

/** What is to be published for `findings`; comments say why, and by whom. */
export function zoneText(findings: readonly Finding[]): string {
  return findings.map(block).join('\n');
}

function block(finding: Finding): string {
  const { record, name, standing, because, publish, file, advice } = finding;
  const lines = [
    comment(`${record} of ${name}: ${standing}${because === '' ? '' : `; ${because}`}`),
    ...(advice === undefined ? [] : [comment(advice)]),
    ...publish.map(zoneLine).map(line => (isForPasting(finding) ? line : comment(line))),
    ...(file === undefined ? [] : fileLines(file)),
  ];
  return `${lines.join('\n')}\n`;
}

function fileLines({ url, text }: WebFile): readonly string[] {
  return [
    url,
    ...text
      .trimEnd()
      .split('\n')
      .map(line => `  ${line}`),
  ].map(comment);
}

/** Others wrote some of it: a line that ended there would go on as a record. */
const comment = (text: string): string => `; ${printable(text)}`;

/** `example.com. 3600 IN TXT "v=spf1 mx ~all"`. */
export function zoneLine({ name, type, value }: DnsRecord): string {
  return `${name}. ${ttlSeconds} IN ${type} ${writtenValue({ type, value })}`;
}

export const writtenValue = ({ type, value }: Pick<DnsRecord, 'type' | 'value'>): string =>
  type === 'TXT' ? characterStrings(value) : value;

/** Several strings where one does not hold the text: whoever reads them joins them. */
function characterStrings(text: string): string {
  const bytes = Buffer.from(text, 'utf8');
  const strings: string[] = [];
  for (let at = 0; at === 0 || at < bytes.length; at += stringLength)
    strings.push(`"${escaped(bytes.subarray(at, at + stringLength))}"`);
  return strings.length === 1 ? (strings[0] ?? '') : `( ${strings.join(' ')} )`;
}

/** RFC 1035 §5.1: `\"`, `\\`, and `\DDD` for what is not printed. */
const escaped = (bytes: Buffer): string =>
  [...bytes]
    .map(byte => {
      const letter = String.fromCharCode(byte);
      if (letter === '"' || letter === '\\') return `\\${letter}`;
      return byte >= 0x20 && byte < 0x7f ? letter : `\\${String(byte).padStart(3, '0')}`;
    })
    .join('');

/** A record a line, its name, type and value apart by tabs: what forms ask for. TXT is the text, unquoted and in one piece. */
export function formTable(records: readonly DnsRecord[]): string {
  const rows = records.map(({ name, type, value }) => [name, type, printable(value)]);
  return [['name', 'type', 'value'], ...rows].map(row => `${row.join('\t')}\n`).join('');
}
