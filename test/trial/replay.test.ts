// Replay: unchanged rules flip nothing, hits on record say what full judging says, and what cannot be told is said to be unknown.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { actionFor } from '../../src/dispose/decide.ts';
import type { LedgerRecord } from '../../src/model/disposition.ts';
import { judge } from '../../src/rules/judge.ts';
import type { LedgerLines } from '../../src/store/ledger.ts';
import type { Judging } from '../../src/trial/judging.ts';
import { type ReplayOptions, type ReplayPorts, replay } from '../../src/trial/replay.ts';
import { replayLines } from '../../src/trial/replay-lines.ts';
import type { ReplayReport } from '../../src/trial/replay-report.ts';
import { observed } from '../rules/rule-set.ts';
import { change, hitsIn, judgingOf, ledgerOf, type Mail, mails, recordOf, words } from './mail.ts';

const inForce = judgingOf();
const options: ReplayOptions = { since: 0, before: Number.MAX_SAFE_INTEGER, baseline: 'in_force', named: 1000 };
type Seek = ReplayPorts['seek'];
const nothingKept: Seek = async () => null;

const replayed = (
  changed: Judging,
  ledger: LedgerLines,
  with_: Partial<ReplayOptions> = {},
  seek: Seek = nothingKept,
  from = inForce,
): Promise<ReplayReport> => replay(from, changed, { ledger, standing: actionFor, seek }, { ...options, ...with_ });

const recordsOf = (of: readonly Mail[], by = inForce): readonly LedgerRecord[] =>
  of.map((mail, n) => recordOf(mail, n, by));

/** What a gateway with this judging would do. */
function actionOf(mail: Mail, record: LedgerRecord, { rules, site, policy }: Judging) {
  const profile = rules.profiles.get(mail.profile) ?? assert.fail();
  const verdict = judge(mail.facts, hitsIn(rules, mail.words), rules, profile, site, policy);
  return { action: actionFor(mail, verdict, record.envelope.reversePath), score: verdict.score };
}

const manyMails = fc.array(mails, { minLength: 1, maxLength: 12 });

test('a replay of unchanged rules flips nothing', async () => {
  await fc.assert(
    fc.asyncProperty(manyMails, fc.boolean(), async (of, isOld) => {
      for (const baseline of ['in_force', 'recorded'] as const) {
        const report = await replayed(judgingOf(), ledgerOf(recordsOf(of), { isOld }), { baseline });
        assert.deepEqual([report.flipped, report.unchanged, report.verdicts], [0, of.length, of.length]);
        assert.equal(report.told.hits, of.length);
      }
    }),
    { numRuns: 40 },
  );
});

const points = fc.integer({ min: -8000, max: 12_000 }).map(n => n / 1000);
const thresholds = fc
  .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 9 }))
  .map(([tag, more, most]) => ({ tag, quarantine: tag + more, reject: tag + more + most }));
const rescored = fc
  .record({
    scores: fc.dictionary(fc.constantFrom('ODD', 'MANY', 'BRAND', 'LURE', 'BOTH', 'KNOWN_LIST', 'TRIAL'), points),
    thresholds,
    always: fc.dictionary(fc.constantFrom('ODD', 'LISTED'), fc.constantFrom('tag', 'quarantine', 'reject')),
    weight: fc.integer({ min: 0, max: 3000 }).map(n => n / 1000),
    files: fc.subarray(['pdf', 'exe']),
  })
  .map(of =>
    change(
      JSON.stringify({
        scores: Object.fromEntries(Object.entries(of.scores).map(([s, score]) => [s, { score, why: 'For tests.' }])),
        profiles: {
          default: { thresholds: of.thresholds, always: of.always, file_types: { reject: of.files } },
          clinic: { weights: { testing: { weight: of.weight, why: 'For tests.' } } },
        },
      }),
    ),
  );

