// Rules loaded in a thread: the same set, the same problems in the same words, and an end in every case.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { profilesOnly } from '../../../src/compose/rules/profiles-only.ts';
import { loadedInThread } from '../../../src/compose/rules/rule-loading.ts';
import { ruleSetOf } from '../../../src/compose/rules/rule-set.ts';
import { parseConfig } from '../../../src/config/load.ts';
import { ConfigError, TemporaryFailure } from '../../../src/model/failure.ts';
import { compilePatterns } from '../../../src/rules/patterns/patterns.ts';
import { rule } from '../../rules/rule-set.ts';
import { type Ending, tempDir } from '../../support/temp.ts';

function configWith(t: Ending, ownRules = '', text = '') {
  const folder = tempDir(t);
  writeFileSync(join(folder, 'own.yaml'), ownRules);
  return parseConfig(`rules: { folders: [${folder}] }\ndata_dir: ${tempDir(t)}\n${text}`, 'postern.yaml', {});
}

const nobodyHears = () => assert.fail('nothing is left out');
const untested = { runsTests: false, setAside: nobodyHears, unused: nobodyHears };
const never = () => assert.fail('profiles are enough');

const saidBy = (of: Promise<unknown>): Promise<string> =>
  of.then(
    () => assert.fail('it loads'),
    error => {
      assert.ok(error instanceof ConfigError);
      return error.message;
    },
  );

test('the set is the one that loads here, and workers need not find out what the thread has', async t => {
  const config = configWith(t, rule('OWN', 'match: { subject: /wares/ }'));
  const here = ruleSetOf(config);
  const loaded = await loadedInThread(config, untested);
  assert.equal(loaded.patternDigest, here.patternDigest);
  assert.deepEqual(
    loaded.judged.map(({ symbol, score, at }) => [symbol, score, at]),
    here.judged.map(({ symbol, score, at }) => [symbol, score, at]),
  );
  assert.ok(loaded.prepared);
  const texts = new Map([['subject', ['our wares, and an invoice']]] as const);
  const hitsOf = (given: Parameters<typeof compilePatterns>[0]) =>
    compilePatterns(given).match(texts, { budgetMs: 1000, now: () => 0 });
  assert.deepEqual(hitsOf(loaded.prepared), hitsOf(here.patterns));
  assert.ok(hitsOf(loaded.prepared).hits.some(({ symbol }) => symbol === 'OWN'));
});

const broken = [
  { name: 'a condition', rules: rule('OWN', 'when: frm.domain == "a"'), text: '' },
  { name: 'a dangerous pattern', rules: rule('OWN', 'match: { text: "/(?:a+)+b/" }'), text: '' },
  { name: 'a profile that nobody wrote', rules: '', text: 'domains: { a.test: { profile: nonesuch } }' },
  { name: 'a file of SpamAssassin that is not there', rules: '', text: 'rules: { spamassassin: [/nowhere/a.cf] }' },
];
for (const { name, rules, text } of broken) {
  test(`it is refused in the same words: ${name}`, async t => {
    const config = text.startsWith('rules:') ? parseConfig(text, 'postern.yaml', {}) : configWith(t, rules, text);
    const words = await saidBy(Promise.try(() => ruleSetOf(config)));
    assert.equal(await saidBy(loadedInThread(config, untested)), words);
  });
}

test('a test that fails refuses the set where tests are asked for', async t => {
  const config = configWith(t, rule('OWN', 'match: { subject: /wares/ }'));
  const words = await saidBy(loadedInThread(config, { ...untested, runsTests: true }));
  assert.match(words, /own\.yaml:\d+: OWN: expected a hit, got /);
});

test('overrides are those given; what is stale in them is told, and is no reason to refuse', async t => {
  const config = configWith(t, rule('OWN', 'match: { subject: /wares/ }'));
  const overrides = 'scores: { OWN: { score: 3.5, why: W. }, GONE: { score: 1, why: W. } }';
  const told: string[] = [];
  const loaded = await loadedInThread(config, {
    ...untested,
    overrides,
    setAside: lines => void told.push(...lines),
  });
  assert.equal(loaded.rules.find(({ symbol }) => symbol === 'OWN')?.score, 3500);
  assert.deepEqual(told, ['scores.GONE: there is no such symbol any more']);
});

