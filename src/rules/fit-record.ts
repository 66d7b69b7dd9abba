// What the last fit said of each score, beside the rules in `fit.yaml`: whether a number stands on data or on its author's judgement.

import { type Points, showPoints } from '../model/verdict.ts';
import type { Rule } from './rule.ts';
import { Problems, type SourceFile } from './source.ts';
import { parseYaml, type YamlValue } from './yaml-value.ts';

/** Of one rule. */
export interface FitNote {
  /** What its author gave it. */
  readonly hand: Points;
  /** Null where there was too little mail to say. */
  readonly fitted: Points | null;
  /** Messages on which it fired; those that say the same count as one. */
  readonly wanted: number;
  readonly unwanted: number;
  /** Collections in which it fired. */
  readonly sources: number;
}

export type FitNotes = ReadonlyMap<string, FitNote>;

const maxPoints: Points = 1_000_000;

/** By symbol. @throws ConfigError that lists all that is wrong. */
export function readFitRecord(file: SourceFile): FitNotes {
  const problems = new Problems();
  const scores = parseYaml(file, problems)
    ?.entries()
    .find(([name]) => name === 'scores')?.[1];
  const notes = new Map((scores?.entries() ?? []).flatMap(([symbol, value]) => noteOf(symbol, value)));
  problems.throwIfAny();
  return notes;
}

function noteOf(symbol: string, value: YamlValue): [string, FitNote][] {
  const { by, hand, fitted, ham, spam, sources } = value.fields(['by', 'hand', 'fitted', 'ham', 'spam', 'sources']);
  const note = {
    hand: (hand ?? value).points(maxPoints),
    fitted: fitted?.points(maxPoints) ?? null,
    wanted: (ham ?? value).count(),
    unwanted: (spam ?? value).count(),
    sources: (sources ?? value).count(),
  };
  by?.oneOf(['data', 'hand']);
  const { hand: given, wanted, unwanted, sources: of } = note;
  if (given === null || wanted === null || unwanted === null || of === null) return [];
  return [[symbol, { hand: given, fitted: note.fitted, wanted, unwanted, sources: of }]];
}

/** Where a score comes from, for people. */
export interface ScoreBasis {
  readonly by: 'data' | 'hand';
  readonly why: string;
}

export function basisOf({ score }: Pick<Rule, 'score'>, note: FitNote | undefined): ScoreBasis {
  if (note === undefined) return { by: 'hand', why: 'its author’s; no fit has looked at it' };
  const { hand, fitted, wanted, unwanted, sources } = note;
  const seen = `${wanted} ham and ${unwanted} spam in ${sources} ${sources === 1 ? 'collection' : 'collections'}`;
  if (fitted === null) return { by: 'hand', why: `its author’s; too little mail to fit it: ${seen}` };
  if (fitted !== score) return { by: 'hand', why: `changed since it was fitted to ${showPoints(fitted)} on ${seen}` };
  return { by: 'data', why: `fitted to ${seen}; its author gave ${showPoints(hand)}` };
}

/** What its author gave a rule, whether or not it was fitted since. */
export const handSet = ({ score }: Pick<Rule, 'score'>, note: FitNote | undefined): Points =>
  note !== undefined && note.fitted === score ? note.hand : score;
