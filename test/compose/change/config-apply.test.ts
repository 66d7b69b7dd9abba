// A plan put in force: only what was planned, and only where the gateway takes it.

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { applyPlan } from '../../../src/compose/change/config-apply.ts';
import { planId, withFolders } from '../../../src/compose/change/proposal.ts';
import type { Answered, RunningGateway } from '../../../src/compose/change/running-gateway.ts';
import { configText, loadConfig } from '../../../src/config/load.ts';
import { revisionOf, revisionOnDisk } from '../../../src/config/revision.ts';
import { type FaultPoint, noFaults } from '../../../src/model/clock.ts';
import { tempDir } from '../../support/temp.ts';

function scene(t: TestContext) {
  const folder = tempDir(t);
  const [config, rules, proposed, newRules] = ['postern.yaml', 'rules', 'next.yaml', 'next-rules'].map(name =>
    join(folder, name),
  ) as [string, string, string, string];
  const text = (contact: string): string =>
    `hostname: a.example\ncontact: ${contact}\ndata_dir: ${join(folder, 'data')}\nrules: { folders: ['${rules}'] }\n`;
  writeFileSync(config, text('old'));
  writeFileSync(proposed, text('new'));
  for (const [of, entry] of [
    [rules, 'old.test'],
    [newRules, 'new.test'],
  ] as const) {
    mkdirSync(of);
    writeFileSync(join(of, 'site.txt'), entry);
  }
  const read = (): string =>
    `${/contact: (.*)/.exec(readFileSync(config, 'utf8'))?.[1]} ${readFileSync(join(rules, 'site.txt'), 'utf8')}`;
  const left = (): readonly string[] => readdirSync(folder).filter(name => name.includes('.swap'));
  const proposal = { config, proposed, rules: [newRules] };
  const folders = [{ folder: rules, by: newRules }];
  const before = { config: loadConfig(config), revision: revisionOnDisk(config) ?? '' };
  const after = { revision: revisionOf(configText(proposed), withFolders(loadConfig(proposed), folders)) };
  const sides = { folders, before, after, id: planId(before.revision, after.revision, '') };
  return { folder, config, rules, newRules, proposed, proposal, sides, read, left };
}

/** One that answers so, in turn, or with what is on disk. */
function gatewayOn(config: string, answers: readonly Answered[]): RunningGateway & { readonly asked: number } {
  const left = [...answers];
  let asked = 0;
  const owner = { boot: '', namespace: '', pid: '', start: '' };
  return {
    get asked() {
      return asked;
    },
    inForce: { owner, config, revision: null, reloads: 0, problems: [], atRestart: [] },
    reload: async () => {
      asked += 1;
      return left.shift() ?? { revision: revisionOnDisk(config), problems: [] };
    },
  };
}

test('what is planned is in force when the gateway says so', async t => {
  const { config, proposal, sides, read, left } = scene(t);
  const gateway = gatewayOn(config, []);
  assert.deepEqual(await applyPlan(proposal, sides, { faults: noFaults, gateway }), { status: 'in force' });
  assert.deepEqual([read(), left(), gateway.asked], ['new new.test', [], 1]);
  assert.equal(revisionOnDisk(config), sides.after.revision);
});

test('without a gateway the files are swapped', async t => {
  const { proposal, sides, read, left } = scene(t);
  assert.deepEqual(await applyPlan(proposal, sides, { faults: noFaults, gateway: null }), { status: 'swapped' });
  assert.deepEqual([read(), left()], ['new new.test', []]);
});

const refusals: readonly { readonly name: string; readonly answer: Answered; readonly problems: readonly string[] }[] =
  [
    { name: 'that it does not take', answer: { revision: 'old', problems: ['no'] }, problems: ['no'] },
    {
      name: 'that it does not answer to',
      answer: { revision: null, problems: ['it has not answered for 120 s'] },
      problems: ['it has not answered for 120 s'],
    },
    {
      name: 'that it cannot be sure of',
      answer: { revision: null, problems: [] },
      problems: ['files were changed while it loaded them'],
    },
  ];
