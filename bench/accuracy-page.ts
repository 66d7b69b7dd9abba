// The counted mail as the page docs/accuracy.md, and as the table of README.md.

import { parse } from 'yaml';
import type { JudgedLabelledMail } from '../src/compose/trials/measuring.ts';
import { isWanted } from '../src/trial/label.ts';
import { classTraits, mailClasses } from '../src/trial/mail-class.ts';
import { type Outcome, outcomeOf, outcomesBySource } from '../src/trial/outcomes.ts';
import { interval } from '../src/trial/proportion.ts';

/** What the real SpamAssassin made of a part of the same mail, offline, at its own threshold. */
export interface Other {
  readonly version: string;
  readonly wanted: number;
  readonly wantedFlagged: number;
  readonly unwanted: number;
  readonly unwantedFlagged: number;
}

export interface Counted {
  readonly mails: readonly JudgedLabelledMail[];
  /** How many were judged by. */
  readonly rules: number;
  /** The text of `rules/fit.yaml`; null where scores were never fitted. */
  readonly record: string | null;
  readonly other: Other | null;
}

export function accuracyPage({ mails, rules, record, other }: Counted): string {
  return `${[
    '# Accuracy',
    '',
    `Written by \`node bench/accuracy.ts --write\`: ${mails.length} labelled messages, ${rules} scored rules, the profile \`default\`, offline: no DNS,`,
    'no history, no ClamAV, so that SPF, DKIM keys, DMARC and DNS lists, which speak for and against mail that comes, say nothing here.',
    'Stopped is quarantined or refused; intervals are exact (Clopper and Pearson) at 95%.',
    '',
    'The rules were written, and their scores fitted, with this mail before their authors’ eyes: what to expect of other mail says',
    'the table of unseen collections below, and your own mail says it better (`postern rules measure`, `mode: observe`).',
    '',
    '## All',
    '',
    ...allTable(mails),
    '',
    ...otherLines(other),
    '## Wanted mail by kind',
    '',
    ...kindTable(mails),
    '',
    ...mailClasses.map(kind => `* ${kind}: ${classTraits[kind]}.`),
    '',
    '## By collection',
    '',
    ...sourceTable(mails),
    '',
    'Collections in which only subject and text are kept are given a plain header before they are inspected, since what their',
    'collectors removed is not what is to be judged. DKIM signatures of mail that was altered by its collectors do not verify.',
    '',
    ...(record === null ? [] : unseenLines(record)),
  ].join('\n')}\n`;
}

const head = [
  '| | messages | tagged | quarantined | refused | stopped | 95% |',
  '| --- | --: | --: | --: | --: | --: | --: |',
];

function outcomeRow(name: string, { mails, actions, stopped, interval: { low, high } }: Outcome): string {
  const counts = [mails, actions.tag, actions.quarantine, actions.reject].join(' | ');
  return `| ${name} | ${counts} | ${percent(stopped / mails)} | ${percent(low)} to ${percent(high)} |`;
}

const percent = (share: number): string => `${(100 * share).toFixed(share < 0.1 ? 2 : 1)}%`;

const wantedOf = (mails: readonly JudgedLabelledMail[]) => mails.filter(({ label }) => isWanted(label));
const unwantedOf = (mails: readonly JudgedLabelledMail[]) => mails.filter(({ label }) => !isWanted(label));

function allTable(mails: readonly JudgedLabelledMail[]): readonly string[] {
  return [
    ...head,
    outcomeRow('wanted', outcomeOf(wantedOf(mails))),
    outcomeRow('spam and phish', outcomeOf(unwantedOf(mails))),
    outcomeRow('spam', outcomeOf(mails.filter(({ label }) => label === 'spam'))),
    outcomeRow('phish', outcomeOf(mails.filter(({ label }) => label === 'phish'))),
  ];
}

function kindTable(mails: readonly JudgedLabelledMail[]): readonly string[] {
  return [
    ...head,
    ...mailClasses.flatMap(kind => {
      const of = wantedOf(mails).filter(mail => mail.kind === kind);
      return of.length === 0 ? [] : [outcomeRow(kind, outcomeOf(of))];
    }),
  ];
}

const sourceTable = (mails: readonly JudgedLabelledMail[]): readonly string[] => [
  ...head,
  ...outcomesBySource(mails).flatMap(outcome =>
    outcome.source === null ? [] : [outcomeRow(`${outcome.label} ${outcome.source}`, outcome)],
  ),
];

function otherLines(other: Other | null): readonly string[] {
  if (other === null) return [];
  const { version, wanted, wantedFlagged, unwanted, unwantedFlagged } = other;
  return [
    `SpamAssassin ${version}, offline (\`-L\`, no Bayes), of ${wanted} wanted messages and ${unwanted} of spam and phish among these, at its`,
    `threshold of 5: ${percent(unwantedFlagged / unwanted)} of spam and phish, and ${percent(wantedFlagged / wanted)} of wanted mail.`,
    '',
  ];
}

