// A replay's report for people: the most important first, a line each.

import { showPoints } from '../model/verdict.ts';
import type { NamedFlip, ReplayReport, Share } from './replay-report.ts';

export function replayLines(report: ReplayReport): readonly string[] {
  const { messages, verdicts, flipped, domains, otherDomains } = report;
  const than = report.baseline === 'recorded' ? 'what was said then' : 'what the rules in force say';
  const beyond = otherDomains === 0 ? [] : [`  and ${otherDomains} domains more`];
  return [
    `${shown(report.since)} to ${shown(report.before)}, compared with ${than}`,
    `${messages} messages, ${verdicts} verdicts: ${flipped} flip (${percent(flipped, verdicts)}), ${report.unchanged} do not`,
    ...unknownLines(report),
    ...report.flips.map(({ from, to, verdicts: count }) => `  ${from} -> ${to}: ${count}`),
    ...section(
      'before and after',
      report.actions.map(({ action, before, after }) => `${action}: ${before} -> ${after}`),
    ),
    ...section('moved by', flipped === 0 ? [] : report.symbols.map(of => `${of.symbol}: ${of.verdicts}`)),
    ...section('profiles', report.profiles.map(shareLine)),
    ...section('domains', flipped === 0 ? [] : domains.filter(isTouched).map(shareLine)),
    ...(flipped === 0 ? [] : beyond),
    ...section('flips', report.named.map(flipLine)),
  ];
}

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : [`${title}:`, ...lines.map(line => `  ${line}`)];

const shown = (at: number): string => new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
const percent = (part: number, of: number): string => `${of === 0 ? 0 : Number(((100 * part) / of).toFixed(2))} %`;

const whyUnknown = {
  patterns: 'new patterns were not sought in them, and nothing was kept to seek them in',
  profile: 'their profile is not there any more',
  pruned: 'their records were deleted meanwhile',
} as const;

function unknownLines({ unknown }: ReplayReport): readonly string[] {
  const reasons = ['patterns', 'profile', 'pruned'] as const;
  return reasons.flatMap(why => (unknown[why] === 0 ? [] : [`unknown: ${unknown[why]}, ${whyUnknown[why]}`]));
}

const isTouched = ({ milder, stricter, unknown }: Share): boolean => milder + stricter + unknown > 0;

function shareLine({ name, verdicts, milder, stricter, unknown }: Share): string {
  const open = unknown === 0 ? '' : `, ${unknown} unknown`;
  return `${name === '' ? '(no domain)' : name}: ${verdicts} verdicts, ${stricter} stricter, ${milder} milder${open}`;
}

function flipLine(flip: NamedFlip): string {
  const moved = flip.moved.map(
    ({ symbol, before, after }) => `${symbol} ${showPoints(before)} -> ${showPoints(after)}`,
  );
  const scores = `${showPoints(flip.scoreBefore)} -> ${showPoints(flip.scoreAfter)}`;
  const to = flip.domains.map(domain => `@${domain}`).join(' ');
  const head = `${flip.id}  ${shown(flip.at)}  <${flip.reversePath}> to ${to} (${flip.profile})`;
  return `${head}: ${flip.from} -> ${flip.to}, score ${scores}${moved.length === 0 ? '' : `: ${moved.join(', ')}`}`;
}
