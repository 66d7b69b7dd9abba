// What would have changed a verdict: the smallest sets of hits whose absence would have made another action of it, and what
// holds it where none would.

import type { Facts } from '../model/evidence.ts';
import type { Action, Hit, Verdict } from '../model/verdict.ts';
import { type Policy, policyRole } from './policy.ts';
import type { Profile } from './profile.ts';
import { type SettingChange, settingChanges } from './setting-changes.ts';
import { type Outcome, outcomeOf } from './weigh.ts';

/** By what a profile's verdicts are made, beside the rules. */
export interface ProfileInForce {
  readonly profile: Profile;
  readonly policy: Policy;
}

/** What stood beside the hits when the verdict was made. */
export interface Grounds extends ProfileInForce {
  readonly facts: Facts;
}

export interface WithoutHits {
  readonly symbols: readonly string[];
  /** What would have followed. */
  readonly action: Action;
}

export interface Counterfactuals {
  /** Of these sets none is smaller than another, and no smaller one would have done; the heaviest comes first. */
  readonly without: readonly WithoutHits[];
  /** Whether no other set of their size would have done. */
  readonly areAll: boolean;
  /** What asks for the action whichever hits are absent, by its name: `policy:file-type`. */
  readonly heldBy: readonly string[];
  /** Of each kind of setting, the one that would have done. */
  readonly settings: readonly SettingChange[];
}

/** Protective bounds. Few rules have a role in policy, so that the search for the size tries some hundreds of sets. */
const limits = { named: 5, tried: 20_000 } as const;

/** Null where `grounds` do not make `verdict` of its hits: profile or policy are other ones by now. */
export function counterfactuals(verdict: Verdict, grounds: Grounds): Counterfactuals | null {
  const outcome = (hits: readonly Hit[], other: Partial<ProfileInForce> = {}): Outcome => {
    const { facts, profile, policy } = { ...grounds, ...other };
    return outcomeOf(hits, facts, profile, policy);
  };
  if (!isSame(outcome(verdict.hits), verdict)) return null;
  const actionOf = (hits: readonly Hit[], other?: Partial<ProfileInForce>): Action => outcome(hits, other).action;
  const bare = outcome([]);
  const isHeld = bare.action === verdict.action;
  return {
    ...smallestSets(verdict, grounds.profile, actionOf),
    heldBy: isHeld ? bare.floors.filter(({ action }) => action === bare.action).map(({ name }) => name) : [],
    settings: settingChanges(verdict, grounds, actionOf),
  };
}

function isSame(now: Outcome, then: Verdict): boolean {
  const told = ({ score, thresholds, action, floors }: Outcome): string =>
    JSON.stringify([
      score,
      [thresholds.tag, thresholds.quarantine, thresholds.reject],
      action,
      floors.map(floor => [floor.name, floor.action]),
    ]);
  return told(now) === told(then);
}

type ActionOf = (hits: readonly Hit[]) => Action;

function smallestSets(
  { hits, action }: Verdict,
  profile: Profile,
  actionOf: ActionOf,
): Pick<Counterfactuals, 'without' | 'areAll'> {
  const after = (absent: ReadonlySet<Hit>): Action => actionOf(hits.filter(hit => !absent.has(hit)));
  const search = smallestSet(hits, profile, absent => after(absent) !== action);
  if (search.found === null) return { without: [], areAll: search.isWhole };
  const { set, order } = search.found;
  const sets = new Map([[nameOf(set), set]]);
  let tried = 0;
  for (const other of combinations(order, set.size)) {
    tried += 1;
    if (tried > limits.tried || sets.size > limits.named) break;
    if (after(other) !== action) sets.set(nameOf(other), other);
  }
  const named = [...sets.values()].slice(0, limits.named);
  return {
    without: named.map(absent => ({ symbols: [...absent].map(({ symbol }) => symbol), action: after(absent) })),
    areAll: tried <= limits.tried && sets.size <= limits.named,
  };
}

const nameOf = (set: ReadonlySet<Hit>): string =>
  [...set]
    .map(({ symbol }) => symbol)
    .sort()
    .join(' ');

interface Search {
  /** `order` is that of all hits in which the set took those of each role first. */
  readonly found: { readonly set: ReadonlySet<Hit>; readonly order: readonly Hit[] } | null;
  readonly isWhole: boolean;
}

/**
 * One of the smallest. Hits of the same role in policy differ in their points alone: of so many of each role the heaviest
 * make the action as mild as it becomes, the lightest as strict. So no other sets need be tried.
 */
function smallestSet(hits: readonly Hit[], profile: Profile, changes: (absent: ReadonlySet<Hit>) => boolean): Search {
  const heaviest = hits.toSorted((a, b) => b.points - a.points);
  const orders = [heaviest, heaviest.toReversed()].map(order => ({
    order,
    roles: [...Map.groupBy(order, hit => policyRole(hit, profile))].sort(byName).map(([, of]) => of),
  }));
  const sizes = orders[0]?.roles.map(({ length }) => length) ?? [];
  let tried = 0;
  for (let size = 1; size <= hits.length; size++) {
    for (const counts of sharesOf(size, sizes)) {
      tried += 1;
      if (tried > limits.tried) return { found: null, isWhole: false };
      for (const { order, roles } of orders) {
        const set = new Set(roles.flatMap((of, i) => of.slice(0, counts[i])));
        if (changes(set)) return { found: { set, order }, isWhole: true };
      }
    }
  }
  return { found: null, isWhole: true };
}

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1);

/** All ways to take `total` from parts of these `sizes`. */
function* sharesOf(total: number, sizes: readonly number[]): Generator<readonly number[]> {
  const [size, ...others] = sizes;
  if (size === undefined) {
    if (total === 0) yield [];
    return;
  }
  const room = others.reduce((sum, of) => sum + of, 0);
  for (let taken = Math.min(total, size); taken >= Math.max(0, total - room); taken--) {
    for (const rest of sharesOf(total - taken, others)) yield [taken, ...rest];
  }
}

/** All sets of `size` of the `items`, those of the first ones first. */
function* combinations<T>(items: readonly T[], size: number): Generator<ReadonlySet<T>> {
  if (size === 0) yield new Set();
  else
    for (const [i, first] of items.slice(0, items.length - size + 1).entries()) {
      for (const rest of combinations(items.slice(i + 1), size - 1)) yield new Set([first, ...rest]);
    }
}
