// What came of a calibration, for people: how sure it is, what it stands on, and what it would change.

import type { EpochMs } from '../model/clock.ts';
import { type Points, showPoints, type Thresholds } from '../model/verdict.ts';
import type { Basis, Calibration, Found, Refused } from './calibrate.ts';

export type CalibrationSource =
  | {
      readonly kind: 'ledger';
      readonly samples: number;
      readonly since: EpochMs;
      readonly before: EpochMs;
      readonly messages: number;
      /** Drawn, and not labelled. */
      readonly open: number;
      readonly underOtherRules: number;
    }
  | {
      readonly kind: 'folders';
      readonly messages: number;
      /** Of how many some evidence is missing because it came too late. */
      readonly late: number;
    };

export interface CalibrationReport {
  readonly profile: string;
  readonly target: number;
  readonly inForce: Thresholds;
  readonly source: CalibrationSource;
  readonly calibration: Calibration;
}

export function calibrationLines(report: CalibrationReport): readonly string[] {
  const { calibration } = report;
  return [
    `${report.profile}: at most ${percent(report.target)} of wanted mail stopped`,
    ...sourceLines(report.source),
    basisLine(calibration.basis),
    ...(calibration.status === 'found' ? foundLines(report, calibration) : refusedLines(report, calibration)),
  ];
}

/** What stands beside a setting that is made of it. */
export function whyOf({ target }: CalibrationReport, found: Found, at: EpochMs): string {
  const { wanted, caught, unwanted } = found.after;
  const seen = `${round(wanted.counted)} of ${round(wanted.of)} wanted messages stopped, at most ${percent(wanted.upper)}`;
  const beside = found.isByExperience ? `, with ${round(wanted.expected)} messages of experience` : '';
  return (
    `Calibrated on ${new Date(at).toISOString().slice(0, 10)} for ${percent(target)}: ${seen} ` +
    `(${percent(found.confidence)} sure${beside}); ${percent(share(caught, unwanted))} of unwanted mail stopped.`
  );
}

function sourceLines(source: CalibrationSource): readonly string[] {
  if (source.kind === 'folders')
    return [
      `from ${source.messages} messages that were sorted into folders`,
      ...(source.late === 0
        ? []
        : [`of ${source.late} some evidence came too late: calibrate again when the machine is less busy`]),
    ];
  if (source.samples === 0) return ['no sample was drawn in that time: `postern review draw` draws one'];
  const { samples, messages, open, underOtherRules } = source;
  return [
    `from ${samples} ${samples === 1 ? 'sample' : 'samples'} of ${messages} messages, ${day(source.since)} to ${day(source.before)}`,
    ...(open === 0
      ? []
      : [`${open} drawn ${open === 1 ? 'message waits' : 'messages wait'} for a label: \`postern review sample\``]),
    ...(underOtherRules === 0
      ? []
      : [`${underOtherRules} were judged by other rules: rules that are new are not known to have fired`]),
  ];
}

function basisLine(basis: Basis): string {
  const alike = `one sender’s are alike by ${basis.similarity.toFixed(2)}`;
  const wanted = `${basis.wanted} wanted of ${basis.senders} senders, worth ${round(basis.independent)} independent ones (${alike})`;
  const policy =
    basis.byPolicy === 0 ? '' : `; ${basis.byPolicy} of the wanted are stopped by policy, whatever the threshold`;
  return `labelled: ${wanted}, ${basis.unwanted} unwanted${policy}`;
}

function foundLines({ inForce, target }: CalibrationReport, found: Found): readonly string[] {
  const { thresholds, weight, before, after, confidence } = found;
  const names = ['tag', 'quarantine', 'reject'] as const;
  return [
    ...names.map(name => `  ${name}: ${change(inForce[name], thresholds[name], shownThreshold)}`),
    ...(weight === null ? [] : [`  weight of ${weight.group}: ${change(weight.from, weight.to, showPoints)}`]),
    `wanted mail stopped: ${stoppedShare(before.wanted)} -> ${stoppedShare(after.wanted)}, at most ${percent(after.wanted.upper)} with ${percent(confidence)} confidence`,
    `unwanted mail stopped: ${percent(share(before.caught, before.unwanted))} -> ${percent(share(after.caught, after.unwanted))}`,
    ...(found.isByExperience
      ? [
          `what was seen does not show it alone: it stands on ${round(after.wanted.expected)} messages of experience too`,
        ]
      : []),
    ...(found.missing === null
      ? []
      : [
          `where it is now, the quarantine is within ${percent(target)} by what was counted, and not yet shown to be:`,
          `  ${found.missing} more independent wanted messages would show it, were none of them stopped`,
        ]),
  ];
}

function refusedLines({ target }: CalibrationReport, { reason, least, missing }: Refused): readonly string[] {
  const counted = round(least.wanted.counted);
  const are = counted === 1 ? '1 wanted message is' : `${counted} wanted messages are`;
  switch (reason) {
    case 'unseen':
      return [
        'refused: in a sample nobody labelled anything of the mail that was stopped, so nobody knows how much of it is wanted',
      ];
    case 'promises':
      return ['refused: what the profile promises (`invariants` in its file) forbids all thresholds that would do'];
    case 'little':
      return [
        `refused: to show that at most ${percent(target)} is stopped takes ${missing} more independent wanted messages` +
          (counted === 0 ? '' : `, as ${are} stopped at any threshold`),
      ];
  }
}

const change = <T>(from: T, to: T, shown: (of: T) => string): string =>
  from === to ? shown(from) : `${shown(from)} -> ${shown(to)}`;

const shownThreshold = (points: Points | null): string => (points === null ? 'none' : showPoints(points));
const stoppedShare = ({ counted, of }: { readonly counted: number; readonly of: number }): string =>
  percent(share(counted, of));
const share = (part: number, of: number): number => (of === 0 ? 0 : part / of);
const percent = (of: number): string => `${Number((100 * of).toPrecision(3))} %`;
const round = (of: number): number => Math.round(of);
const day = (at: EpochMs): string => new Date(at).toISOString().slice(0, 10);