test('for any change of scores, weights, thresholds and policy, the hits on record say what full judging says', async () => {
  await fc.assert(
    fc.asyncProperty(manyMails, rescored, async (of, changes) => {
      const changed = judgingOf(changes);
      const records = recordsOf(of);
      const report = await replayed(changed, ledgerOf(records));
      assert.deepEqual(report.told, { hits: of.length, facts: 0, texts: 0, bytes: 0 });
      const flips = records.flatMap((record, n) => {
        const mail = of[n] ?? assert.fail();
        const [before, after] = [actionOf(mail, record, inForce), actionOf(mail, record, changed)];
        if (before.action === after.action) return [];
        return [[record.id, before.action, after.action, before.score, after.score]];
      });
      assert.deepEqual(
        report.named.map(flip => [flip.id, flip.from, flip.to, flip.scoreBefore, flip.scoreAfter]),
        flips,
      );
      // Records of a version before say the same, from their facts.
      const fromFacts = await replayed(changed, ledgerOf(stripped(records), { isOld: true }));
      assert.deepEqual({ ...fromFacts, told: null }, { ...report, told: null });
      assert.equal(fromFacts.told.facts, of.length);
    }),
    { numRuns: 60 },
  );
});

/** As versions before wrote them. */
const stripped = (records: readonly LedgerRecord[]): readonly LedgerRecord[] =>
  records.map(record => ({
    ...record,
    groups: record.groups.map(group => {
      const { basis: _, ...verdict } = group.verdict;
      return { ...group, verdict };
    }),
  }));

const conditions = fc.constantFrom(
  `- { symbol: ODD, summary: S., group: testing, score: 3, when: from.count > 2, tests: { hit: [{}], miss: [{}] } }`,
  `- { symbol: LISTED, summary: S., group: testing, score: 6, when: "!inList('freemail', from.domain)", tests: { hit: [{}], miss: [{}] } }`,
  `- { symbol: NEW, summary: S., group: other, score: 9, when: "hit('BOTH') || auth.dmarc.result == 'fail'", tests: { hit: [{}], miss: [{}] } }`,
  `- { symbol: ODD, enabled: false, summary: S., group: testing, score: 3, when: from.is_odd, tests: { hit: [{}], miss: [{}] } }`,
  `- { symbol: __PART, summary: S., group: other, when: "hit('LURE') || from.count == 0", tests: { hit: [{}], miss: [{}] } }
- { symbol: NEW, summary: S., group: other, score: 7, when: "hit('__PART') && clamav.result == 'clean'", tests: { hit: [{}], miss: [{}] } }`,
  `lists: { freemail: { add: [other.test], remove: [freemail.test] } }`,
);

test('for any change of conditions and lists, the facts on record say what full judging says', async () => {
  await fc.assert(
    fc.asyncProperty(manyMails, conditions, async (of, text) => {
      const changed = judgingOf(change(text));
      const records = recordsOf(of);
      const report = await replayed(changed, ledgerOf(records));
      assert.equal(report.told.facts, of.length);
      const flips = records.flatMap((record, n) => {
        const mail = of[n] ?? assert.fail();
        const [before, after] = [actionOf(mail, record, inForce), actionOf(mail, record, changed)];
        return before.action === after.action ? [] : [[record.id, before.action, after.action]];
      });
      assert.deepEqual(
        report.named.map(flip => [flip.id, flip.from, flip.to]),
        flips,
      );
    }),
    { numRuns: 60 },
  );
});

