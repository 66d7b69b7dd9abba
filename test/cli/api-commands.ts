// Commands that ask the API, run as main.ts runs them.

import { Command } from 'commander';
import type { ApiCommandOptions } from '../../src/cli/api-client.ts';

/** What the command that `register` adds prints for `args`. */
export async function printedBy(
  register: (program: Command, options: ApiCommandOptions) => void,
  access: Pick<ApiCommandOptions, 'url' | 'token'>,
  args: readonly string[],
): Promise<string> {
  let printed = '';
  const program = new Command('postern').exitOverride();
  const print = (text: string) => {
    printed += text;
  };
  register(program, { ...access, print });
  await program.parseAsync(args, { from: 'user' });
  return printed;
}
