// How true an imported set is: counts by kind of rule, and a line for each rule that is not what it was.

import type { Imported, SpamAssassinImport } from './import.ts';

export const standings = ['exact', 'approximated', 'unsupported', 'off'] as const;
export type Counts = Readonly<Record<(typeof standings)[number], number>>;

/** By type, evals apart. */
export function countsByType(report: readonly Imported[]): ReadonlyMap<string, Counts> {
  const counts = new Map<string, Record<(typeof standings)[number], number>>();
  for (const { type, standing } of report) {
    const of = counts.get(type) ?? { exact: 0, approximated: 0, unsupported: 0, off: 0 };
    of[standing.kind] += 1;
    counts.set(type, of);
  }
  return new Map([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Of the rules in force that seek or add up, the share that is exact, in percent; null where there are none. */
export function exactPercent(report: readonly Imported[]): number | null {
  const counted = report.filter(({ type, standing }) => type !== 'eval' && standing.kind !== 'off');
  const exact = counted.filter(({ standing }) => standing.kind === 'exact').length;
  return counted.length === 0 ? null : Math.round((exact / counted.length) * 1000) / 10;
}

/** `rules/20_body.cf:12: NAME (body): approximated: why`, the farthest from exact first. */
export function differenceLines({
  report,
  misread,
}: Pick<SpamAssassinImport, 'report' | 'misread'>): readonly string[] {
  const lines = (['unsupported', 'approximated', 'off'] as const).flatMap(kind =>
    report.flatMap(({ symbol, type, at, standing }) =>
      standing.kind === kind ? [`${at}: ${symbol} (${type}): ${kind}: ${standing.why}`] : [],
    ),
  );
  return [...misread.map(({ at, what }) => `${at}: not read: ${what}`), ...lines];
}
