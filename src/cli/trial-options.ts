// What commands that try rules on labelled mail are given alike: where the mail is, and which rules.

import type { Command } from 'commander';
import type { Config } from '../config/schema.ts';
import { BadInput } from '../model/failure.ts';

export interface TrialOptions {
  readonly config?: string;
  readonly rules: readonly string[];
  readonly online?: boolean;
  readonly sample?: number;
}

export function trialCommand(command: Command): Command {
  return command
    .argument('<dir...>', 'folders with LABEL/SOURCE/ below them or in their path; LABEL is ham, bounce, spam or phish')
    .option('-c, --config <file>', 'configuration file')
    .option('--rules <folder>', 'a folder of rules beside those in force; may be given again', collected, [])
    .option(
      '--online',
      'ask the DNS; otherwise what needs it has failed, since today’s answers are not those of old mail',
    )
    .option('--sample <n>', 'every n-th message only', whole);
}

export const collected = (given: string, before: readonly string[]): readonly string[] => [...before, given];

export const trialConfig = (config: Config, { rules }: TrialOptions): Config => ({
  ...config,
  rules: { ...config.rules, folders: [...config.rules.folders, ...rules] },
});

/** A whole number from 1 up. */
export function whole(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new BadInput(`expected a whole number from 1 up, not ${text}`);
  return Number(text);
}