const patterns = fc.constantFrom(
  `- { symbol: BRAND, summary: S., group: testing, score: 2.5, match: { subject: /hidden/ }, tests: { hit: [{}], miss: [{}] } }`,
  `- { symbol: LURE, summary: S., group: testing, score: 5, match: { text: /hidden/ }, tests: { hit: [{}], miss: [{}] } }`,
  `- { symbol: NEW, summary: S., group: other, score: 4, match: { text: /hidden/ }, tests: { hit: [{}], miss: [{}] } }`,
  `- { symbol: NEW, summary: S., group: other, score: -4, match: { text: /hidden/ }, tests: { hit: [{}], miss: [{}] } }
- { symbol: NEWER, summary: S., group: other, score: 4, match: { text: /brand/ }, when: "!hit('NEW')", tests: { hit: [{}], miss: [{}] } }`,
  `- { symbol: NEW, summary: S., group: other, score: 0, match: { text: /hidden/ }, tests: { hit: [{}], miss: [{}] } }
- { symbol: NEWER, summary: S., group: other, score: 6, when: "!proven('NEW') && from.count < 4", tests: { hit: [{}], miss: [{}] } }`,
  `- { symbol: KNOWN_LIST, summary: S., group: testing, score: 0, match: { text: /hidden/ }, tests: { hit: [{}], miss: [{}] } }`,
  `- { symbol: KNOWN_LIST, summary: S., group: testing, score: 5, match: { text: /hidden/ }, tests: { hit: [{}], miss: [{}] } }`,
  `- { symbol: VIRUS, summary: S., group: malware, score: 0, match: { text: /hidden/ }, tests: { hit: [{}], miss: [{}] } }`,
  `- { symbol: ODD, summary: S., group: testing, score: 3, match: { text: /hidden/ }, when: from.is_odd, tests: { hit: [{}], miss: [{}] } }
- { symbol: FRESH, shadow: true, summary: S., group: testing, score: 30, match: { text: /hidden/ }, tests: { hit: [{}], miss: [{}] } }`,
);

test('what is told of a change of patterns is true, and certain only where no text could make it false', async () => {
  await fc.assert(
    fc.asyncProperty(mails, patterns, async (mail, text) => {
      const changed = judgingOf(change(text));
      const record = recordOf(mail, 0, inForce);
      const report = await replayed(changed, ledgerOf([record]));
      if (report.unknown.patterns > 0) return;
      const told = report.actions.filter(({ after }) => after > 0).map(({ action }) => action);
      for (const found of alike(mail.words)) {
        assert.deepEqual(told, [actionOf({ ...mail, words: found }, record, changed).action], `of ${found}`);
      }
    }),
    { numRuns: 300 },
  );
});

/** Texts in which the patterns in force find what they found in one of these `found` words. */
function alike(found: readonly string[]): readonly (readonly string[])[] {
  const hits = (of: readonly string[]) => JSON.stringify(hitsIn(inForce.rules, of).hits);
  const every = [...Array(2 ** words.length).keys()].map(bits => words.filter((_, i) => (bits >> i) & 1));
  return every.filter(of => hits(of) === hits(found));
}

test('where the bytes were kept, a change of patterns is told whole', async () => {
  await fc.assert(
    fc.asyncProperty(manyMails, patterns, async (of, text) => {
      const changed = judgingOf(change(text));
      const records = recordsOf(of);
      const seek: Seek = async ({ id }, _open, rules) => ({
        by: 'bytes',
        patternHits: hitsIn(rules, of[Number(id)]?.words ?? assert.fail()),
        unknown: new Set(),
      });
      const report = await replayed(changed, ledgerOf(records), {}, seek);
      assert.equal(report.unknown.patterns, 0);
      const after = records.map((record, n) => actionOf(of[n] ?? assert.fail(), record, changed).action);
      for (const { action, after: count } of report.actions)
        assert.equal(count, after.filter(of_ => of_ === action).length);
    }),
    { numRuns: 40 },
  );
});

test('where some texts were kept, what is told is true, and more is told than without', async () => {
  let told = 0;
  await fc.assert(
    fc.asyncProperty(mails, patterns, fc.boolean(), async (mail, text, isWhole) => {
      const changed = judgingOf(change(text));
      const record = recordOf(mail, 0, inForce);
      // Of the symbols that are open the first, or all, can be sought in what was kept.
      const seek: Seek = async (_record, open, rules) => {
        const unknown = new Set(isWhole ? [] : [...open].slice(1));
        const patternHits = hitsIn(rules, mail.words);
        return {
          by: 'texts',
          patternHits: { ...patternHits, hits: patternHits.hits.filter(hit => !unknown.has(hit.symbol)) },
          unknown,
        };
      };
      const report = await replayed(changed, ledgerOf([record]), {}, seek);
      if (isWhole) assert.equal(report.unknown.patterns, 0);
      if (report.unknown.patterns > 0) return;
      told += report.told.texts;
      const actions = report.actions.filter(({ after }) => after > 0).map(({ action }) => action);
      assert.deepEqual(actions, [actionOf(mail, record, changed).action]);
    }),
    { numRuns: 300 },
  );
  assert.ok(told > 0);
});

