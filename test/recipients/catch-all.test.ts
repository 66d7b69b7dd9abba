// THREATS 39: a next hop that takes everybody is found out; one that does not answer is not called selective.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Reply, reply } from '../../src/model/reply.ts';
import { CatchAllWatch } from '../../src/recipients/catch-all.ts';
import { countingRandom } from '../support/clock.ts';

const takes = reply(250, '2.1.5', 'Ok');
const refuses = reply(550, '5.1.1', 'No such user');
const later = reply(451, '4.4.1', 'Down');

function start(answers: Record<string, Reply | Error>) {
  const asked: string[] = [];
  const told: string[] = [];
  const watch = new CatchAllWatch(Object.keys(answers), {
    random: countingRandom(),
    changed: (domain, found) => told.push(`${domain} ${found}`),
    verify: async path => {
      asked.push(path);
      const answer = answers[path.slice(path.indexOf('@') + 1)];
      if (answer instanceof Error || answer === undefined) throw answer;
      return answer;
    },
  });
  const counts = () => [watch.count('selective'), watch.count('catch_all'), watch.count('unknown')];
  return { answers, watch, asked, told, counts };
}

test('THREATS 39: each domain is offered a recipient that nobody has', async () => {
  const { watch, asked, told, counts } = start({
    'a.test': takes,
    'b.test': refuses,
    'c.test': later,
    'd.test': new Error('bug'),
  });
  assert.deepEqual(counts(), [0, 0, 4]);
  await watch.look();
  assert.deepEqual(counts(), [1, 1, 2]);
  assert.deepEqual(told, ['a.test catch_all']);
  assert.equal(new Set(asked.map(path => path.split('@')[0])).size, 4);
  for (const path of asked) assert.match(path, /^no-such-user-[0-9a-f]{20}@[a-d]\.test$/);
});

test('it is said once, and again when it changes', async () => {
  const { answers, watch, told, counts } = start({ 'a.test': takes });
  await watch.look();
  await watch.look();
  answers['a.test'] = later;
  await watch.look();
  assert.deepEqual(counts(), [0, 1, 0]);
  answers['a.test'] = refuses;
  await watch.look();
  await watch.look();
  answers['a.test'] = takes;
  await watch.look();
  assert.deepEqual(told, ['a.test catch_all', 'a.test selective', 'a.test catch_all']);
});
