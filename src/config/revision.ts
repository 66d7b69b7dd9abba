// A name for what is loaded from files: equal names, equal content. A running gateway tells the one that it has in force.

import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { configText, loadConfig } from './load.ts';
import { readSpamAssassinFiles, ruleFilesIn, shippedRules } from './rule-files.ts';
import type { Config } from './schema.ts';

/** Enough that no two contents of an installation's files meet. */
const nameLength = 16;

/** Of the configuration's own `text`, and all rules, profiles and lists that `config` names. */
export function revisionOf(text: string, { rules }: Config): string {
  const folders = [shippedRules, ...rules.folders].map(folder =>
    ruleFilesIn(folder).map(file => [file.path, file.text]),
  );
  const spamAssassin = readSpamAssassinFiles(rules.spamassassin).map(file => file.text);
  const hash = createHash('sha256').update(JSON.stringify([text, folders, spamAssassin]));
  return hash.digest('hex').slice(0, nameLength);
}

/** Of what a start on `configFile` would load; null where that cannot be read twice. @throws ConfigError where it does not load. */
export function revisionOnDisk(configFile: string | null): string | null {
  // Whoever read a pipe would take it away from the start itself.
  if (configFile !== null && statSync(configFile, { throwIfNoEntry: false })?.isFile() !== true) return null;
  return revisionOf(configText(configFile), loadConfig(configFile));
}
