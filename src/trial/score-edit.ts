// New scores in the text of a rule file: the digits behind `score:`, and no other character.

import { isMap, isScalar, isSeq, parseDocument } from 'yaml';
import { type Points, showPoints } from '../model/verdict.ts';

/** `text` with the scores of those of its rules that `scores` names. */
export function rescored(text: string, scores: ReadonlyMap<string, Points>): string {
  const edits = placesOf(text).flatMap(({ symbol, start, end }) => {
    const score = scores.get(symbol);
    return score === undefined ? [] : [{ start, end, digits: showPoints(score) }];
  });
  // From the end, so that what was found before it stays where it is.
  return edits
    .sort((a, b) => b.start - a.start)
    .reduce((edited, { start, end, digits }) => edited.slice(0, start) + digits + edited.slice(end), text);
}

interface Place {
  readonly symbol: string;
  readonly start: number;
  readonly end: number;
}

function placesOf(text: string): readonly Place[] {
  const { contents } = parseDocument(text);
  if (!isSeq(contents)) return [];
  return contents.items.flatMap(rule => {
    if (!isMap(rule)) return [];
    const symbol = rule.get('symbol');
    const score = rule.get('score', true);
    if (typeof symbol !== 'string' || !isScalar(score) || !score.range) return [];
    const [start, end] = score.range;
    return [{ symbol, start, end }];
  });
}
