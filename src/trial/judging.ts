// One side of a replay: what rules, policy and place say of a message in the ledger, from as little of it as they need.

import type { JudgedGroup, LedgerRecord } from '../model/disposition.ts';
import type { PatternHits } from '../model/evidence.ts';
import type { Site } from '../model/site.ts';
import type { Action, Floor, Hit, Points, Verdict } from '../model/verdict.ts';
import { boundsOf } from '../rules/bounds.ts';
import type { Truth } from '../rules/conditions.ts';
import { type Difference, difference } from '../rules/difference.ts';
import { firingName, patternNames } from '../rules/firing.ts';
import type { Policy } from '../rules/policy.ts';
import type { Profile } from '../rules/profile.ts';
import { factsFor } from '../rules/recipient-facts.ts';
import type { RuleSet } from '../rules/rule.ts';
import { Scales } from '../rules/weigh.ts';
import type { LineGroup } from '../store/ledger-line.ts';

/** What a verdict depends on beside the message. */
export interface Judging {
  readonly rules: RuleSet;
  readonly policy: Policy;
  readonly site: Site;
}

/** As much of a verdict as is compared. */
export interface Judged {
  readonly action: Action;
  readonly score: Points;
  readonly floors: readonly Pick<Floor, 'name' | 'action'>[];
  readonly hits: readonly Pick<Hit, 'symbol' | 'points'>[];
}

/** Between these lies the verdict; they are alike where everything is known. */
export interface Range {
  readonly mildest: Judged;
  readonly strictest: Judged;
}

/** What was sought in a message, as far as it says something of a set's patterns. */
export interface Sought {
  readonly patternHits: PatternHits;
  /** Symbols of the set of which it is not known whether their patterns match. */
  readonly unknown: ReadonlySet<string>;
}

/** What was found of symbols that a record leaves open. */
export interface Found {
  /** In what was kept: texts, or the bytes in the quarantine. */
  readonly by: 'texts' | 'bytes';
  readonly patternHits: PatternHits;
  /** Those still open: of a field that is sought for them nothing was kept. */
  readonly unknown: ReadonlySet<string>;
}

export class Side {
  readonly #judging: Judging;
  readonly #firing: string;
  readonly #patterns: ReadonlyMap<string, string>;
  readonly #scales: Scales;
  /** Whose hits on record spare us the judging of all that is the same. */
  readonly #base: Side | null;
  /** What is left to judge then. */
  readonly #difference: Difference | null;
  /** By the digest of what was sought: of our symbols, those that were sought by other patterns or by none. */
  readonly #unsought = new Map<string, ReadonlySet<string>>();

  constructor(judging: Judging, base: Side | null = null) {
    this.#judging = judging;
    this.#firing = firingName(judging.rules, judging.site);
    this.#patterns = patternNames(judging.rules.judged);
    this.#scales = new Scales(judging.rules, judging.policy);
    this.#base = base;
    const isElsewhere = base !== null && JSON.stringify(base.#judging.site) !== JSON.stringify(judging.site);
    this.#difference = base === null || isElsewhere ? null : difference(base.#judging.rules, judging.rules);
  }

  get rules(): RuleSet {
    return this.#judging.rules;
  }

  get patternDigest(): string {
    return this.#judging.rules.patternDigest;
  }

  /** By symbol, a name of its patterns. */
  get patterns(): ReadonlyMap<string, string> {
    return this.#patterns;
  }

  profile(name: string): Profile | null {
    return this.#judging.rules.profiles.get(name) ?? null;
  }

  /** From the hits on record alone; null where these rules might have others. */
  weigh({ hits, shadow, basis }: LineGroup, profile: Profile): Judged | null {
    if (basis === null || basis.firing !== this.#firing) return null;
    return this.#scales.outcome(shadow.length === 0 ? hits : [...hits, ...shadow], basis.facts, profile);
  }

  /** From the facts on record; null where a pattern that nobody sought might move the verdict either way. */
  judge(record: LedgerRecord, group: JudgedGroup, { patternHits, unknown }: Sought, profile: Profile): Range | null {
    const { rules, site, policy } = this.#judging;
    const facts = factsFor(record.evidence.facts, group.scopes ?? []);
    if (this.#difference === null || this.#base === null || group.verdict.basis?.firing !== this.#base.#firing)
      return boundsOf(facts, patternHits, unknown, rules, profile, site, policy);
    const known = truthsOnRecord(group.verdict, this.#difference.same);
    return boundsOf(facts, patternHits, unknown, this.#difference.rules, profile, site, policy, known);
  }

  /** `hits` as hits of our patterns; `was` names those that they were sought by, null where that is not known. */
  read(hits: PatternHits, was: ReadonlyMap<string, string> | null): Sought {
    // Nothing was sought, as in a message that no worker could read: nothing would be the next time either.
    if (hits.digest === this.patternDigest || hits.digest === '') return { patternHits: hits, unknown: none };
    const unknown = this.#unsought.get(hits.digest) ?? this.#unsoughtBy(was);
    this.#unsought.set(hits.digest, unknown);
    const isOurs = (symbol: string): boolean => this.#patterns.has(symbol) && !unknown.has(symbol);
    const known = { hits: hits.hits.filter(hit => isOurs(hit.symbol)), overran: hits.overran.filter(isOurs) };
    return { patternHits: { digest: this.patternDigest, ...known }, unknown };
  }

  /** `sought`, and what was found of that which it leaves open. */
  completed({ patternHits, unknown }: Sought, found: Found): Sought {
    const { hits, overran } = found.patternHits;
    return {
      patternHits: {
        digest: this.patternDigest,
        hits: [...patternHits.hits, ...hits.filter(({ symbol }) => unknown.has(symbol))],
        overran: [...patternHits.overran, ...overran.filter(symbol => unknown.has(symbol))],
      },
      unknown: found.unknown,
    };
  }

  #unsoughtBy(was: ReadonlyMap<string, string> | null): ReadonlySet<string> {
    const others = [...this.#patterns].filter(([symbol, name]) => was === null || was.get(symbol) !== name);
    return new Set(others.map(([symbol]) => symbol));
  }
}

const none: ReadonlySet<string> = new Set();

function truthsOnRecord(
  { hits, shadow = [], notJudged }: Verdict,
  of: ReadonlySet<string>,
): ReadonlyMap<string, Truth> {
  const truths = new Map<string, Truth>();
  for (const { symbol } of [...hits, ...shadow]) if (of.has(symbol)) truths.set(symbol, 'yes');
  for (const { symbol, reason } of notJudged) if (of.has(symbol)) truths.set(symbol, { undecided: reason });
  return truths;
}