const plain: Mail = { facts: {}, words: [], profile: 'default', isRole: false, mode: 'enforce' };

test('a profile that is no more, and a record that was deleted meanwhile, are unknown', async () => {
  const clinic = judgingOf();
  const profiles = new Map([...clinic.rules.profiles].filter(([name]) => name !== 'clinic'));
  const changed = { ...clinic, rules: { ...clinic.rules, profiles } };
  const records = recordsOf([plain, { ...plain, profile: 'clinic' }]);
  const report = await replayed(changed, ledgerOf(records));
  assert.deepEqual([report.unknown, report.unchanged], [{ patterns: 0, profile: 1, pruned: 0 }, 1]);
  assert.deepEqual(
    report.profiles.map(({ name, unknown, verdicts }) => [name, verdicts, unknown]),
    [
      ['clinic', 1, 1],
      ['default', 1, 0],
    ],
  );

  const ledger = { ...ledgerOf(records), records: async (lines: readonly unknown[]) => lines.map(() => null) };
  const pruned = await replayed(judgingOf(change('lists: { freemail: { add: [new.test] } }')), ledger);
  assert.deepEqual([pruned.unknown.pruned, pruned.messages, pruned.verdicts], [2, 2, 2]);
});

test('after a reload the ledger says what was sought before it', async () => {
  const morning = judgingOf(
    change(
      `- { symbol: EXTRA, summary: S., group: other, score: 1, match: { text: /hidden/ }, tests: { hit: [{}], miss: [{}] } }`,
    ),
  );
  const lured = {
    ...plain,
    words: ['lure', 'brand'],
    facts: { from: observed({ domain: 'a.test', count: 2, is_odd: false, domains: [], ratio: 0 }) },
  };
  const records = recordsOf([lured], morning);
  const changed = judgingOf(change('scores: { LURE: { score: 20, why: For tests. } }'));
  const known = await replayed(changed, ledgerOf(records, { sets: [morning.rules] }));
  assert.deepEqual(
    [known.unknown.patterns, known.told.facts, known.flips],
    [0, 1, [{ from: 'quarantine', to: 'reject', verdicts: 1 }]],
  );
  // Where nobody knows any more what was sought, no pattern is taken to have been.
  const forgotten = await replayed(changed, ledgerOf(records));
  assert.deepEqual([forgotten.unknown.patterns, forgotten.flipped], [1, 0]);
  // Texts tell it of both sides: of the rules in force, and of those that are tried.
  const kept: Seek = async (_record, _open, rules) => ({
    by: 'texts',
    patternHits: hitsIn(rules, lured.words),
    unknown: new Set(),
  });
  const sought = await replayed(changed, ledgerOf(records), {}, kept);
  assert.deepEqual([sought.unknown.patterns, sought.told.texts, sought.flips], [0, 1, known.flips]);
});

test('what no worker could read was not sought, and would not be: nothing about it is unknown', async () => {
  const [record] = recordsOf([plain]);
  assert.ok(record);
  const unread = { ...record, evidence: { ...record.evidence, patternHits: { digest: '', hits: [], overran: [] } } };
  const changed = judgingOf(
    change(
      `- { symbol: NEW, summary: S., group: other, score: 40, match: { text: /a/ }, tests: { hit: [{}], miss: [{}] } }`,
    ),
  );
  const report = await replayed(changed, ledgerOf(stripped([unread])));
  assert.deepEqual([report.unknown.patterns, report.unchanged], [0, 1]);
});

