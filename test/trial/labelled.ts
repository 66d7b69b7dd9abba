// Labelled mail with verdicts, for the tests of what is made of them.

import type { Action, Hit, Points, Verdict } from '../../src/model/verdict.ts';
import { type Labelled, labelOf } from '../../src/trial/label.ts';
import type { MeasuredMail } from '../../src/trial/measure.ts';

export const thresholds = { tag: 5000, quarantine: 8000, reject: 15_000 } as const;

export const hit = (symbol: string, points: Points, group = 'testing'): Hit => ({
  ...{ symbol, group, points, score: points, weight: 1000, setBy: 'rules/a.yaml:1', because: 'seen' },
});

function actionOf(score: Points): Action {
  if (score >= thresholds.reject) return 'reject';
  if (score >= thresholds.quarantine) return 'quarantine';
  return score >= thresholds.tag ? 'tag' : 'deliver';
}

export function verdict(hits: readonly Hit[], more: Partial<Verdict> = {}): Verdict {
  const score = hits.reduce((sum, { points }) => sum + points, 0);
  const action = actionOf(score);
  return { profile: 'default', score, thresholds, action, hits, floors: [], notJudged: [], missing: [], ...more };
}

export function mail(name: string, hits: readonly Hit[], more: Partial<Verdict> = {}): MeasuredMail {
  return { name, ...labelled(name), verdict: verdict(hits, more) };
}

function labelled(name: string): Labelled {
  const found = labelOf(name);
  if (found === null) throw new Error(`${name} has no label`);
  return found;
}
