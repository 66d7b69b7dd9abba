// The plan of a change: what it is about, and what speaks against it.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { planLines } from '../../../src/cli/plan-lines.ts';
import { type ConfigPlan, planOf } from '../../../src/compose/change/config-plan.ts';
import { sidesOf } from '../../../src/compose/change/proposal.ts';
import { rule } from '../../rules/rule-set.ts';
import { tempDir } from '../../support/temp.ts';

const odd = rule('ODD', "when: from.domain == 'odd.test'").replace(
  '{ hit: [{}], miss: [{}] }',
  '{ hit: [{ facts: { from: { domain: odd.test } } }], miss: [{ facts: { from: { domain: even.test } } }] }',
);
const clinic = 'profile: our-clinic\nsummary: Ours.\nextends: default\n';

interface Given {
  readonly keys?: string;
  readonly rules?: string;
  readonly profile?: string | null;
}

/** A configuration with a folder of rules. */
function scene(t: TestContext) {
  const folder = tempDir(t);
  const [config, rules] = [join(folder, 'postern.yaml'), join(folder, 'rules')];
  const configText = (keys: string): string =>
    `hostname: a.example\ndata_dir: ${join(folder, 'data')}\nrules: { folders: ['${rules}'] }\n${keys}`;
  const write = (into: string, { rules: text = odd, profile = clinic }: Given): string => {
    mkdirSync(join(into, 'profiles'), { recursive: true });
    writeFileSync(join(into, 'own.yaml'), text);
    if (profile !== null) writeFileSync(join(into, 'profiles/our-clinic.yaml'), profile);
    return into;
  };
  writeFileSync(config, configText(''));
  write(rules, {});
  const proposal = ({ keys, ...own }: Given) => {
    const proposed = join(folder, 'next.yaml');
    if (keys !== undefined) writeFileSync(proposed, configText(keys));
    const by = Object.keys(own).length === 0 ? [] : [write(tempDir(t), own)];
    return { config, proposed: keys === undefined ? null : proposed, rules: by };
  };
  const plan = (given: Given, isRunning = false, fixtures: string | null = null): Promise<ConfigPlan> =>
    planOf(sidesOf(proposal(given)), {
      since: 0,
      before: 1,
      baseline: 'in_force',
      named: 5,
      fixtures,
      isRunning,
    });
  return { config, rules, folder, proposal, plan, write };
}

const obstaclesOf = ({ obstacles }: ConfigPlan) => obstacles.map(({ kind, yields }) => `${kind}${yields ? '' : '!'}`);

test('what judges no mail otherwise needs no mail to try it on', async t => {
  const { plan } = scene(t);
  const contact = await plan({ keys: 'contact: help@a.example' });
  assert.deepEqual([contact.replay, contact.obstacles], [null, []]);
  assert.deepEqual(
    contact.configuration.map(({ key, atRestart }) => [key, atRestart]),
    [['contact', true]],
  );
  assert.notEqual(contact.before, contact.after);
  const remark = await plan({ rules: `# a remark\n${odd}` });
  assert.deepEqual([remark.rules, remark.obstacles], [[], []]);
  const same = await plan({ keys: '' });
  assert.equal(same.before, same.after);
});

test('what judges mail otherwise is untried where there is none', async t => {
  const { plan } = scene(t);
  const scored = await plan({ rules: odd.replace('score: 1', 'score: 2') });
  assert.deepEqual(obstaclesOf(scored), ['untried']);
  assert.equal(scored.replay?.messages, 0);
  // Policy of the configuration is no setting of a rule, and decides too.
  assert.deepEqual(obstaclesOf(await plan({ keys: 'dmarc: { enforce: ["*"] }' })), ['untried']);
  assert.deepEqual(obstaclesOf(await plan({ keys: 'domains: { ours.example: {} }' })), ['untried']);
});

const mappings = [
  { name: 'another profile for all', keys: 'profile: legal', obstacles: ['recipients'] },
  { name: 'another profile for one', keys: 'recipient_profiles: { "a@a.example": legal }', obstacles: ['recipients'] },
  { name: 'observing', keys: 'mode: observe', obstacles: ['recipients'] },
  { name: 'no checks', keys: 'checks: none', obstacles: ['recipients'] },
  { name: 'a domain that comes', keys: 'domains: { b.example: { profile: legal } }', obstacles: ['untried'] },
];
for (const { name, keys, obstacles } of mappings)
  test(`who is judged how, which no replay tells: ${name}`, async t =>
    assert.deepEqual(obstaclesOf(await scene(t).plan({ keys })), obstacles));

test('a failing test speaks against it, whatever is forced', async t => {
  const { plan } = scene(t);
  const failing = await plan({ rules: odd.replace('domain: even.test', 'domain: odd.test') });
  assert.deepEqual(obstaclesOf(failing), ['rule tests!']);
  assert.match(planLines(failing).join('\n'), /own\.yaml:\d+: ODD: expected a miss, got it fired/);
});

