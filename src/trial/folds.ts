// Cross-validation by what must not carry a fit: each collection is judged by scores that never saw any of its mail, and the
// latest mail of each by scores that saw none so late.

import type { MatrixRow } from './hit-matrix.ts';

export interface Fold {
  /** The source that is left out; null for the latest mail of all. */
  readonly source: string | null;
  readonly train: readonly MatrixRow[];
  readonly test: readonly MatrixRow[];
}

/** Of the dated mail of a source, the share that is its latest. */
const latest = 1 / 4;

export function foldsOf(rows: readonly MatrixRow[]): readonly Fold[] {
  const sources = [...new Set(rows.map(({ source }) => source))].sort();
  return [
    ...sources.map(source => fold(rows, source, new Set(rows.filter(row => row.source === source)))),
    byTime(rows),
  ];
}

function byTime(rows: readonly MatrixRow[]): Fold {
  const dated = Map.groupBy(
    rows.filter(({ writtenAt }) => writtenAt !== null),
    ({ source, isWanted }) => `${isWanted} ${source}`,
  );
  const late = [...dated.values()].flatMap(of => {
    const sorted = of.toSorted((a, b) => (a.writtenAt ?? 0) - (b.writtenAt ?? 0));
    return sorted.slice(Math.ceil(sorted.length * (1 - latest)));
  });
  return fold(rows, null, new Set(late));
}

const fold = (rows: readonly MatrixRow[], source: string | null, left: ReadonlySet<MatrixRow>): Fold => ({
  source,
  train: rows.filter(row => !left.has(row)),
  test: rows.filter(row => left.has(row)),
});
