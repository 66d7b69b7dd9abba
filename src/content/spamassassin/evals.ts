// SpamAssassin's eval functions that need no more than its own reading of the message; each answers whether it holds.

import type { EvalCall, EvalSupport } from '../../model/spamassassin.ts';
import type { RenderedBody } from './body.ts';
import { decodedValues } from './header.ts';
import type { Message, ParseFlag } from './message.ts';

export interface Subject {
  readonly message: Message;
  /** Read when it is first asked for. */
  readonly body: () => RenderedBody;
  readonly sizeBytes: number;
}

type Holds = (subject: Subject, args: readonly string[]) => boolean;

const functions: Readonly<Record<string, Holds>> = {
  check_header_count_range: ({ message }, [name = '', least = '', most = '']) => {
    const { size } = new Set(decodedValues(message.fields, name.toLowerCase()));
    return size >= Number(least) && size <= Number(most);
  },
  check_for_missing_to_header: ({ message }) =>
    ['to', 'apparently-to'].every(name => decodedValues(message.fields, name).length === 0),
  check_msg_parse_flags: ({ message }, [flag = '']) => message.flags.has(flag as ParseFlag),
  check_body_length: ({ message, sizeBytes }, [most = '']) => sizeBytes - message.header.length <= Number(most),
  html_tag_exists: ({ body }, [tag = '']) => body().pages.some(({ open }) => open.has(tag)),
  html_tag_balance: ({ body }, [tag = '', comparison = '']) =>
    body().pages.some(({ open }) => {
      const count = open.get(tag);
      return count !== undefined && compares(count, comparison);
    }),
};

export const evalSupport: ReadonlyMap<string, EvalSupport> = new Map(
  Object.keys(functions).map(name => [name, 'exact']),
);

export function holds({ name, args }: EvalCall, subject: Subject): boolean {
  return Object.hasOwn(functions, name) && functions[name]?.(subject, args) === true;
}

/** `comparison` is an operator of Perl's and a number. */
function compares(count: number, comparison: string): boolean {
  const [, operator, number] = /^\s*([<>=!]=|[<>])\s*(-?\d+)\s*$/.exec(comparison) ?? [];
  const difference = count - Number(number);
  switch (operator) {
    case '<':
      return difference < 0;
    case '>':
      return difference > 0;
    case '<=':
      return difference <= 0;
    case '>=':
      return difference >= 0;
    case '==':
      return difference === 0;
    case '!=':
      return difference !== 0;
    default:
      return false;
  }
}
