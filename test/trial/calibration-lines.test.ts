import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CalibrateOptions, calibrate, type Found } from '../../src/trial/calibrate.ts';
import {
  type CalibrationReport,
  type CalibrationSource,
  calibrationLines,
  whyOf,
} from '../../src/trial/calibration-lines.ts';
import type { Reviewed } from '../../src/trial/reviewed.ts';
import { noon } from '../store/samples.ts';
import { inForce, reviewed, strangers } from './reviewed.ts';

const folders: CalibrationSource = { kind: 'folders', messages: 3200, late: 0 };

function reportOf(
  mail: Reviewed,
  options: Partial<CalibrateOptions> = {},
  source: CalibrationSource = folders,
): CalibrationReport {
  const target = options.target ?? 0.001;
  const all = { target, confidence: 0.95, experience: null, ...options };
  const calibration = calibrate(mail, inForce, all);
  return { profile: 'finance', target, inForce: inForce.thresholds, source, calibration };
}

const spam = strangers(200, 6000, 'x');

test('a plan: what it stands on, what it changes, and what follows', () => {
  assert.deepEqual(calibrationLines(reportOf(reviewed(strangers(3000, 0), spam))), [
    'finance: at most 0.1 % of wanted mail stopped',
    'from 3200 messages that were sorted into folders',
    'labelled: 3000 wanted of 3000 senders, worth 3000 independent ones (one sender’s are alike by 1.00), 200 unwanted',
    '  tag: 5',
    '  quarantine: 8 -> 6',
    '  reject: 15',
    'wanted mail stopped: 0 % -> 0 %, at most 0.0998 % with 95 % confidence',
    'unwanted mail stopped: 0 % -> 100 %',
  ]);
});

test('a weight, experience that decided, and what would show that nothing need be changed', () => {
  const few = reportOf(reviewed(strangers(2500, 0), spam), { experience: () => ({ independent: 1000, share: 0 }) });
  assert.match(
    calibrationLines(few).join('\n'),
    /\nwhat was seen does not show it alone: it stands on 1000 messages of/,
  );
  const unshown = reportOf(reviewed([...strangers(3500, 0), ...strangers(1, 9000, 'high')], spam));
  assert.deepEqual(calibrationLines(unshown).slice(-2), [
    'where it is now, the quarantine is within 0.1 % by what was counted, and not yet shown to be:',
    '  1241 more independent wanted messages would show it, were none of them stopped',
  ]);
  const { calibration } = few;
  const weight = { group: 'pharma', from: 1000, to: 200 };
  const moved = { ...few, calibration: { ...(calibration as Found), weight } };
  assert.ok(calibrationLines(moved).includes('  weight of pharma: 1 -> 0.2'));
});

const refusals = [
  {
    mail: reviewed(strangers(2994, 0), []),
    says: 'refused: to show that at most 0.1 % is stopped takes 1 more independent wanted messages',
  },
  {
    mail: reviewed([...strangers(4000, 0), ...strangers(1, 0, 'held', { floor: 'reject' })], []),
    says: 'refused: to show that at most 0.1 % is stopped takes 741 more independent wanted messages, as 1 wanted message is stopped at any threshold',
  },
  {
    mail: { ...reviewed(strangers(9, 0), []), unseen: [{ perSeen: Number.POSITIVE_INFINITY, top: 40_000 }] },
    says: 'refused: in a sample nobody labelled anything of the mail that was stopped, so nobody knows how much of it is wanted',
  },
];
for (const { mail, says } of refusals) test(says, () => assert.equal(calibrationLines(reportOf(mail)).at(-1), says));

const ledger = { kind: 'ledger', since: noon, before: noon + 1, samples: 1, messages: 50 } as const;
const sources = [
  {
    source: { ...ledger, open: 0, underOtherRules: 0 },
    says: ['from 1 sample of 50 messages, 2026-11-21 to 2026-11-21'],
  },
  {
    source: { ...ledger, samples: 2, open: 3, underOtherRules: 4 },
    says: [
      'from 2 samples of 50 messages, 2026-11-21 to 2026-11-21',
      '3 drawn messages wait for a label: `postern review sample`',
      '4 were judged by other rules: rules that are new are not known to have fired',
    ],
  },
  {
    source: { ...ledger, samples: 0, open: 0, underOtherRules: 0 },
    says: ['no sample was drawn in that time: `postern review draw` draws one'],
  },
];
for (const { source, says } of sources)
  test(`where it comes from: ${says[0]}`, () => {
    const lines = calibrationLines(reportOf(reviewed([], []), {}, source));
    assert.deepEqual(lines.slice(1, 1 + says.length), says);
    assert.match(lines[1 + says.length] ?? '', /^labelled: /);
  });

test('the reason that stands beside a setting has the figures, and where experience decided, its weight', () => {
  const why = (report: CalibrationReport) => whyOf(report, report.calibration as Found, noon);
  assert.equal(
    why(reportOf(reviewed(strangers(3000, 0), spam))),
    'Calibrated on 2026-11-21 for 0.1 %: 0 of 3000 wanted messages stopped, at most 0.0998 % (95 % sure); 100 % of unwanted mail stopped.',
  );
  const helped = reportOf(reviewed(strangers(2500, 0), spam), { experience: () => ({ independent: 1000, share: 0 }) });
  assert.match(why(helped), /\(95 % sure, with 1000 messages of experience\)/);
});
