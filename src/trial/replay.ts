// Replay: what a change would have done to the ledger's mail. Each verdict is compared under two sets of rules, from the hits
// on record where that is enough, else from the facts, and from the texts or bytes that were kept where only these can tell.

import type { Path } from '../model/address.ts';
import type { EpochMs } from '../model/clock.ts';
import type { JudgedGroup, LedgerRecord } from '../model/disposition.ts';
import type { Action } from '../model/verdict.ts';
import type { RuleSet } from '../rules/rule.ts';
import type { LedgerLines } from '../store/ledger.ts';
import { type LedgerLine, type LineGroup, lineGroup } from '../store/ledger-line.ts';
import { type Found, type Judged, type Judging, type Range, Side } from './judging.ts';
import { type Answer, type Compared, type Known, type ReplayReport, Tally } from './replay-report.ts';

export interface ReplayOptions {
  readonly since: EpochMs;
  readonly before: EpochMs;
  /** What the changed rules are compared with: what those in force say today, or what was said then. */
  readonly baseline: 'in_force' | 'recorded';
  /** How many messages that flip are named. */
  readonly named: number;
}

export interface ReplayPorts {
  readonly ledger: LedgerLines;
  /** What the standing of recipients leaves of a verdict. */
  readonly standing: (group: LineGroup, verdict: Judged, reversePath: Path) => Action;
  /** What the texts or bytes that were kept of a message say of the symbols in `open`; null where none were kept. */
  readonly seek: (record: LedgerRecord, open: ReadonlySet<string>, rules: RuleSet) => Promise<Found | null>;
}

export async function replay(
  inForce: Judging,
  changed: Judging,
  ports: ReplayPorts,
  options: ReplayOptions,
): Promise<ReplayReport> {
  const before = new Side(inForce);
  const comparing = new Comparing(before, new Side(changed, before), ports, options.baseline);
  const tally = new Tally(options.named);
  for await (const lines of ports.ledger.lines(options.since, options.before)) {
    const weighed = lines.map(line => comparing.weighed(line));
    const records = (await ports.ledger.records(lines.filter((_, i) => weighed[i] === null))).values();
    for (const [i, line] of lines.entries()) {
      const compared = weighed[i] ?? (await comparing.judged(line, records.next().value ?? null));
      tally.message(line, compared);
    }
  }
  return { since: options.since, before: options.before, baseline: options.baseline, ...tally.report() };
}

/** Both sides' answers for lines of the ledger. */
class Comparing {
  readonly #inForce: Side;
  readonly #changed: Side;
  readonly #ports: ReplayPorts;
  readonly #baseline: ReplayOptions['baseline'];
  /** By digest, what patterns were sought under it; null where nobody knows any more. */
  readonly #sets = new Map<string, ReadonlyMap<string, string> | null>();

  constructor(inForce: Side, changed: Side, ports: ReplayPorts, baseline: ReplayOptions['baseline']) {
    this.#inForce = inForce;
    this.#changed = changed;
    this.#ports = ports;
    this.#baseline = baseline;
    for (const side of [inForce, changed]) this.#sets.set(side.patternDigest, side.patterns);
  }

  /** From the line alone; null where it is not enough. */
  weighed({ groups, reversePath }: LedgerLine): readonly Compared[] | null {
    if (groups === null) return null;
    const compared: Compared[] = [];
    for (const group of groups) {
      const before = this.#recorded(group, reversePath) ?? this.#weigh(this.#inForce, group, reversePath);
      const after = this.#weigh(this.#changed, group, reversePath);
      if (before === null || after === null) return null;
      compared.push({ group, before, after });
    }
    return compared;
  }

  /** From the record, which is null where it was pruned meanwhile. */
  async judged({ groups, reversePath }: LedgerLine, record: LedgerRecord | null): Promise<readonly Compared[]> {
    if (record === null) return (groups ?? []).map(group => ({ group, before: pruned, after: pruned }));
    const compared: Compared[] = [];
    for (const judged of record.groups) {
      const group = lineGroup(judged);
      const of = { record, judged, group, reversePath };
      const before = this.#recorded(group, reversePath) ?? (await this.#judge(this.#inForce, of));
      compared.push({ group, before, after: await this.#judge(this.#changed, of) });
    }
    return compared;
  }

  /** Null where the record is not what is compared with. */
  #recorded(group: LineGroup, reversePath: Path): Answer | null {
    return this.#baseline === 'recorded' ? this.#known('record', group, group, reversePath) : null;
  }

  #weigh(side: Side, group: LineGroup, reversePath: Path): Answer | null {
    const profile = side.profile(group.profile);
    if (profile === null) return profileGone;
    const judged = side.weigh(group, profile);
    return judged && this.#known('hits', judged, group, reversePath);
  }

  async #judge(side: Side, of: Recorded): Promise<Answer> {
    const weighed = this.#weigh(side, of.group, of.reversePath);
    const profile = side.profile(of.group.profile);
    if (weighed !== null || profile === null) return weighed ?? profileGone;
    const { patternHits } = of.record.evidence;
    const sought = side.read(patternHits, await this.#setOf(patternHits.digest));
    const fromFacts = this.#agreed('facts', side.judge(of.record, of.judged, sought, profile), of);
    if (fromFacts !== null) return fromFacts;
    const found = await this.#ports.seek(of.record, sought.unknown, side.rules);
    if (found === null) return patternsUnsought;
    const range = side.judge(of.record, of.judged, side.completed(sought, found), profile);
    return this.#agreed(found.by, range, of) ?? patternsUnsought;
  }

  /** Null where the two ends of `range` would do different things. */
  #agreed(by: Known['by'], range: Range | null, { group, reversePath }: Recorded): Answer | null {
    if (range === null) return null;
    const mildest = this.#known(by, range.mildest, group, reversePath);
    const strictest = this.#known(by, range.strictest, group, reversePath);
    return mildest.action === strictest.action ? mildest : null;
  }

  #known(by: Known['by'], judged: Judged, group: LineGroup, reversePath: Path): Known {
    return { by, action: this.#ports.standing(group, judged, reversePath), judged };
  }

  async #setOf(digest: string): Promise<ReadonlyMap<string, string> | null> {
    const known = this.#sets.get(digest);
    if (known !== undefined) return known;
    const set = await this.#ports.ledger.patternSet(digest);
    const names = set && new Map(Object.entries(set.fingerprints));
    this.#sets.set(digest, names);
    return names;
  }
}

interface Recorded {
  readonly record: LedgerRecord;
  readonly judged: JudgedGroup;
  readonly group: LineGroup;
  readonly reversePath: Path;
}

const pruned: Answer = { unknown: 'pruned' };
const profileGone: Answer = { unknown: 'profile' };
const patternsUnsought: Answer = { unknown: 'patterns' };
