// The rules and profiles that are shipped, loaded once for the tests of a file.

import { checks } from '../../src/checks/index.ts';
import { readRuleFiles } from '../../src/config/rule-files.ts';
import { loadRules } from '../../src/rules/load.ts';

export const shippedFiles = readRuleFiles([]);
export const shippedRules = loadRules(shippedFiles, { evidence: checks });