test('told to stop it ends at once, with the reason for it', async t => {
  const stop = new AbortController();
  const loading = loadedInThread(configWith(t), { ...untested, stop: stop.signal });
  const reason = new TemporaryFailure('stopped');
  stop.abort(reason);
  await assert.rejects(loading, error => error === reason);
  await assert.rejects(loadedInThread(configWith(t), { ...untested, stop: stop.signal }), error => error === reason);
});

test('a line of SpamAssassin’s files that is about no rule is told, beside stale overrides too', async t => {
  const file = join(tempDir(t), 'local.cf');
  writeFileSync(file, 'body R /wares/\nscore RR 3\n');
  const config = parseConfig(`rules: { spamassassin: [${file}] }\ndata_dir: ${tempDir(t)}`, 'postern.yaml', {});
  const overrides = 'scores: { GONE: { score: 1, why: W. } }';
  const told: string[] = [];
  const tell = (lines: readonly string[]) => void told.push(...lines);
  const loaded = await loadedInThread(config, { overrides, runsTests: false, setAside: tell, unused: tell });
  assert.ok(loaded.rules.some(({ symbol }) => symbol === 'R'));
  assert.deepEqual(told, [
    'scores.GONE: there is no such symbol any more',
    `${file}:2: score for RR, a rule that is not among these files or that an if leaves out`,
  ]);
});

test('of more lines about no rule than a call takes arguments, the first are told and how many more', async t => {
  const file = join(tempDir(t), 'local.cf');
  const scores = Array.from({ length: 130_000 }, (_, i) => `score RR${i} 3`);
  writeFileSync(file, ['body R /wares/', ...scores].join('\n'));
  const config = parseConfig(`rules: { spamassassin: [${file}] }\ndata_dir: ${tempDir(t)}`, 'postern.yaml', {});
  const told: (readonly string[])[] = [];
  const loaded = await loadedInThread(config, { ...untested, unused: lines => void told.push(lines) });
  assert.ok(loaded.rules.some(({ symbol }) => symbol === 'R'));
  assert.deepEqual(
    told.map(lines => [lines.length, lines.at(-1)]),
    [[21, '129980 more: postern rules import has all of them']],
  );
});

test('profiles alone are those of the whole set, with their overrides, and rules are not even read', async t => {
  const config = configWith(t, 'no rules at all');
  writeFileSync(
    join(config.data_dir, 'overrides.yaml'),
    'profiles: { legal: { thresholds: { tag: 1, quarantine: 2, reject: 3 } } }',
  );
  const { profiles, rules, patterns } = await profilesOnly(config, never);
  assert.deepEqual([rules, patterns], [[], []]);
  assert.deepEqual(profiles.get('legal')?.thresholds, { tag: 1000, quarantine: 2000, reject: 3000 });
  const whole = ruleSetOf(configWith(t)).profiles;
  assert.deepEqual([...profiles.keys()], [...whole.keys()]);
  for (const [name, profile] of profiles) if (name !== 'legal') assert.deepEqual(profile, whole.get(name));
});

test('profiles alone: one that nobody wrote is refused, and a stale override asks the rules', async t => {
  const words = await saidBy(profilesOnly(configWith(t, '', 'domains: { a.test: { profile: legl } }'), never));
  assert.match(words, /there is no profile "legl" \(did you mean legal\?\)/);
  const config = configWith(t);
  writeFileSync(join(config.data_dir, 'overrides.yaml'), 'profiles: { gone: { malware: reject } }');
  const { profiles, rules } = await profilesOnly(config, () =>
    loadedInThread(config, { ...untested, setAside: () => {} }),
  );
  assert.deepEqual([profiles.has('legal'), profiles.has('gone'), rules], [true, false, []]);
});
