// Eval functions that look at the text of a message as a reader sees it.

import { type RenderedBody, rawBody } from '../body.ts';
import { decodedBytes, everyPart, type Part } from '../message.ts';
import { textSpace } from '../white-space.ts';
import { type Examined, type Holds, isStated, once } from './examined.ts';

export const bodyEvals: Readonly<Record<string, Holds>> = {
  check_body_length: ({ message, sizeBytes }, [most = '']) => sizeBytes - message.header.length <= Number(most),
  tvd_vertical_words: (of, [least = '', most = '']) => {
    const percent = mostSpaces(of);
    return percent >= Number(least) && percent < (Number(most) >= 100 ? 101 : Number(most));
  },
  multipart_alternative_difference: (of, [least = '', most]) => {
    const { percent } = difference(of);
    return (Number(least) === 0 || percent > Number(least)) && (!isStated(most) || percent <= Number(most));
  },
  multipart_alternative_difference_count: (of, [ratio = '', leastWords = '']) => {
    const { textWords, pageWords } = difference(of);
    return pageWords > Number(leastWords) && textWords / pageWords > Number(ratio);
  },
  check_blank_line_ratio: (of, [least = '', most = '', leastLines = '1']) => {
    const { blank, all } = linesOf(of);
    const percent = all < Math.max(1, Number(leastLines)) ? -1 : (100 * blank) / all;
    return (Number(least) === 0 || percent > Number(least)) && percent <= Number(most);
  },
  plaintext_body_length: (of, [least, most]) => isBetween(signature(of)?.body, least, most),
  plaintext_sig_length: (of, [least, most]) => isBetween(signature(of)?.signature, least, most),
  plaintext_body_sig_ratio: (of, [least, most = '1000000']) => {
    const found = signature(of);
    if (found === null) return false;
    return isBetween(found.signature === 0 ? 1_000_000 : found.body / found.signature, least, most);
  },
};

const isBetween = (value: number | undefined, least = '', most?: string): boolean =>
  value !== undefined && value >= Number(least) && (most === undefined || value <= Number(most));

/** The largest share of spaces in a line, in percent of the other characters: words that are written downwards. */
const mostSpaces = once((of: Examined): number =>
  of
    .body()
    .lines.filter(line => line.length > 5)
    .reduce((most, line) => Math.max(most, spacePercent(line)), -1),
);

function spacePercent(line: string): number {
  const spaces = line.match(/ /g)?.length ?? 0;
  const others = line.length - spaces;
  return spaces > others || others === 0 ? 100 : Math.trunc((100 * spaces) / others);
}

/** Of the decoded text, markup included. */
const linesOf = once(({ message }: Examined): { readonly blank: number; readonly all: number } => {
  const lines = rawBody(message).flatMap(piece => piece.match(/[^\n]*\n|[^\n]+$/g) ?? []);
  return { blank: lines.filter(line => !/[^\t-\r ]/.test(line)).length, all: lines.length };
});

interface Difference {
  /** Words of the page that the text lacks, in percent of its words: the most of all alternatives. */
  readonly percent: number;
  /** Distinct words, of the last alternatives that have any. */
  readonly textWords: number;
  readonly pageWords: number;
}

const none: Difference = { percent: 0, textWords: 0, pageWords: 0 };

const difference = once((of: Examined): Difference => {
  const types = [...everyPart(of.message)].map(({ type }) => type);
  // What a calendar sends for a meeting.
  if (types.join() === 'multipart/alternative,text/html,text/calendar') return none;
  let found = none;
  for (const part of everyPart(of.message)) {
    if (!/^multipart\/alternative\b/.test(part.type)) continue;
    const { page, text } = wordsOf(part, of.body());
    if (page.size === 0) continue;
    const missing = [...page].filter(([word, count]) => count > (text.get(word) ?? 0)).length;
    const percent = Math.max(found.percent, (missing / page.size) * 100);
    found = { percent, textWords: text.size, pageWords: page.size };
  }
  return found;
});

type Words = Map<string, number>;

function wordsOf(alternatives: Part, { texts }: RenderedBody): { readonly page: Words; readonly text: Words } {
  const page: Words = new Map();
  const text: Words = new Map();
  for (const part of everyPart(alternatives)) {
    const shown = /^text\b/.test(part.type) ? texts.get(part) : undefined;
    if (shown === undefined) continue;
    const into = shown.page === null ? text : page;
    for (const word of shown.text.split(spaces)) if (/\w/.test(word)) into.set(word, (into.get(word) ?? 0) + 1);
    // A page that shows nothing but images has something that the text lacks.
    if (shown.page?.open.has('img') === true && page.size === 0) page.set('\n', 1);
  }
  return { page, text };
}

const spaces = new RegExp(`[${textSpace}]+`);

/** Bytes before and after the last delimiter of a signature in the first plain text; null where there is no such text. */
const signature = once(({ message }: Examined): { readonly body: number; readonly signature: number } | null => {
  const part = [...everyPart(message)].find(({ type }) => type.startsWith('text/plain'));
  if (part === undefined) return null;
  const text = decodedBytes(part);
  let found = { body: text.length, signature: 0 };
  for (const { 0: line, index } of text.matchAll(/^-- ?\r?$/gm)) {
    const rest = text.length - index - line.length;
    // One at the very end is put there to mislead.
    if (rest > 4) found = { body: index, signature: rest };
  }
  return found;
});
