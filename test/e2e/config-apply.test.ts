// `postern config plan` and `apply` beside a gateway that runs, with traffic: planned on its ledger, swapped, in force, or left.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { FaultPoint } from '../../src/model/clock.ts';
import { rule } from '../rules/rule-set.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { missing } from '../support/real-parts.ts';
import { startRecordingNextHop } from '../support/recording-next-hop.ts';
import { tempDir } from '../support/temp.ts';
import { explained, letter } from './letters.ts';
import { swaks } from './swaks.ts';

const skip = missing('swaks', 'swaks');
const main = join(import.meta.dirname, '../../src/main.ts');

/** Two rules that fire on the same subject, each with this score. */
const wares = (score: string): string =>
  ['WARES', 'GOODS']
    .map(symbol => rule(symbol, 'match: { subject: /wares/ }', score))
    .join('')
    .replaceAll('{ hit: [{}], miss: [{}] }', '{ hit: [{ subject: wares }], miss: [{ subject: ware }] }');

interface Ran {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

interface Scene {
  readonly gateway: Gateway;
  readonly start: () => Promise<Gateway>;
  readonly config: string;
  readonly rules: string;
  /** A folder with these rules in place of those in force. */
  readonly folderWith: (rules: string) => string;
  /** The configuration in force with these keys. */
  readonly configWith: (keys: object) => string;
  readonly postern: (
    command: 'plan' | 'apply',
    args: readonly string[],
    environment?: Readonly<Record<string, string>>,
  ) => Promise<Ran>;
}

async function sceneOf(t: TestContext): Promise<Scene> {
  const nextHop = await startRecordingNextHop(t);
  const [folder, none] = [tempDir(t), tempDir(t)];
  const [rules, dataDir] = [join(folder, 'rules'), join(folder, 'data')];
  mkdirSync(rules);
  writeFileSync(join(rules, 'own.yaml'), wares('4'));
  const keys = {
    next_hop: nextHop.url,
    recipients: 'none',
    domains: { 'guarded.test': {} },
    rules: { folders: [rules] },
  };
  const start = () => startGateway(t, { dataDir, config: keys });
  const gateway = await start();
  const config = join(folder, 'postern.yaml');
  return {
    gateway,
    start,
    config,
    rules,
    folderWith: own => {
      const proposed = tempDir(t);
      cpSync(rules, proposed, { recursive: true });
      writeFileSync(join(proposed, 'own.yaml'), own);
      return proposed;
    },
    configWith: more => {
      const proposed = join(tempDir(t), 'next.yaml');
      writeFileSync(proposed, JSON.stringify({ ...JSON.parse(readFileSync(config, 'utf8')), ...more }, null, 2));
      return proposed;
    },
    postern: async (command, args, environment = {}) => {
      const argv = [main, 'config', command, ...args, '--config', config, '--fixtures', none];
      const env = { PATH: process.env.PATH, NODE_ENV: 'test', ...environment };
      const child = spawn(process.execPath, argv, { env, stdio: ['ignore', 'pipe', 'pipe'] });
      const ended = once(child, 'close');
      const [out, err, [status, signal]] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
      return { status, signal, out, err };
    },
  };
}

let letters = 0;

/** What the two rules counted for a new message. */
async function judged(gateway: Gateway, subject = 'our wares'): Promise<readonly (number | undefined)[]> {
  letters += 1;
  const from = `seller${letters}@pass.test`;
  const content = letter(from, subject, 'A line.');
  const { code } = await swaks({ port: gateway.smtp.port, from, to: ['reader@guarded.test'], content });
  assert.equal(code, 250);
  const [verdict] = (await explained(gateway, from)).verdicts;
  return ['WARES', 'GOODS'].map(symbol => verdict?.hits.find(hit => hit.symbol === symbol)?.points);
}

/** What the gateway says that it has in force; it says so a moment after it listens. */
async function revisionOf({ dataDir }: Gateway): Promise<unknown> {
  const file = join(dataDir, 'in-force.json');
  while (!existsSync(file)) await delay(20);
  return JSON.parse(readFileSync(file, 'utf8')).revision;
}

test('rules are planned on the ledger’s mail, refused where too much would move, and in force once they are applied', {
  skip,
}, async t => {
  const { gateway, rules, folderWith, postern } = await sceneOf(t);
  assert.deepEqual(await judged(gateway), [4, 4]);
  assert.deepEqual(await judged(gateway, 'lunch'), [undefined, undefined]);
  const proposed = folderWith(wares('1'));

  const planned = await postern('plan', ['--rules', proposed, '--json']);
  assert.equal(planned.status, 1, planned.err);
  const plan = JSON.parse(planned.out);
  assert.deepEqual(plan.configuration, []);
  assert.deepEqual(
    plan.rules.map(({ path }: { path: string[] }) => path.join(' ')),
    ['rules GOODS score', 'rules WARES score'],
  );
  assert.deepEqual(plan.rules[1].before, { value: '4', at: `${rules}/own.yaml:5` });
  assert.deepEqual(plan.rules[1].after, { value: '1', at: `${proposed}/own.yaml:5` });
  assert.deepEqual([plan.replay.messages, plan.replay.flipped], [2, 1]);
  assert.deepEqual(
    plan.obstacles.map(({ kind, yields }: { kind: string; yields: boolean }) => [kind, yields]),
    [['moves', true]],
  );
  assert.equal(await revisionOf(gateway), plan.before);

  const refused = await postern('apply', ['--rules', proposed]);
  assert.equal(refused.status, 1, refused.err);
  assert.match(refused.out, /of 2 verdicts 1 would move and 0 cannot be told: more than rules\.apply_limit/);
  assert.match(refused.out, /refused: nothing was changed\n$/);
  assert.equal(readFileSync(join(rules, 'own.yaml'), 'utf8'), wares('4'));

  const other = await postern('apply', ['--rules', proposed, '--force', '--plan', 'another']);
  assert.deepEqual([other.status, other.out], [75, '']);
  assert.match(other.err, /this is plan .*, not another/);

  const applied = await postern('apply', ['--rules', proposed, '--force', '--plan', plan.id]);
  assert.equal(applied.status, 0, applied.err);
  assert.match(applied.out, /applied: the gateway has it in force\n$/);
  assert.equal(await revisionOf(gateway), plan.after);
  assert.deepEqual(await judged(gateway), [1, 1]);
  const again = await postern('apply', ['--rules', proposed]);
  assert.deepEqual([again.status, again.out.endsWith('there is nothing to apply\n')], [0, true], again.err);
});

test('a configuration: what a running gateway takes and what the next start does; without one, the next start does', {
  skip,
}, async t => {
  const { gateway, start, config, configWith, postern } = await sceneOf(t);
  const proposed = configWith({ contact: 'help@guarded.test', lists: { known: ['lists.test'] } });
  const planned = await postern('plan', [proposed]);
  assert.equal(planned.status, 1, 'there is no mail to try the list on');
  assert.match(planned.out, /\n {2}contact: nothing -> help@guarded\.test \(.*next\.yaml:\d+\), at the next start\n/);
  assert.match(planned.out, /\n {2}lists\.known: nothing \(default\) -> lists\.test \(.*next\.yaml:\d+\)\n/);
  assert.match(planned.out, /\n {2}lists known-lists lists\.test: nothing -> lists\.test \(configuration\)\n/);
  assert.match(planned.out, /the ledger has no mail to try it on\n/);
  assert.doesNotMatch(planned.out + planned.err, new RegExp(gateway.token));

  const applied = await postern('apply', [proposed, '--force']);
  assert.equal(applied.status, 0, applied.err);
  assert.equal(readFileSync(config, 'utf8'), readFileSync(proposed, 'utf8'));
  const line = await gateway.logged(({ event }) => event === 'changed, and in force only after a restart');
  assert.deepEqual(line.keys, ['contact']);

  gateway.kill('SIGTERM');
  await gateway.exited;
  const more = await postern('apply', [configWith({ contact: 'desk@guarded.test' })]);
  assert.equal(more.status, 0, more.err);
  assert.match(more.out, /applied: no gateway runs, the next start takes it\n$/);
  assert.match(readFileSync(config, 'utf8'), /desk@guarded\.test/);
  // The helper of the tests writes the configuration of its own: what matters is that it starts.
  assert.deepEqual(await judged(await start()), [4, 4]);
});

test('what does not load, what fails its tests, and what somebody changed meanwhile are refused, and nothing is changed', {
  skip,
}, async t => {
  const { gateway, config, rules, folderWith, configWith, postern } = await sceneOf(t);
  const before = readFileSync(config, 'utf8');
  const proposals = [
    { args: ['--rules', folderWith('- symbol: WARE')], status: 78, says: /own\.yaml:1/ },
    { args: [configWith({ hostnam: 'x' })], status: 78, says: /unknown key "hostnam" \(did you mean hostname\?\)/ },
    { args: [configWith({ profile: 'clinic' })], status: 78, says: /there is no profile "clinic"/ },
    { args: ['--rules', join(rules, 'nowhere')], status: 65, says: /there is no such folder/ },
    { args: [], status: 65, says: /nothing is proposed/ },
    {
      args: ['--rules', folderWith(wares('4').replace('hit: [{ subject: wares }]', 'hit: [{ subject: silk }]'))],
      status: 1,
      says: /tests of rules fail: 1; --force does not help/,
    },
  ];
  for (const { args, status, says } of proposals) {
    const ran = await postern('apply', [...args, '--force']);
    assert.equal(ran.status, status, ran.err + ran.out);
    assert.match(ran.out + ran.err, says);
  }
  writeFileSync(join(rules, 'own.yaml'), wares('3'));
  const ran = await postern('apply', ['--rules', folderWith(wares('2')), '--force']);
  assert.equal(ran.status, 75, ran.err);
  assert.match(ran.err, /the gateway has not in force what .* say now: have it load them first/);
  assert.equal(readFileSync(config, 'utf8'), before);
  assert.equal(readFileSync(join(rules, 'own.yaml'), 'utf8'), wares('3'));
  assert.deepEqual(await judged(gateway), [4, 4]);
});

test('what the gateway does not take is put back', { skip }, async t => {
  const { gateway, config, rules, folderWith, configWith, postern } = await sceneOf(t);
  const [before, revision] = [readFileSync(config, 'utf8'), await revisionOf(gateway)];
  // The command has it in its environment, and the gateway not in its own.
  const args = [configWith({ contact: 'env:CONTACT' }), '--rules', folderWith(wares('2')), '--force'];
  const applied = await postern('apply', args, { CONTACT: 'help@guarded.test' });
  assert.equal(applied.status, 69, applied.out + applied.err);
  assert.match(applied.out, /\nnot applied, and put back as it was\n {2}.*: the environment has no CONTACT\n$/);
  assert.equal(readFileSync(config, 'utf8'), before);
  assert.equal(readFileSync(join(rules, 'own.yaml'), 'utf8'), wares('4'));
  assert.equal(existsSync(`${config}.swap`), false);
  assert.equal(await revisionOf(gateway), revision);
  assert.deepEqual(await judged(gateway), [4, 4]);
});

test('an apply that is killed when the files have turned: a reload reads them, and the next apply ends it', {
  skip,
}, async t => {
  const { gateway, folderWith, postern } = await sceneOf(t);
  const environment = { POSTERN_FAULT: 'A3-committed' satisfies FaultPoint };
  const killed = await postern('apply', ['--rules', folderWith(wares('2')), '--force'], environment);
  assert.equal(killed.signal, 'SIGKILL', killed.err);
  assert.deepEqual(await judged(gateway), [4, 4]);
  gateway.kill('SIGHUP');
  await gateway.logged(({ event }) => event === 'rules reloaded');
  assert.deepEqual(await judged(gateway), [2, 2]);
  const next = await postern('apply', ['--rules', folderWith(wares('3')), '--force']);
  assert.equal(next.status, 0, next.err);
  assert.match(next.err, /an apply that was cut short was ended first/);
  assert.deepEqual(await judged(gateway), [3, 3]);
});

test('under traffic every message is answered, and judged by all of the old rules or all of the new', {
  skip,
}, async t => {
  const { gateway, folderWith, postern } = await sceneOf(t);
  const seen = new Set<string>();
  let isOver = false;
  const send = async (): Promise<void> => {
    while (!isOver) seen.add((await judged(gateway)).join());
  };
  const sending = [send(), send()];
  const applied = [];
  for (const score of ['2', '3'])
    applied.push(await postern('apply', ['--rules', folderWith(wares(score)), '--force']));
  isOver = true;
  await Promise.all(sending);
  assert.deepEqual(
    applied.map(({ status }) => status),
    [0, 0],
    applied.map(({ err }) => err).join(''),
  );
  assert.deepEqual(await judged(gateway), [3, 3]);
  for (const one of seen) assert.ok(['4,4', '2,2', '3,3'].includes(one), one);
  assert.ok(seen.has('4,4') && seen.size > 1, [...seen].join(' '));
});
