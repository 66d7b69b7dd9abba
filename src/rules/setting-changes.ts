// The one setting that would have changed a verdict's action: of each kind the one that counts most there, moved only as far
// as it must.

import type { Facts } from '../model/evidence.ts';
import { type Action, actions, type Hit, type Points, type Verdict } from '../model/verdict.ts';
import { learntProofs, type Policy } from './policy.ts';
import { maxScore, maxWeight, type Profile } from './profile.ts';
import type { Place } from './source.ts';
import { pointsOf } from './weigh.ts';

/** The last three are of the configuration: `dmarc.enforce`, `forwarding.learn` and `arc.trusted_sealers`. */
export const settingChangeKinds = [
  'score',
  'weight',
  'threshold',
  'always',
  'malware',
  'file_type',
  'dmarc_enforce',
  'forwarding_learn',
  'trusted_sealer',
] as const;

export interface SettingChange {
  readonly kind: (typeof settingChangeKinds)[number];
  /** What it is about: a symbol, group, threshold, extension or domain; the profile for `malware`. */
  readonly name: string;
  readonly from: Points | Action;
  /** Null where it would have to be taken away. */
  readonly to: Points | Action | null;
  /** What would have followed. */
  readonly action: Action;
  /** Where it stands; null where it stands nowhere, as a weight of 1. */
  readonly setBy: Place | null;
}

/** By what the verdict was made, beside the rules. */
interface Grounds {
  readonly facts: Facts;
  readonly profile: Profile;
  readonly policy: Policy;
}

/** The action of the hits under another profile or policy; under those in question where none is given. */
type ActionOf = (hits: readonly Hit[], other?: Partial<Pick<Grounds, 'profile' | 'policy'>>) => Action;

/** For a milder action, or a stricter one where the message was delivered. */
export function settingChanges(verdict: Verdict, grounds: Grounds, actionOf: ActionOf): readonly SettingChange[] {
  const trial = new Trial(verdict, grounds, actionOf);
  return [
    trial.score(),
    trial.weight(),
    trial.threshold(),
    trial.always(),
    trial.malware(),
    trial.fileType(),
    trial.dmarcEnforce(),
    trial.forwardingLearn(),
    trial.trustedSealer(),
  ].filter(change => change !== null);
}

class Trial {
  readonly #verdict: Verdict;
  readonly #profile: Profile;
  readonly #policy: Policy;
  readonly #facts: Facts;
  readonly #actionOf: ActionOf;
  readonly #isStricter: boolean;

  constructor(verdict: Verdict, { profile, policy, facts }: Grounds, actionOf: ActionOf) {
    this.#verdict = verdict;
    this.#profile = profile;
    this.#policy = policy;
    this.#facts = facts;
    this.#actionOf = actionOf;
    this.#isStricter = verdict.action === 'deliver';
  }

  /** Of the heaviest hit that alone would do. */
  score(): SettingChange | null {
    for (const hit of this.#verdict.hits.toSorted(byWeight)) {
      const end = this.#end(hit.points, maxScore);
      const actionAt = (score: Points): Action => this.#actionOf(this.#scored(hit, score));
      const to = end === null ? null : this.#nearest(hit.score, end, actionAt);
      if (to === null) continue;
      return { kind: 'score', name: hit.symbol, from: hit.score, to, action: actionAt(to), setBy: hit.setBy };
    }
    return null;
  }

