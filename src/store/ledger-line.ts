// A message as trials of changes read it: what its verdicts stand on, without the record.

import { domainOf, type Path } from '../model/address.ts';
import type { EpochMs } from '../model/clock.ts';
import type { JudgedGroup } from '../model/disposition.ts';
import type { Id } from '../model/ids.ts';
import type { Action, Basis, Floor, Hit, Points, TrialVerdict } from '../model/verdict.ts';

export type LineHit = Pick<Hit, 'symbol' | 'points'>;

export type LineFloor = Pick<Floor, 'name' | 'action'>;

export interface LineTrial {
  readonly profile: string;
  readonly action: Action;
  readonly score: Points;
  readonly floors: readonly LineFloor[];
}

export interface LineGroup {
  readonly profile: string;
  /** What the verdict asked for, before the standing of its recipients had its say. */
  readonly action: Action;
  readonly score: Points;
  readonly hits: readonly LineHit[];
  readonly floors: readonly LineFloor[];
  /** Of the rules on trial that fired. */
  readonly shadow: readonly LineHit[];
  readonly mode: 'enforce' | 'observe';
  readonly isRole: boolean;
  /** Domains of the recipients, each once; `''` for `<postmaster>`. */
  readonly domains: readonly string[];
  /** Null where nothing was judged. */
  readonly basis: Basis | null;
  /** What the profile on trial asked for; null where there was none. */
  readonly trial: LineTrial | null;
}

export interface LedgerLine {
  readonly id: Id;
  readonly at: EpochMs;
  /** In lower case. */
  readonly reversePath: Path;
  /** Null where a version before this kind of line wrote the record: `lineGroup` makes it of the record's groups. */
  readonly groups: readonly LineGroup[] | null;
  /** Where its record is, for the reader that gave the line. */
  readonly place: string;
}

export function lineGroup({ verdict, mode, isRole, recipients }: JudgedGroup): LineGroup {
  const { trial } = verdict;
  return {
    profile: verdict.profile,
    action: verdict.action,
    score: verdict.score,
    hits: verdict.hits.map(lineHit),
    floors: verdict.floors.map(lineFloor),
    shadow: (verdict.shadow ?? []).map(lineHit),
    mode,
    isRole,
    domains: [...new Set(recipients.map(path => domainOf(path) ?? ''))],
    basis: verdict.basis ?? null,
    trial: trial === undefined ? null : lineTrial(trial),
  };
}

const lineHit = ({ symbol, points }: Hit): LineHit => ({ symbol, points });
const lineFloor = ({ name, action }: Floor): LineFloor => ({ name, action });

function lineTrial({ profile, action, score, floors }: TrialVerdict): LineTrial {
  return { profile, action, score, floors: floors.map(lineFloor) };
}
