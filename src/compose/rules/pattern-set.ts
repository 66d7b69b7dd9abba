// The patterns of a rule set as the ledger names them.

import { patternNames } from '../../rules/firing.ts';
import type { RuleSet } from '../../rules/rule.ts';
import type { PatternSet } from '../../store/ledger.ts';

/** What is sought in messages under `rules`, as the ledger keeps it. */
export function patternSetOf({ patternDigest, judged }: RuleSet): PatternSet {
  return { digest: patternDigest, fingerprints: Object.fromEntries(patternNames(judged)) };
}
