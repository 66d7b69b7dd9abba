// The program that loads rules: reads and checks them, runs their tests where that is asked for, tells what came of it, and ends.

import { parentPort, workerData } from 'node:worker_threads';
import { ConfigError } from '../../model/failure.ts';
import { packed } from '../../rules/packed.ts';
import { preparePatterns } from '../../rules/patterns/patterns.ts';
import type { Loading, LoadingOrder } from './rule-loading.ts';
import { expectPassingTests, loadedRules } from './rule-set.ts';
import { recallShipped } from './shipped-analyses.ts';

recallShipped();
parentPort?.postMessage(loading(workerData as LoadingOrder));

function loading({ config, overrides, runsTests }: LoadingOrder): Loading {
  try {
    const { rules, ...leftOut } = loadedRules(config, [], overrides === null ? {} : { overrides });
    if (runsTests) expectPassingTests(rules);
    return { kind: 'loaded', rules: packed({ ...rules, prepared: preparePatterns(rules.patterns) }), ...leftOut };
  } catch (error) {
    if (error instanceof ConfigError) return { kind: 'refused', problems: error.message, cause: error.cause };
    throw error;
  }
}
