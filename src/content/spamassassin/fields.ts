// What `header` and `mimeheader` rules see of SpamAssassin 4.0.1: fields by name, pseudo-fields, and what may be asked of either.

import type { Handover } from '../handover.ts';
import { mailboxes } from './addresses.ts';
import { decodedValue, decodedValues, decodedWords, type Field, rawValues } from './header.ts';
import { everyPart, type Message, type Part } from './message.ts';
import { relaysOf, relaysText } from './relays.ts';
import { trimmed } from './white-space.ts';

const maxHeader = 65_536;

/** One string, or none where there is no such field. `name` is in lower case, `ALL` and `MESSAGEID` apart. */
export function headerText(
  message: Message,
  handover: Handover | null,
  name: string,
  modifiers: readonly string[],
): readonly string[] {
  const values = headerValues(message, handover, name, modifiers);
  return values.length === 0 ? [] : [values.join(values[0]?.endsWith('\n') === true ? '' : '\n')];
}

/** One by one. */
export function headerValues(
  message: Message,
  handover: Handover | null,
  name: string,
  modifiers: readonly string[],
): readonly string[] {
  const isOfMailbox = modifiers.includes('addr') || modifiers.includes('name');
  const found = valuesOf(message, handover, name, modifiers.includes('raw') || isOfMailbox);
  const chosen = modifiers.includes('first') ? found.slice(0, 1) : modifiers.includes('last') ? found.slice(-1) : found;
  return isOfMailbox ? ofMailboxes(chosen, modifiers) : chosen;
}

function valuesOf(message: Message, handover: Handover | null, name: string, isRaw: boolean): readonly string[] {
  switch (name) {
    case 'ALL':
      return isRaw ? rawFields(message.header) : wholeHeader(message.fields);
    case 'tocc':
      return ['to', 'cc'].flatMap(part => unfolded(message, part, isRaw));
    case 'MESSAGEID':
      return ['x-message-id', 'resent-message-id', 'x-original-message-id', 'message-id'].flatMap(part =>
        unfolded(message, part, isRaw).filter(value => value !== ''),
      );
    case 'envelopefrom':
      return envelopeFrom(message, handover);
    case 'x-spam-relays-trusted':
    case 'x-spam-relays-internal':
      return [relaysText(relaysOf(message.fields, handover).trusted, true)];
    case 'x-spam-relays-untrusted':
    case 'x-spam-relays-external':
      return [relaysText(relaysOf(message.fields, handover).untrusted, false)];
    default:
      return isRaw ? rawValues(message.fields, name) : lines(decodedValues(message.fields, name));
  }
}

const lines = (values: readonly string[]): readonly string[] => values.map(value => `${value}\n`);

const unfolded = ({ fields }: Message, name: string, isRaw: boolean): readonly string[] =>
  isRaw ? rawValues(fields, name).map(raw => raw.replace(/\r?\n[\t-\r ]+/g, ' ')) : lines(decodedValues(fields, name));

const rawFields = (header: string): readonly string[] => header.match(/^[^ \t\n][^\n]*\n(?:[ \t][^\n]*\n)*/gm) ?? [];

function wholeHeader(fields: readonly Field[]): readonly string[] {
  const kept: string[] = [];
  let length = 0;
  for (const { name, raw } of fields) {
    const line = `${name}: ${decodedValue(name.toLowerCase(), raw)}\n`;
    length += line.length;
    if (length > maxHeader) break;
    kept.push(line);
  }
  return kept;
}

function ofMailboxes(raw: readonly string[], modifiers: readonly string[]): readonly string[] {
  const all = raw.flatMap(mailboxes);
  if (modifiers.includes('addr')) return all.flatMap(({ address }) => address ?? []);
  const phrases = all.flatMap(({ phrase }) => phrase ?? []);
  return modifiers.includes('raw') ? phrases : phrases.map(shownName);
}

function shownName(phrase: string): string {
  const decoded = decodedWords('from', phrase);
  if (!/[^\t-\r ]/.test(decoded)) return decoded;
  return trimmed(decoded.replace(/[\t-\r ]+/g, ' ')).replace(/^'(.*?)'$/, '$1');
}

/** As mail servers note it in the header; a field below a Received is some other server's. */
function envelopeFrom({ fields }: Message, handover: Handover | null): readonly string[] {
  const { trusted, untrusted } = relaysOf(fields, handover);
  const noted = (untrusted[0] ?? trusted.at(-1))?.envelopeFrom ?? null;
  if (noted !== null && (noted === '' || noted.indexOf('@') > 0)) return [noted];
  if (isFetchedFromList(fields)) return [];
  for (const name of ['x-envelope-from', 'envelope-sender', 'return-path']) {
    const at = fields.findIndex(field => field.name.toLowerCase() === name);
    const [address] = at === -1 ? [] : mailboxes(fields[at]?.raw ?? '').flatMap(({ address }) => address ?? []);
    if (address === undefined) continue;
    if (!fields.slice(0, at).some(field => field.name.toLowerCase() === 'received')) return [address];
    if (name === 'x-envelope-from') return [];
  }
  return [];
}

/** Who fetches a list's message out of a mailbox takes the writer that the list notes for the envelope's sender. */
const isFetchedFromList = (fields: readonly Field[]): boolean =>
  mailboxes(rawValues(fields, 'x-sender')[0] ?? '').some(({ address }) => address?.includes('@') === true) &&
  decodedValues(fields, 'received').some(value => value.includes('(fetchmail'));

/** A string for each part, empty where it has no such field. */
export const partFields = (message: Message, name: string, modifiers: readonly string[]): readonly string[] =>
  [...everyPart(message)].map(part => partField(part, name, modifiers.includes('raw')));

function partField({ fields }: Part, name: string, isRaw: boolean): string {
  if (name === 'ALL')
    return isRaw ? fields.map(({ name, raw }) => `${name}: ${raw}`).join('') : wholeHeader(fields).join('');
  const values = isRaw ? rawValues(fields, name) : lines(decodedValues(fields, name));
  return values.at(-1) ?? '';
}
