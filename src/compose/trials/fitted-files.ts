// Writes fitted scores where they stand: the digits in the rule files, and the record of the fit in the folder of the rules.

import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fitRecordName, readRuleFiles, shippedRules } from '../../config/rule-files.ts';
import type { Config } from '../../config/schema.ts';
import { type FitReport, fitRecord, type Occasion } from '../../trial/fit-report.ts';
import { rescored } from '../../trial/score-edit.ts';
import { ruleSetOf } from '../rules/rule-set.ts';

/**
 * The files that were written, as people recognise them.
 * @throws ConfigError, and nothing is written, where the rules would not load with these scores: a profile may promise otherwise.
 */
export function writeFitted(config: Config, report: FitReport, occasion: Occasion): readonly string[] {
  const scores = new Map(report.scores.flatMap(({ symbol, fitted }) => (fitted === null ? [] : [[symbol, fitted]])));
  const rules = readRuleFiles(config.rules.folders)
    .filter(({ path }) => /\.ya?ml$/.test(path))
    .map(({ path, text }) => ({ path, text, edited: rescored(text, scores) }))
    .filter(({ text, edited }) => edited !== text);
  ruleSetOf(
    config,
    rules.map(({ path, edited }) => ({ path, text: edited })),
  );
  const records = [shipped, ...config.rules.folders].flatMap(folder => {
    const own = report.scores.filter(({ setBy }) => setBy.startsWith(join(folder, '/')));
    return own.length === 0 ? [] : [{ path: join(folder, fitRecordName), edited: fitRecord(report, own, occasion) }];
  });
  const written = [...rules, ...records];
  for (const { path, edited } of written) writeFileSync(realPath(path), edited);
  return written.map(({ path }) => path);
}

/** How the paths of shipped rules begin. */
const shipped = 'rules';

const realPath = (path: string): string =>
  path.startsWith(join(shipped, '/')) ? join(dirname(shippedRules), path) : path;
