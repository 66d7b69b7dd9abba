// SpamAssassin's own tests, those that ask which rules hit and need no network: the import says the same of each rule that it
// calls exact. What is left out is counted, with the reason.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { supportedEvals } from '../../src/content/spamassassin-texts.ts';
import { importSpamAssassin } from '../../src/rules/spamassassin/import.ts';
import { corpusPart, missingCorpus } from '../support/corpus.ts';
import { suiteEnding } from '../support/endings.ts';
import { hitsBy } from './imported-hits.ts';

interface Wanted {
  readonly pattern: string;
}

interface Case {
  readonly test: string;
  readonly message: string;
  readonly must_match: readonly Wanted[];
  readonly must_not_match: readonly Wanted[];
  readonly localrules: string;
  readonly prefs: string;
  readonly needs_net: boolean;
}

interface Asked {
  readonly file: string;
  readonly symbol: string;
  /** As the report writes it; null where none is. */
  readonly score: number | null;
  readonly hits: boolean;
}

/** What a report says of a rule: its score, its name, spaces around. */
const ruleForm = /^ (?:(-?\d+(?:\.\d+)?) )?([A-Z][A-Z0-9_]+) $/;

/** Where we know better, or cannot know: why. */
const departures: ReadonlyMap<string, string> = new Map([
  [
    'if_can.t, t/data/spam/gtube.eml: SHOULD_NOT_BE_CALLED01: should not hit',
    'The condition asks what a plugin for tests can do, which nobody has.',
  ],
  [
    'metadata.t, t/data/spam/gtube.eml: META_FOUND: should hit',
    'The field is one that the code of a plugin of the test adds; plugins are not run.',
  ],
  [
    'plugin_priorities.t, t/data/spam/gtube.eml: META2_FOUND: should hit',
    'The field is one that the code of a plugin of the test adds; plugins are not run.',
  ],
]);

function askedBy({ test: file, must_match, must_not_match }: Case): readonly Asked[] {
  const asked = (wanted: readonly Wanted[], hits: boolean) =>
    wanted.flatMap(({ pattern }) => {
      const [, score, symbol] = ruleForm.exec(pattern) ?? [];
      return symbol === undefined ? [] : [{ file, symbol, score: score === undefined ? null : Number(score), hits }];
    });
  return [...asked(must_match, true), ...asked(must_not_match, false)];
}

describe('SpamAssassin’s own tests', { skip: missingCorpus() }, () => {
  const ending = suiteEnding();
  const agreed: Asked[] = [];
  const differing: string[] = [];
  const leftOut = new Map<string, number>();

  before(async () => {
    const folder = join(corpusPart(ending, '*suites/spamassassin-tests/*') ?? '', 'suites/spamassassin-tests');
    const cases = JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8')) as readonly Case[];
    const shared = readFileSync(join(folder, 't/data/01_test_rules.cf'), 'latin1');
    for (const tested of cases) {
      const leave = (why: string) => leftOut.set(why, (leftOut.get(why) ?? 0) + 1);
      const asked = askedBy(tested);
      if (tested.needs_net || asked.length === 0) {
        leave(tested.needs_net ? 'a test that needs the network' : 'a test of what SpamAssassin prints, not of rules');
        continue;
      }
      const text = [shared, tested.localrules, tested.prefs].join('\n');
      const imported = importSpamAssassin([{ path: 'test.cf', text }], {
        taken: new Set(),
        evals: supportedEvals,
        include: () => null,
      });
      const standings = new Map(imported.report.map(({ symbol, standing }) => [symbol, standing]));
      const scores = new Map(imported.rules.map(({ symbol, score }) => [symbol, score / 1000]));
      const hits = await (await hitsBy(imported))(readFileSync(join(folder, tested.message)));
      for (const one of asked) {
        const { symbol, score } = one;
        const standing = standings.get(symbol);
        const name = `${one.file}, ${tested.message}: ${symbol}`;
        if (standing === undefined && one.hits) leave(`a rule that is not in the corpus: ${one.file}`);
        else if (standing?.kind === 'unsupported' || standing?.kind === 'approximated') leave(standing.why);
        else if (hits(symbol) !== one.hits) differing.push(`${name}: ${one.hits ? 'should hit' : 'should not hit'}`);
        else if (score !== null && one.hits && scores.get(symbol) !== score) differing.push(`${name}: ${score}`);
        else agreed.push(one);
      }
    }
  });

  test('every rule that is exact hits where it should, with its score', t => {
    t.diagnostic(`${agreed.length} as expected`);
    for (const [why, count] of leftOut) t.diagnostic(`left out, ${count}: ${why}`);
    assert.deepEqual(
      differing.filter(line => !departures.has(line)),
      [],
    );
    assert.ok(agreed.length > 130, `${agreed.length}`);
  });

  test('every departure is one', () => {
    assert.deepEqual(
      [...departures.keys()].filter(line => !differing.includes(line)),
      [],
    );
  });
});