  /** Of the heaviest group that alone would do. */
  weight(): SettingChange | null {
    const groups = [...Map.groupBy(this.#verdict.hits, ({ group }) => group)].map(([group, hits]) => ({
      group,
      weight: hits[0]?.weight ?? 1000,
      points: hits.reduce((sum, { points }) => sum + points, 0),
    }));
    for (const { group, weight, points } of groups.sort(byWeight)) {
      const end = this.#end(points, maxWeight);
      const actionAt = (at: Points): Action => this.#actionOf(this.#weighed(group, at));
      const to = end === null ? null : this.#nearest(weight, end, actionAt);
      if (to === null) continue;
      const setBy = this.#profile.weights.get(group)?.setBy ?? null;
      return { kind: 'weight', name: group, from: weight, to, action: actionAt(to), setBy };
    }
    return null;
  }

  /** The next one above the score, where something stricter is looked for, else the one that it reached. */
  threshold(): SettingChange | null {
    const { score, thresholds } = this.#verdict;
    const name = this.#isStricter ? 'tag' : reached(this.#verdict);
    const from = name === null ? null : thresholds[name];
    const to = this.#isStricter ? score : score + 1;
    if (name === null || from === null || to <= 0) return null;
    return this.#under({ thresholds: { ...thresholds, [name]: to } }, `thresholds.${name}`, {
      kind: 'threshold',
      name,
      from,
      to,
    });
  }

  always(): SettingChange | null {
    for (const { symbol } of this.#verdict.hits) {
      const from = this.#profile.always.get(symbol);
      const always = without(this.#profile.always, symbol);
      const named = { kind: 'always', name: symbol, to: null } as const;
      const change = from === undefined ? null : this.#under({ always }, `always.${symbol}`, { ...named, from });
      if (change !== null) return change;
    }
    return null;
  }

  malware(): SettingChange | null {
    const { malware: from, name } = this.#profile;
    for (const to of actions.slice(0, actions.indexOf(from)).toReversed()) {
      const change = this.#under({ malware: to }, 'malware', { kind: 'malware', name, from, to });
      if (change !== null) return change;
    }
    return null;
  }

  fileType(): SettingChange | null {
    for (const [extension, from] of this.#profile.fileTypes) {
      const fileTypes = without(this.#profile.fileTypes, extension);
      const named = { kind: 'file_type', name: extension, from, to: null } as const;
      const change = this.#under({ fileTypes }, `file_types.${extension}`, named);
      if (change !== null) return change;
    }
    return null;
  }

  /** The domain, or the `*`, that is named there. */
  dmarcEnforce(): SettingChange | null {
    const domain = text(this.#facts, 'auth.dmarc', 'domain').toLowerCase();
    const name = this.#policy.dmarcEnforce.find(named => named === domain || named === '*');
    const dmarcEnforce = this.#policy.dmarcEnforce.filter(named => named !== name);
    if (name === undefined) return null;
    return this.#configured('dmarc_enforce', name, null, this.#actionUnder({ dmarcEnforce }));
  }

  /** What was learnt of a forwarder or list would be trusted, or not any more. */
  forwardingLearn(): SettingChange | null {
    const learnt = this.#verdict.hits.find(({ symbol }) => learntProofs.has(symbol));
    if (learnt === undefined) return null;
    const action = this.#actionUnder({ trustsLearnt: this.#policy.trustsLearnt !== true });
    return this.#configured('forwarding_learn', learnt.symbol, action, action);
  }

  /** The one whose word lifted a failed DMARC. */
  trustedSealer(): SettingChange | null {
    const name = text(this.#facts, 'auth.arc', 'sealer');
    const others = this.#verdict.hits.filter(({ symbol }) => symbol !== sealerProof);
    if (name === '' || others.length === this.#verdict.hits.length) return null;
    return this.#configured('trusted_sealer', name, null, this.#actionOf(others));
  }

  #actionUnder(policy: Partial<Policy>): Action {
    return this.#actionOf(this.#verdict.hits, { policy: { ...this.#policy, ...policy } });
  }

  #configured(
    kind: SettingChange['kind'],
    name: string,
    to: SettingChange['to'],
    action: Action,
  ): SettingChange | null {
    if (!this.#isWanted(action)) return null;
    return { kind, name, from: this.#verdict.action, to, action, setBy: 'configuration' };
  }

  /** `change` with what follows of it, where it would do. */
  #under(
    settings: Partial<Profile>,
    path: string,
    change: Omit<SettingChange, 'action' | 'setBy'>,
  ): SettingChange | null {
    const action = this.#actionOf(this.#verdict.hits, { profile: { ...this.#profile, ...settings } });
    if (!this.#isWanted(action)) return null;
    return { ...change, action, setBy: this.#profile.places.get(path) ?? null };
  }

  #isWanted(action: Action): boolean {
    const [was, is] = [actions.indexOf(this.#verdict.action), actions.indexOf(action)];
    return this.#isStricter ? is > was : is < was;
  }

  /** How far a factor of these points may be moved without turning its sign; null where it would be the wrong way. */
  #end(points: Points, most: Points): Points | null {
    if (points === 0) return null;
    if (this.#isStricter) return points < 0 ? 0 : most;
    return points > 0 ? 0 : null;
  }

  /** Between `from`, which does not do, and `end`, the value next to `from` that does; null where `end` does not. */
  #nearest(from: Points, end: Points, actionAt: (value: Points) => Action): Points | null {
    if (!this.#isWanted(actionAt(end))) return null;
    let [fails, does] = [from, end];
    while (Math.abs(does - fails) > 1) {
      const middle = Math.trunc((fails + does) / 2);
      if (this.#isWanted(actionAt(middle))) does = middle;
      else fails = middle;
    }
    return does;
  }

  #scored(of: Hit, score: Points): readonly Hit[] {
    return this.#verdict.hits.map(hit => (hit === of ? { ...hit, score, points: pointsOf(score, hit.weight) } : hit));
  }

  #weighed(group: string, weight: Points): readonly Hit[] {
    return this.#verdict.hits.map(hit =>
      hit.group === group ? { ...hit, weight, points: pointsOf(hit.score, weight) } : hit,
    );
  }
}

const byWeight = (a: { readonly points: Points }, b: { readonly points: Points }): number =>
  Math.abs(b.points) - Math.abs(a.points);

function reached({ score, thresholds }: Verdict): 'tag' | 'quarantine' | 'reject' | null {
  const names = ['reject', 'quarantine', 'tag'] as const;
  return names.find(name => score >= (thresholds[name] ?? Number.POSITIVE_INFINITY)) ?? null;
}

/** Fires for a seal of one of `arc.trusted_sealers`. */
const sealerProof = 'TRUSTED_FORWARDER';

function text(facts: Facts, check: string, field: string): string {
  const of = facts[check];
  const value = of?.state === 'observed' ? (of.value as Readonly<Record<string, unknown>>)[field] : null;
  return typeof value === 'string' ? value : '';
}

function without<V>(of: ReadonlyMap<string, V>, key: string): ReadonlyMap<string, V> {
  return new Map([...of].filter(([name]) => name !== key));
}
