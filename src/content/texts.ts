// The strings in which rules' patterns are sought, by field; each is capped, and what was cut is told.

import type { SpamAssassinField, TextField, textFields } from '../model/evidence.ts';
import { fieldValue } from '../model/header.ts';
import type { Mail } from './mail.ts';
import { spamAssassinText } from './spamassassin-texts.ts';
import { decodeWords } from './words.ts';

/** Characters in all strings of one field together; header fields are within the limits of the header section. */
export const maxFieldChars = 256 * 1024;

type Reader = (mail: Mail) => readonly string[] | Promise<readonly string[]>;

/** The fields that rules name, header fields apart. */
const readers: Readonly<Record<(typeof textFields)[number], Reader>> = {
  subject: mail => mail.decoded('subject'),
  from: mail => mail.decoded('from'),
  text: async mail => {
    const body = await mail.body();
    return capped([...body.texts, ...body.html.map(h => h.text)]);
  },
  html: async mail => capped((await mail.body()).htmlSources),
  hidden: async mail => capped((await mail.body()).html.map(reading => reading.hidden)),
  link: async mail =>
    capped([...new Set((await mail.body()).html.flatMap(({ links }) => links.map(link => link.text)))]),
  folded: async mail => {
    const { subject, names, text } = await mail.disguised();
    return capped([...subject.lines, ...names.lines, text.lines.join('\n')]);
  },
  name: mail => displayNames(mail),
  url: async mail => (await mail.webAddresses()).map(address => address.href),
  filename: async mail => capped((await mail.attachments()).flatMap(a => a.names)),
  raw: mail => [rawText(mail.raw)],
};

/** What each field holds, for the reference page. */
export const textNotes: Readonly<Record<(typeof textFields)[number], string>> = {
  subject: 'The subject as its reader sees it, decoded; every one where there are several.',
  from: 'From as its reader sees it, names and addresses, decoded.',
  name: 'The names beside the addresses in From, Reply-To and Sender, decoded, one by one.',
  text: 'The text that a reader sees, of plain and HTML parts.',
  folded:
    'Lines of subject, names and visible text with disguised words, undone: look-alikes of other scripts and letters of a style as ASCII, unseen characters and soft hyphens left out, digits inside words as letters, letters that are spaced out together. Only what differs from `subject`, `name` and `text` is in it.',
  hidden: 'Text of the HTML that its reader does not see: hidden by style, colour, size or place.',
  html: 'The HTML as it was written.',
  link: 'What links show, one by one.',
  url: 'Every web address, one by one, in text and HTML; and those that redirectors and gateways hold.',
  filename: 'Every attachment’s name, one by one.',
  raw: 'The beginning of the message as it came, a character a byte.',
};

/** The strings of each field, read once, when it is first asked for. A field that is not there has none. */
export function textReader(mail: Mail): (field: TextField) => Promise<readonly string[]> {
  const read = new Map<TextField, Promise<readonly string[]>>();
  let header: ReadonlyMap<string, readonly string[]> | null = null;
  const strings = async (field: TextField): Promise<readonly string[]> => {
    if (isNamed(field)) return readers[field](mail);
    if (isSpamAssassins(field)) return spamAssassinText(mail, field);
    header ??= headerTexts(mail);
    return header.get(field) ?? [];
  };
  return field => {
    const known = read.get(field) ?? strings(field);
    read.set(field, known);
    return known;
  };
}

const isSpamAssassins = (field: TextField): field is SpamAssassinField => field.startsWith('sa:');
const isNamed = (field: TextField): field is (typeof textFields)[number] => Object.hasOwn(readers, field);

/**
 * `values` within the characters of a field. Each has an equal share, and what shorter ones leave goes to the longer: a
 * text that nobody is shown must not take the place of the one that is read.
 */
function capped(values: readonly string[]): readonly string[] {
  const kept = values.filter(value => value !== '');
  let room = maxFieldChars;
  let left = kept.length;
  const shares = new Map<number, number>();
  for (const [index, value] of [...kept.entries()].sort(([, a], [, b]) => a.length - b.length)) {
    const share = Math.min(value.length, Math.floor(room / left));
    shares.set(index, share);
    room -= share;
    left -= 1;
  }
  return kept.map((value, index) => value.slice(0, shares.get(index))).filter(value => value !== '');
}

/** The names beside the addresses in From, Reply-To and Sender, decoded. */
function displayNames(mail: Mail): readonly string[] {
  const lists = ['from', 'reply-to', 'sender'].flatMap(field => mail.addresses(field));
  const names = new Set(lists.flatMap(list => list.mailboxes).map(mailbox => mailbox.displayName));
  return capped([...names]);
}

/** One character a byte, as it came. */
function rawText(raw: Uint8Array): string {
  return Buffer.from(raw.buffer, raw.byteOffset, Math.min(raw.length, maxFieldChars)).toString('latin1');
}

/** Every field that is there, as `header:NAME`: unfolded, decoded, in order. */
function headerTexts(mail: Mail): ReadonlyMap<string, readonly string[]> {
  const values = new Map<string, string[]>();
  for (const field of mail.header.fields) {
    if (field.name === '' || field.name.length > 100) continue;
    const value = decodeWords(fieldValue(mail.raw, field));
    const known = values.get(`header:${field.name}`);
    if (known === undefined) values.set(`header:${field.name}`, [value]);
    else known.push(value);
  }
  return values;
}

/** Zero-width characters and soft hyphens: they break up words for patterns and not for readers. */
export function zeroWidthCount(text: string): number {
  return text.match(/[\u00ad\u200b-\u200d\u2060\ufeff]/g)?.length ?? 0;
}
