// Labelled mail judged by the rules of a configuration, with what each rule costs.

import type { Config } from '../../config/schema.ts';
import { systemClock } from '../../model/clock.ts';
import type { RuleSet } from '../../rules/rule.ts';
import { withTimedConditions } from '../../trial/costs.ts';
import type { MeasuredMail } from '../../trial/measure.ts';
import { ruleSetOf } from '../rules/rule-set.ts';
import { type InspectedMail, type LabelledOptions, labelledEvidence } from '../stored/labelled-mail.ts';
import { storedJudging } from '../stored/stored-line.ts';

export interface JudgedLabelledMail extends InspectedMail, MeasuredMail {}

export interface MeasuredRules {
  readonly rules: RuleSet;
  readonly mails: readonly JudgedLabelledMail[];
  /** How many of them were inspected for this, rather than known. */
  readonly inspected: number;
  /** Of how many some evidence is missing because it came too late. */
  readonly late: number;
  /** A message, by symbol: its patterns, where any was inspected, and its condition. */
  readonly microseconds: ReadonlyMap<string, number>;
}

/** @throws BadInput where there is no labelled mail. */
export async function measuredRules(
  config: Config,
  paths: readonly string[],
  options: LabelledOptions,
): Promise<MeasuredRules> {
  const rules = ruleSetOf(config);
  const { mails, inspected, late, costs } = await labelledEvidence(config, rules, paths, options);
  const timed = withTimedConditions(rules, systemClock.monotonic);
  const judged = await storedJudging(config, {}, timed.rules);
  const verdicts = mails.map(mail => ({ ...mail, verdict: judged(mail.evidence).verdict }));
  const microseconds = new Map(
    rules.judged.map(({ symbol }) => [
      symbol,
      1000 * (each(timed.ms.get(symbol), mails.length) + each(costs.ms.get(symbol), costs.mails)),
    ]),
  );
  return { rules, mails: verdicts, inspected, late, microseconds };
}

const each = (total: number | undefined, count: number): number => (count === 0 ? 0 : (total ?? 0) / count);
