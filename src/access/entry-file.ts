// A file of entries: a line each, `allow dkim_signer news.example recipients=@ours.example expires=2027-06-30 # why`.
// Lists of others come by the hundred thousand, and a line is read at once, has a number, and shows in a diff.

import {
  accessKinds,
  accessScope,
  accessScopeWords,
  accessSubjects,
  accessValue,
  accessValueWords,
  type PlacedEntry,
} from '../model/access.ts';
import type { EpochMs } from '../model/clock.ts';
import { didYouMean } from '../model/nearest.ts';

/** A line that is no entry, or a file that has none to read, in words. */
export interface Fault {
  /** `access/partners.txt:3`, or the file alone. */
  readonly at: string;
  readonly fault: string;
}

const options = ['recipients', 'expires'] as const;
/** No entry is as long: what is longer is another kind of file. */
const maxLine = 2000;

/** What stands in one line; null for one that is empty or a comment. `at` is its place. */
export function entryIn(line: string, at: string): PlacedEntry | Fault | null {
  if (line.length > maxLine) return { at, fault: `a line is not longer than ${maxLine} characters` };
  const [, text = '', comment = ''] = /^(.*?)(?:(?<=^|\s)#\s*(.*))?$/.exec(line.trim()) ?? [];
  const words = text.split(/\s+/).filter(word => word !== '');
  if (words.length === 0) return null;
  const read = readWords(words);
  return 'fault' in read ? { at, ...read } : { ...read, comment, setBy: at };
}

type Read = Omit<PlacedEntry, 'comment' | 'setBy'> | { readonly fault: string };

function readWords([kindWord = '', subjectWord = '', valueWord = '', ...rest]: readonly string[]): Read {
  const kind = accessKinds.find(known => known === kindWord);
  if (kind === undefined) return unknown('kind', kindWord, accessKinds);
  const subject = accessSubjects.find(known => known === subjectWord);
  if (subject === undefined) return unknown('subject', subjectWord, accessSubjects);
  const value = accessValue(subject, valueWord);
  if (value === null) return { fault: `${subject}: ${accessValueWords[subject]}, not "${valueWord}"` };
  let scope = '';
  let expiresAt: EpochMs | null = null;
  for (const word of rest) {
    const [name = '', given = ''] = word.split(/=(.*)/s);
    const option = options.find(known => known === name);
    if (option === undefined) return unknown('option', name, options);
    if (option === 'recipients') {
      const read = accessScope(given);
      if (read === null) return { fault: `recipients: ${accessScopeWords}, not "${given}"` };
      scope = read;
    } else {
      expiresAt = instantOf(given);
      if (expiresAt === null) return { fault: `expires: expected a date such as 2027-06-30, not "${given}"` };
    }
  }
  return { kind, subject, value, scope, expiresAt };
}

function unknown(what: string, word: string, known: readonly string[]): { readonly fault: string } {
  return { fault: `unknown ${what} "${word}"${didYouMean(word, known) || `, expected ${known.join(', ')}`}` };
}

const dayMs = 24 * 3600 * 1000;

/** A day lasts to its end, in UTC; a time is RFC 3339. */
function instantOf(text: string): EpochMs | null {
  const isDay = /^\d{4}-\d\d-\d\d$/.test(text);
  if (!isDay && !/^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)$/.test(text)) return null;
  const at = Date.parse(text);
  // A day that the month does not have is taken for one of the next.
  if (Number.isNaN(at) || (isDay && new Date(at).toISOString().slice(0, 10) !== text)) return null;
  return isDay ? at + dayMs : at;
}
