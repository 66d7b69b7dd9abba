// How true an imported set is: counts by kind of rule, a line for each that is not what it was, and one for each line that is not used.

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

/** Lines of the files that do nothing and look as if they did: `local.cf:12: score for NAME, a rule that is not among ...`. */
export const unusedLines = ({
  misread,
  unclaimed,
}: Pick<SpamAssassinImport, 'misread' | 'unclaimed'>): readonly string[] => [
  ...misread.map(({ at, what }) => `${at}: not read: ${what}`),
  ...unclaimed.map(
    ({ at, keyword, symbol }) =>
      `${at}: ${keyword} for ${symbol}, a rule that is not among these files or that an if leaves out`,
  ),
];

/** A set that changes scores of another has hundreds of them where that other is not there. */
const shownLines = 20;

/** As many of them as somebody reads who asked for something else. */
export const inShort = (lines: readonly string[]): readonly string[] =>
  lines.length <= shownLines
    ? lines
    : [...lines.slice(0, shownLines), `${lines.length - shownLines} more: postern rules import has all of them`];

/** `rules/20_body.cf:12: NAME (body): approximated: why`, the farthest from exact first, behind lines that are not used. */
export function differenceLines(imported: Omit<SpamAssassinImport, 'rules' | 'settings'>): readonly string[] {
  const lines = (['unsupported', 'approximated', 'off'] as const).flatMap(kind =>
    imported.report.flatMap(({ symbol, type, at, standing }) =>
      standing.kind === kind ? [`${at}: ${symbol} (${type}): ${kind}: ${standing.why}`] : [],
    ),
  );
  return [...unusedLines(imported), ...lines];
}
