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
import { disposalOf } from './disposal.ts';
import type { Inspection } from './inspection.ts';
import { judgingBy, noEvidence } from './judging.ts';
import type { NextHops } from './next-hops.ts';
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
  readonly directory: Pick<RecipientDirectory, 'learn'>;
  readonly rules: RulesInForce;
  readonly metrics: Metrics;
}

export function lineOf(config: Config, parts: LineParts, world: LineWorld): Stations {
  const { nextHops, store, inspection, directory, rules, metrics, afterReply } = parts;
  return stationsOf({
    ...world,
    ...judgingBy(config, () => rules.now()),
    inspect: async (envelope, message) => inspection?.inspector.inspect(envelope, message) ?? noEvidence,
    dispose: disposalOf(config, () => rules.now(), {
      ...world,
      ...store,
      routeOf: nextHops.routeOf,
      learn: (recipient, refusal, reversePath) => directory.learn(recipient, refusal, reversePath),
      afterReply: work => afterReply.add(work),
    }),
    ledger: store.ledger,
    metrics,
  });
}

/** A message is judged by one set from its first rule to its last; a reload holds from the next message on. */
export class RulesInForce {
  #rules: RuleSet;

  constructor(rules: RuleSet) {
    this.#rules = rules;
  }

  now(): RuleSet {
    return this.#rules;
  }

  replace(rules: RuleSet): void {
    this.#rules = rules;
  }
}
