// The names of the views in which SpamAssassin's rules seek, and of what its eval functions leave: who loads rules writes
// them, who reads a message reads them.

import type { SpamAssassinField } from './evidence.ts';

/**
 * What a view of each name holds, under `sa:`. All are strings of bytes, a character (U+0000 to U+00FF) a byte, as
 * SpamAssassin matches them; text is UTF-8 whatever its charset was (its `normalize_charset`, on by default).
 */
export const spamAssassinViews = {
  body: 'The Subject, then each paragraph of the text that a reader sees, white space made single spaces.',
  'body:nosubject': 'The same without the Subject.',
  rawbody: 'The decoded text parts, markup and line ends kept, in pieces.',
  uri: 'Each address as it is written, and what it stands for.',
  full: 'The message as it came.',
  'header:NAME':
    'One string: the fields of this name (lower case) joined, each with its line feed; none where there is no such field. `:raw`, `:addr`, `:name`, `:first` and others may follow. ' +
    'NAME may be a pseudo-field: `ALL`, `MESSAGEID`, `tocc`, `envelopefrom`, `x-spam-relays-untrusted`.',
  'mimeheader:NAME': 'A string for each MIME part, empty where it has no such field; `:raw` may follow.',
  'eval:[NAME,ARGUMENT...]':
    'One empty string where the eval function holds, none where it does not; or the strings in which a list of its own is sought.',
} as const;

const evalPrefix = 'sa:eval:';

/** `html_text_match('title', '...')`: a function of SpamAssassin's code that a rule asks for by name. */
export interface EvalCall {
  readonly name: string;
  readonly args: readonly string[];
}

/** What there is of a function: all of it, where nothing is said. */
export interface EvalSupport {
  /** It is known for these only. */
  readonly firstArguments?: readonly string[];
  /** It is known where the files set none of these: keywords, or a keyword and the name of a list. */
  readonly withoutSettings?: readonly string[];
  /** It shows strings; the rule seeks in them a pattern that it names, or what the files list. */
  readonly seeks?: 'pattern' | 'addresses' | 'hosts' | 'freemail';
}

export function evalField({ name, args }: EvalCall): SpamAssassinField {
  return `${evalPrefix}${JSON.stringify([name, ...args])}`;
}

/** The call that `field` stands for; null where it is another view. */
export function evalCallOf(field: SpamAssassinField): EvalCall | null {
  if (!field.startsWith(evalPrefix)) return null;
  const [name = '', ...args] = JSON.parse(field.slice(evalPrefix.length)) as readonly string[];
  return { name, args };
}
