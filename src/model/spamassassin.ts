// What eval functions of SpamAssassin are called, and what is known of them: who loads rules asks for one by the name of a
// view, who reads a message shows it.

import type { SpamAssassinField } from './evidence.ts';

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
