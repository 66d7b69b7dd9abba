// Scores fitted to labelled mail: the rules of a configuration, judged on that mail, and what the data makes of their scores.

import { createHash } from 'node:crypto';
import type { Config } from '../../config/schema.ts';
import { BadInput } from '../../model/failure.ts';
import { didYouMean } from '../../model/nearest.ts';
import type { Rule } from '../../rules/rule.ts';
import { type Limits, tried } from '../../trial/choose-settings.ts';
import { stoppedBy, supportOf } from '../../trial/fit.ts';
import { corpusOf, type FitReport, fittedScores } from '../../trial/fit-report.ts';
import { fitRules } from '../../trial/fit-rules.ts';
import { foldsOf } from '../../trial/folds.ts';
import { hitMatrix, writtenAt } from '../../trial/hit-matrix.ts';
import { profileIn } from '../parts/judging.ts';
import { fitNotesOf } from '../rules/rule-set.ts';
import type { LabelledOptions } from '../stored/labelled-mail.ts';
import { type JudgedLabelledMail, measuredRules } from './measuring.ts';

export interface FitOptions extends LabelledOptions {
  readonly keep: readonly string[];
  readonly limits: Omit<Limits, 'quarantine'>;
}

/** @throws BadInput where there is no labelled mail, or only wanted or only unwanted mail, and for a rule or group to keep that is not there. */
export async function fitting(config: Config, paths: readonly string[], options: FitOptions): Promise<FitReport> {
  const { rules, mails, late } = await measuredRules(config, paths, options);
  const profile = profileIn(rules, config.profile);
  const notes = fitNotesOf(config);
  checkKept(options.keep, rules.rules);
  const fitted = fitRules(rules.rules, profile, notes, new Set(options.keep));
  const { rows } = hitMatrix(
    mails.map(mail => ({ ...mail, writtenAt: writtenAt(mail.evidence.facts) })),
    fitted.map(({ symbol }) => symbol),
  );
  if (rows.every(({ isWanted }) => isWanted) || !rows.some(({ isWanted }) => isWanted))
    throw new BadInput('a fit needs wanted mail (ham, bounce) and unwanted (spam, phish)');
  const { quarantine } = profile.thresholds;
  const settings = tried(rows, foldsOf(rows), fitted, { ...options.limits, quarantine });
  const [chosen] = settings;
  if (chosen === undefined) throw new Error('there are settings to try');
  const inForce = new Map(rules.rules.map(({ symbol, score, setBy }) => [symbol, { score, setBy }]));
  return {
    profile: profile.name,
    quarantine,
    scores: fittedScores(fitted, supportOf(rows, fitted), chosen.scores, inForce),
    corpus: corpusOf(mails, corpusDigest(mails)),
    chosen,
    candidates: settings.length,
    before: stoppedBy(
      fitted.map(({ symbol, hand }) => inForce.get(symbol)?.score ?? hand),
      rows,
      quarantine,
      null,
    ),
    late,
  };
}

function checkKept(keep: readonly string[], rules: readonly Rule[]): void {
  const known = [...new Set(rules.flatMap(({ symbol, group }) => [symbol, group]))];
  const unknown = keep.find(name => !known.includes(name));
  if (unknown !== undefined) throw new BadInput(`no rule or group ${unknown}${didYouMean(unknown, known)}`);
}

function corpusDigest(mails: readonly JudgedLabelledMail[]): string {
  const lines = mails.map(({ label, source, digest }) => `${label} ${source} ${digest}`).sort();
  return createHash('sha256').update(lines.join('\n')).digest('hex');
}
