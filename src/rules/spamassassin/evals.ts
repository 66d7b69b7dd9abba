// Calls of SpamAssassin's eval functions, as rules write them: `html_text_match('title', '^$')`.
//
// A function is no part of judging: it is a view of the message, read in the worker like any other text. A rule that calls
// one seeks in the field that `evalField` names (src/model/spamassassin.ts), which holds a string for each hit and none
// where the function does not hold; so that what was seen is stored, replayed and told as a pattern hit. The functions
// themselves are with the other views, in src/content/; which there are, and how true, is handed to the import.

import type { EvalCall, EvalSupport } from '../../model/spamassassin.ts';

/** By the name of the function; one that is missing is unsupported. */
export type SupportedEvals = ReadonlyMap<string, EvalSupport>;

/** The call in `text`, or null where it is none. Arguments are quoted strings, numbers, addresses and bare names. */
export function parseEvalCall(text: string): EvalCall | null {
  const [, name, list = ''] = /^(\w+)\s*\((.*?)\)$/.exec(text.trim()) ?? [];
  if (name === undefined) return null;
  const args: string[] = [];
  const argument = /\s*(?:(['"])(.*?)\1|([\d.:A-Za-z-]+?))\s*(?:,\s*|$)/y;
  while (argument.lastIndex < list.trimEnd().length) {
    const found = argument.exec(list);
    if (found === null) return null;
    args.push(found[2] ?? found[3] ?? '');
  }
  return { name, args };
}
