// The worker's end of the ask port: what goes out together, and what does not go out at all.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { askPort } from '../../src/inspect/ask-port.ts';
import type { Asked, FromWorker } from '../../src/inspect/wire.ts';
import type { DnsAnswer } from '../../src/model/ask.ts';

function listeningPort() {
  const posts: (readonly Asked[])[] = [];
  const port = askPort((message: FromWorker) => {
    if (message.kind === 'asks') posts.push(message.asks);
  });
  return { port, posts };
}

test('the questions of one turn go out together, those of the next by themselves', async () => {
  const { port, posts } = listeningPort();
  void port.askFor(1).dns('a.test', 'A');
  void port.askFor(2).dns('b.test', 'A');
  await setImmediate();
  void port.askFor(1).dns('c.test', 'A');
  await setImmediate();
  assert.deepEqual(
    posts.map(asks => asks.map(({ job, question }) => [job, question])),
    [
      [
        [1, 1],
        [2, 2],
      ],
      [[1, 3]],
    ],
  );
});

test('each question gets its own answer, whatever their order', async () => {
  const { port } = listeningPort();
  const answers = Promise.all(['a.test', 'b.test'].map(name => port.askFor(1).dns(name, 'A')));
  const saying = (code: string): DnsAnswer => ({ status: 'failed', code });
  port.answered([
    { question: 2, answer: saying('SECOND') },
    { question: 1, answer: saying('FIRST') },
  ]);
  assert.deepEqual(await answers, [saying('FIRST'), saying('SECOND')]);
});

test('a question that cannot be sent is refused, and takes no other with it', async () => {
  const { port, posts } = listeningPort();
  const refused = port.askFor(1).dns(Symbol('name') as unknown as string, 'A');
  void port.askFor(2).dns('b.test', 'A');
  await setImmediate();
  assert.equal((await refused).status, 'failed');
  assert.deepEqual(
    posts.flat().map(asked => asked.job),
    [2],
  );
});
