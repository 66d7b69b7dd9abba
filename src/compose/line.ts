// The line of src/pipeline.ts over the parts that were started.

import type { Config } from '../config/schema.ts';
import type { Clock, Faults } from '../model/clock.ts';
import type { RecipientDirectory } from '../next-hop/directory.ts';
import type { Log } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Stations } from '../pipeline.ts';
import type { RuleSet } from '../rules/rule.ts';
import type { Store } from '../store/sqlite/store.ts';
import type { AfterReply } from './after-reply.ts';
import { alterationsOf } from './parts/alterations.ts';
import { disposalOf } from './parts/disposal.ts';
import type { GatewayHistory } from './parts/history.ts';
import type { Inspection } from './parts/inspection.ts';
import { judgingBy, noEvidence } from './parts/judging.ts';
import type { NextHops } from './parts/next-hops.ts';
import type { TextsUnderWay } from './parts/texts-under-way.ts';
import { stationsOf } from './stations.ts';

interface LineWorld {
  readonly clock: Clock;
  readonly faults: Faults;
  readonly log: Log;
}

interface LineParts {
  readonly afterReply: Pick<AfterReply, 'add'>;
  readonly nextHops: Pick<NextHops, 'routeOf'>;
  readonly store: Store;
  readonly inspection: Pick<Inspection, 'inspector'> | null;
  readonly history: Pick<GatewayHistory, 'learn'> | null;
  readonly directory: Pick<RecipientDirectory, 'learn'>;
  /** By the address's group in the directory; null where it has none. */
  readonly groupProfile: (address: string) => string | null;
  readonly texts: TextsUnderWay | null;
  readonly rules: RulesInForce;
  readonly metrics: Metrics;
}

export function lineOf(config: Config, parts: LineParts, world: LineWorld): Stations {
  const { nextHops, store, inspection, directory, rules, metrics, afterReply } = parts;
  return stationsOf({
    ...world,
    ...judgingBy(config, digest => rules.ofPatterns(digest), parts.groupProfile),
    inspect: async (envelope, message) => inspection?.inspector.inspect(envelope, message) ?? noEvidence,
    dispose: disposalOf(config, () => rules.now(), {
      ...world,
      ...store,
      ...alterationsOf(config, inspection?.inspector ?? null, world.log),
      routeOf: nextHops.routeOf,
      learn: (recipient, refusal, reversePath) => directory.learn(recipient, refusal, reversePath),
      afterReply: work => afterReply.add(work),
    }),
    ledger: store.ledger,
    learn: record => parts.history?.learn(record),
    texts: parts.texts,
    metrics,
  });
}

/**
 * The rules, and those before them: a message whose patterns were sought before a reload is judged by the set that they
 * belong to, since hits of one set say nothing of another.
 */
export class RulesInForce {
  #rules: RuleSet;
  #before: RuleSet;

  constructor(rules: RuleSet) {
    this.#rules = rules;
    this.#before = rules;
  }

  now(): RuleSet {
    return this.#rules;
  }

  /** The set whose patterns `digest` names; the one in force where it names neither. */
  ofPatterns(digest: string): RuleSet {
    return digest === this.#before.patternDigest && digest !== this.#rules.patternDigest ? this.#before : this.#rules;
  }

  replace(rules: RuleSet): void {
    // By what is sought alike messages are judged by the newest: those before are of other patterns.
    if (rules.patternDigest !== this.#rules.patternDigest) this.#before = this.#rules;
    this.#rules = rules;
  }
}