interface FitRecord {
  readonly command: string;
  readonly cross_validation: Readonly<Record<string, Unseen>>;
}

interface Unseen {
  readonly ham: number;
  readonly ham_stopped: number;
  readonly spam: number;
  readonly spam_stopped: number;
}

function unseenLines(record: string): readonly string[] {
  const { command, cross_validation: folds } = parse(record) as FitRecord;
  const of = Object.entries(folds);
  const sum = (key: keyof Unseen): number =>
    of.filter(([name]) => name !== 'latest').reduce((total, [, fold]) => total + fold[key], 0);
  const all = {
    ham: sum('ham'),
    ham_stopped: sum('ham_stopped'),
    spam: sum('spam'),
    spam_stopped: sum('spam_stopped'),
  };
  return [
    '## Collections that the scores have not seen',
    '',
    `Each was judged by scores fitted to all others, by score alone (\`${command}\`); \`latest\` is the last quarter of each, by scores`,
    'fitted to the first three. The patterns of the rules are the same in all rows: they were written with all of this mail known.',
    '',
    '| collection | wanted | stopped | spam and phish | stopped |',
    '| --- | --: | --: | --: | --: |',
    ...[...of, ['all unseen', all] as const].map(([name, fold]) => unseenRow(name, fold)),
  ];
}

function unseenRow(name: string, fold: Unseen): string {
  const share = (stopped: number, total: number): string => (total === 0 ? '' : percent(stopped / total));
  return `| ${name} | ${fold.ham} | ${share(fold.ham_stopped, fold.ham)} | ${fold.spam} | ${share(fold.spam_stopped, fold.spam)} |`;
}

/** A few rows for README.md. */
export function readmeTable(mails: readonly JudgedLabelledMail[]): string {
  const row = (name: string, of: readonly JudgedLabelledMail[]): string => {
    const { stopped, mails: all } = outcomeOf(of);
    const { low, high } = interval(stopped, all);
    return `| ${name} | ${all} | ${percent(stopped / all)} | ${percent(low)} to ${percent(high)} |`;
  };
  const person = wantedOf(mails).filter(({ kind }) => kind === 'person');
  return [
    '| offline, profile `default` | messages | quarantined or refused | 95% |',
    '| --- | --: | --: | --: |',
    row('spam and phish', unwantedOf(mails)),
    row('wanted mail', wantedOf(mails)),
    row('of it, from person to person', person),
  ].join('\n');
}

const begin = '<!-- accuracy: written by node bench/accuracy.ts --write -->';
const end = '<!-- /accuracy -->';

/** `text` with `table` between its marks. @throws where they are missing. */
export function withTable(text: string, table: string): string {
  const [before, rest] = text.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`no place for the table: ${begin} ... ${end}`);
  return `${before}${begin}\n${table}\n${end}${after}`;
}
