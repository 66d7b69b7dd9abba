// The last step of the build: what loading would find out about the shipped patterns is found out now.

import { ruleSetOf } from './compose/rules/rule-set.ts';
import { writeShipped } from './compose/rules/shipped-analyses.ts';
import { loadConfig } from './config/load.ts';

writeShipped(ruleSetOf(loadConfig(null, {}), [], { overrides: '' }).patterns);
