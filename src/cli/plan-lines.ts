// A plan for people: what differs, what its tests and its replay say, and what speaks against it, a line each.

import type { ConfigPlan } from '../compose/change/config-plan.ts';
import type { RuleDifference, Stated } from '../compose/rules/effective-difference.ts';
import type { ConfigDifference, Said } from '../config/differences.ts';
import { showPercent } from '../config/units.ts';
import { replayLines } from '../trial/replay-lines.ts';

/** A screen is for people: beyond so many it says how many more there are. */
const shownDifferences = 200;
const shownValue = 160;

export function planLines(plan: ConfigPlan): readonly string[] {
  const { configuration, rules, setAside, replay, obstacles, limit } = plan;
  const restart = configuration.filter(({ atRestart }) => atRestart).length;
  return [
    `plan ${plan.id}`,
    ...section('configuration', bounded(configuration.map(configurationLine))),
    ...(restart === 0
      ? []
      : [`${restart} of these keys are taken at the next start; what checks would see by them is not replayed`]),
    ...section('rules, profiles and lists', bounded(rules.map(ruleLine))),
    ...section('overrides that would hold no more', setAside),
    ...testLines(plan),
    ...(replay === null
      ? ['mail is judged alike: nothing to replay']
      : ['replay:', ...replayLines(replay).map(indented)]),
    ...section(
      `against it (rules.apply_limit is ${showPercent(limit)})`,
      obstacles.map(({ why, yields }) => `${why}${yields ? '' : '; --force does not help'}`),
    ),
  ];
}

function testLines({ tests, fixtures }: ConfigPlan): readonly string[] {
  return [
    `tests of rules: ${tests.cases}, of which ${tests.failures.length} fail`,
    ...tests.failures.map(({ at, symbol, expected, got }) => `  ${at}: ${symbol}: expected a ${expected}, got ${got}`),
    fixtures.cases === 0
      ? 'mail of profiles: not judged, as nothing that judges it differs'
      : `mail of profiles: ${fixtures.cases}, of which ${fixtures.failures.length} go another way than under what is in force`,
    ...fixtures.failures.map(
      ({ file, expected, action, score }) => `  ${file}: expected ${expected}, got ${action} at ${score}`,
    ),
  ];
}

const configurationLine = ({ key, before, after, atRestart }: ConfigDifference): string =>
  `${key}: ${said(before)} -> ${said(after)}${atRestart ? ', at the next start' : ''}`;

const said = (of: Said | null): string => (of === null ? 'nothing' : `${written(of.value)} (${of.origin})`);

const ruleLine = ({ path, before, after }: RuleDifference): string =>
  `${path.join(' ')}: ${stated(before)} -> ${stated(after)}`;

function stated(of: Stated | null): string {
  if (of === null) return 'nothing';
  return of.at === '' ? written(of.value) : `${written(of.value)} (${of.at})`;
}

function written(value: unknown): string {
  const text = Array.isArray(value) ? value.join(', ') : typeof value === 'object' ? JSON.stringify(value) : `${value}`;
  if (text === '') return 'nothing';
  return text.length > shownValue ? `${text.slice(0, shownValue)}…` : text;
}

const indented = (line: string): string => `  ${line}`;

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : [`${title}:`, ...lines.map(indented)];

const bounded = (lines: readonly string[]): readonly string[] =>
  lines.length <= shownDifferences
    ? lines
    : [...lines.slice(0, shownDifferences), `and ${lines.length - shownDifferences} more; --json has all`];