for (const { name, answer, problems } of refusals)
  test(`what the gateway is given and ${name} is put back`, async t => {
    const { config, proposal, sides, read, left } = scene(t);
    const gateway = gatewayOn(config, [answer]);
    const applied = await applyPlan(proposal, sides, { faults: noFaults, gateway });
    assert.deepEqual(applied, { status: 'put back', problems, isInForce: true });
    assert.deepEqual([read(), left(), gateway.asked], ['old old.test', [], 2]);
  });

test('put back, and the gateway does not even take that: it is said', async t => {
  const { config, proposal, sides, read } = scene(t);
  const gateway = gatewayOn(config, [
    { revision: 'x', problems: ['no'] },
    { revision: null, problems: ['no'] },
  ]);
  const applied = await applyPlan(proposal, sides, { faults: noFaults, gateway });
  assert.deepEqual(applied, { status: 'put back', problems: ['no'], isInForce: false });
  assert.equal(read(), 'old old.test');
});

test('a gateway that may not be told: put back', async t => {
  const { config, proposal, sides, read, left } = scene(t);
  const reload = () => Promise.reject(new Error('kill EPERM'));
  const gateway = { ...gatewayOn(config, []), reload };
  const applied = await applyPlan(proposal, sides, { faults: noFaults, gateway });
  assert.deepEqual(applied, { status: 'put back', problems: ['kill EPERM'], isInForce: false });
  assert.deepEqual([read(), left()], ['old old.test', []]);
});

for (const [point, nth] of [
  ['A3-committed', 1],
  ['A4-old-aside', 1],
  ['A4-old-aside', 2],
  ['A5-one-moved', 1],
  ['A5-one-moved', 2],
  ['A6-all-moved', 1],
] as const)
  test(`a disk that fails at ${point} (${nth}): all is put back`, async t => {
    const { config, proposal, sides, read, left } = scene(t);
    let reached = 0;
    const faults = (at: FaultPoint) => {
      if (at === point) reached += 1;
      if (at === point && reached === nth) throw new Error('EIO');
    };
    const gateway = gatewayOn(config, []);
    const applied = await applyPlan(proposal, sides, { faults, gateway });
    assert.deepEqual(applied, { status: 'put back', problems: ['the files cannot be moved: EIO'], isInForce: true });
    assert.deepEqual([read(), left()], ['old old.test', []]);
  });

test('what somebody broke since the plan is not applied', async t => {
  const { config, proposed, proposal, sides, left } = scene(t);
  for (const file of [proposed, config]) {
    writeFileSync(file, 'hostnam: a.example\n');
    await assert.rejects(applyPlan(proposal, sides, { faults: noFaults, gateway: null }), { name: 'TemporaryFailure' });
    assert.deepEqual(left(), []);
  }
});

const edits: readonly {
  readonly name: string;
  readonly file: 'config' | 'rules' | 'proposed' | 'newRules' | 'overrides';
}[] = [
  { name: 'the configuration in force', file: 'config' },
  { name: 'the rules in force', file: 'rules' },
  { name: 'the proposed configuration', file: 'proposed' },
  { name: 'the proposed rules', file: 'newRules' },
  { name: 'a setting over the API', file: 'overrides' },
];
for (const { name, file } of edits)
  test(`what somebody changed since the plan is not applied: ${name}`, async t => {
    const { folder, config, rules, newRules, proposed, proposal, sides, read, left } = scene(t);
    mkdirSync(join(folder, 'data'));
    const files = {
      config,
      proposed,
      rules: join(rules, 'more.txt'),
      newRules: join(newRules, 'more.txt'),
      overrides: join(folder, 'data/overrides.yaml'),
    };
    const text = file === 'config' || file === 'proposed' ? `${readFileSync(files[file], 'utf8')}# a remark\n` : '';
    writeFileSync(files[file], file === 'overrides' ? 'scores: {}\n' : text);
    const gateway = gatewayOn(config, []);
    await assert.rejects(applyPlan(proposal, sides, { faults: noFaults, gateway }), {
      name: 'TemporaryFailure',
      message: /changed since the plan was made: nothing was applied/,
    });
    assert.deepEqual([read(), left(), gateway.asked], ['old old.test', [], 0]);
  });
