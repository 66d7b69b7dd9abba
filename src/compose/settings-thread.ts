// The program that tries overrides: loads the rules under them, runs their tests, tells what is wrong, and ends.

import { parentPort, workerData } from 'node:worker_threads';
import type { Config } from '../config/schema.ts';
import { ConfigError } from '../model/failure.ts';
import { testedRuleSetOf } from './rule-set.ts';

const { config, overrides } = workerData as { readonly config: Config; readonly overrides: string };
parentPort?.postMessage(problems());

function problems(): readonly string[] {
  try {
    testedRuleSetOf(config, { overrides });
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
}