test('mail of profiles that goes another way speaks against it, but not what does under the rules in force too', async t => {
  const { rules, plan, write } = scene(t);
  const wares = (score: string): string =>
    rule('WARES', 'match: { subject: /wares/ }', score).replace(
      '{ hit: [{}], miss: [{}] }',
      '{ hit: [{ subject: wares }], miss: [{ subject: ware }] }',
    );
  write(rules, { rules: wares('20') });
  const folder = tempDir(t);
  for (const [path, subject] of [
    ['catch/wares', 'our wares'],
    ['catch/never-caught', 'lunch'],
    ['deliver/lunch', 'lunch'],
  ]) {
    const file = join(folder, `our-clinic/${path}.eml`);
    mkdirSync(join(file, '..'), { recursive: true });
    const fields = `From: A <a@one.example>\nTo: <reader@westgate.test>\nSubject: ${subject}\nDate: Sun, 22 Nov 2026 07:30:00 +0000`;
    writeFileSync(file, `${fields}\nMessage-ID: <1@one.example>\n\nA line.\n`);
  }
  const milder = await plan({ rules: wares('0.1') }, false, folder);
  assert.equal(milder.fixtures.cases, 3);
  assert.deepEqual(
    milder.fixtures.failures.map(({ file, action }) => `${file}: ${action}`),
    ['our-clinic/catch/wares.eml: deliver'],
  );
  assert.deepEqual(obstaclesOf(milder), ['fixtures', 'untried']);
  const stricter = await plan({ rules: wares('30') }, false, folder);
  assert.deepEqual([stricter.fixtures.cases, stricter.fixtures.failures], [3, []]);
});

test('a profile that goes while the running configuration names it', async t => {
  const { config, folder, rules, plan, write } = scene(t);
  const text = `hostname: a.example\ndata_dir: ${join(folder, 'data')}\nrules: { folders: ['${rules}'] }\nprofile: our-clinic\n`;
  writeFileSync(config, text);
  write(rules, {});
  const gone = await plan({ keys: '', profile: null }, true);
  assert.deepEqual(obstaclesOf(gone), ['running profiles!', 'recipients', 'untried']);
  assert.deepEqual(obstaclesOf(await plan({ keys: '', profile: null }, false)), ['recipients', 'untried']);
  assert.match(planLines(gone).join('\n'), /profiles our-clinic: Ours\. \(.*\) -> nothing/);
});

test('overrides of what goes are said to hold no more', async t => {
  const { folder, plan } = scene(t);
  mkdirSync(join(folder, 'data'));
  writeFileSync(join(folder, 'data/overrides.yaml'), 'scores: { ODD: { score: 2, why: W. } }\n');
  const gone = await plan({ rules: '[]' });
  assert.deepEqual(gone.setAside, ['scores.ODD: there is no such symbol any more']);
  const kept = await plan({ rules: odd.replace('score: 1', 'score: 3') });
  assert.deepEqual([kept.setAside, kept.rules], [[], []], 'the override wins on both sides');
});

test('a plan’s name is of what is in force, what is proposed and the overrides', async t => {
  const { config, folder, proposal } = scene(t);
  const contact = () => sidesOf(proposal({ keys: 'contact: help@a.example' })).id;
  const first = contact();
  assert.equal(contact(), first);
  const names = new Set([first, sidesOf(proposal({ keys: 'contact: desk@a.example' })).id]);
  mkdirSync(join(folder, 'data'));
  writeFileSync(join(folder, 'data/overrides.yaml'), 'scores: { ODD: { score: 2, why: W. } }\n');
  names.add(contact());
  writeFileSync(
    config,
    `hostname: b.example\ndata_dir: ${join(folder, 'data')}\nrules: { folders: ['${join(folder, 'rules')}'] }\n`,
  );
  names.add(contact());
  assert.equal(names.size, 4);
});

test('a folder is told by its place, or by name where there are several', t => {
  const { folder, rules, proposal } = scene(t);
  const [next, more] = [tempDir(t), tempDir(t)];
  const sides = (given: readonly string[], folders: string) => {
    const proposed = join(folder, 'next.yaml');
    writeFileSync(proposed, `rules: { folders: [${folders}] }`);
    return sidesOf({ ...proposal({}), proposed, rules: given }).folders;
  };
  assert.deepEqual(sides([next], rules), [{ folder: rules, by: next }]);
  assert.deepEqual(sides([`${more}=${next}`], `${rules}, ${more}`), [{ folder: more, by: next }]);
  const refusals = [
    { given: [next], folders: `${rules}, ${more}`, says: /say in whose place, as FOLDER=NEW; the configuration names/ },
    { given: [next], folders: '', says: /the configuration names no folder of rules/ },
    { given: [next, more], folders: rules, says: /is given twice/ },
    { given: [join(next, 'nowhere')], folders: rules, says: /there is no such folder/ },
  ];
  for (const { given, folders, says } of refusals)
    assert.throws(() => sides(given, folders), { name: 'BadInput', message: says });
});

test('which side does not load is said', t => {
  const { rules, proposal } = scene(t);
  assert.throws(() => sidesOf(proposal({ rules: '- symbol: ODD' })), {
    name: 'ConfigError',
    message: /^the rules of .*postern\.yaml do not load:\n/,
  });
  const sound = proposal({ keys: 'contact: help@a.example' });
  writeFileSync(join(rules, 'own.yaml'), '- symbol: ODD');
  assert.throws(() => sidesOf(sound), { name: 'ConfigError', message: /^the rules of .*postern\.yaml do not load:\n/ });
});