test('the report in lines, and the same bytes for the same facts', async () => {
  const from = (count: number) => ({
    from: observed({ domain: 'a.test', count, is_odd: true, domains: [], ratio: 0 }),
  });
  const records = recordsOf([
    plain,
    { ...plain, facts: from(5), words: ['lure'] },
    { ...plain, facts: from(0), profile: 'clinic' },
  ]);
  const changed = judgingOf(change('scores: { LURE: { score: -2, why: For tests. } }'));
  const report = await replayed(changed, ledgerOf(records), {
    since: Date.UTC(2026, 10, 14),
    before: Date.UTC(2026, 10, 21),
  });
  const again = await replayed(changed, ledgerOf(records), {
    since: Date.UTC(2026, 10, 14),
    before: Date.UTC(2026, 10, 21),
  });
  assert.equal(JSON.stringify(again), JSON.stringify(report));
  assert.deepEqual(replayLines(report), [
    '2026-11-14T00:00:00Z to 2026-11-21T00:00:00Z, compared with what the rules in force say',
    '3 messages, 3 verdicts: 1 flip (33.33 %), 2 do not',
    '  quarantine -> tag: 1',
    'before and after:',
    '  deliver: 2 -> 2',
    '  tag: 0 -> 1',
    '  quarantine: 1 -> 0',
    '  reject: 0 -> 0',
    'moved by:',
    '  LURE: 1',
    'profiles:',
    '  default: 2 verdicts, 0 stricter, 1 milder',
    '  clinic: 1 verdicts, 0 stricter, 0 milder',
    'domains:',
    '  default.test: 2 verdicts, 0 stricter, 1 milder',
    'flips:',
    '  00000000000000000001  2026-11-21T12:00:00Z  <a@sender.example> to @default.test (default): quarantine -> tag, score 14 -> 7: LURE 5 -> -2',
  ]);
});

test('a symbol that could not be sought in what was kept stays open', async () => {
  const changed = judgingOf(
    change(
      `- { symbol: NEW, summary: S., group: other, score: 30, match: { text: /hidden/ }, tests: { hit: [{}], miss: [{}] } }
- { symbol: NEWER, summary: S., group: other, score: 30, match: { raw: /brand/ }, tests: { hit: [{}], miss: [{}] } }`,
    ),
  );
  const patternHits = { digest: '', hits: [], overran: [] };
  const nothingOf =
    (...unknown: readonly string[]): Seek =>
    async () => ({ by: 'texts', patternHits, unknown: new Set(unknown) });
  const records = ledgerOf(recordsOf([plain]));
  const open = await replayed(changed, records, {}, nothingOf('NEWER'));
  assert.deepEqual([open.unknown.patterns, open.told.texts], [1, 0]);
  const known = await replayed(changed, records, {}, nothingOf());
  assert.deepEqual([known.unknown.patterns, known.told.texts, known.flipped], [0, 1, 0]);
});

test('to take a rule off trial, or to put one on, is told from the hits on record', async () => {
  await fc.assert(
    fc.asyncProperty(manyMails, fc.boolean(), async (of, isPromotion) => {
      const changed = judgingOf(
        change(
          isPromotion
            ? `- { symbol: TRIAL, summary: S., group: testing, score: 4, match: { html: /trial/ }, tests: { hit: [{}], miss: [{}] } }`
            : `- { symbol: MANY, shadow: true, summary: S., group: testing, score: 4.5, when: from.count > 3, tests: { hit: [{}], miss: [{}] } }`,
        ),
      );
      const records = recordsOf(of);
      const report = await replayed(changed, ledgerOf(records));
      assert.equal(report.told.hits, of.length);
      for (const { action, after } of report.actions) {
        const expected = records.filter(
          (record, n) => actionOf(of[n] ?? assert.fail(), record, changed).action === action,
        );
        assert.equal(after, expected.length, action);
      }
    }),
    { numRuns: 40 },
  );
});

test('a domain that becomes ours is judged from the facts, by every rule that may see it', async () => {
  const here = judgingOf();
  const changed = { ...here, site: { ...here.site, domains: ['other.test'] } };
  const from = { from: observed({ domain: 'other.test', count: 0, is_odd: false, domains: [], ratio: 0 }) };
  const report = await replayed(changed, ledgerOf(recordsOf([plain, { ...plain, facts: from }])));
  assert.deepEqual([report.told.facts, report.flips], [2, [{ from: 'deliver', to: 'tag', verdicts: 1 }]]);
});
