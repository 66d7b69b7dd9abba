// A list of checks that do what the message says in its first line: loop, eat the heap, throw, ask. For the tests of the pool.

import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { check } from '../../src/checks/check.ts';
import { count, text } from '../../src/model/shape.ts';

const order = (raw: Uint8Array): string => Buffer.from(raw).toString('latin1').split('\r\n', 1)[0] ?? '';

/** Never ends, and cannot be seen to be useless. */
function loop(): never {
  for (let n = 0; ; n++) if (n < 0) throw new Error('negative');
}

function eatHeap(): never {
  const eaten: unknown[] = [];
  for (;;) eaten.push(new Array(10_000).fill({ eaten }));
}

function crash(): Promise<never> {
  setImmediate(() => {
    throw new Error('thrown outside of any check');
  });
  return new Promise(() => {});
}

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : 'other');

function readFile(path: string): string {
  try {
    return String(readFileSync(path).length);
  } catch (error) {
    return codeOf(error);
  }
}

/** Where the network is open nobody listens at this port: ECONNREFUSED. */
function connection(): Promise<string> {
  return new Promise(resolve => {
    const socket = connect(9, '127.0.0.1', () => resolve('connected'));
    socket.on('error', error => resolve(codeOf(error)));
  });
}

const scripted = check({
  name: 'scripted',
  after: [],
  timeoutMs: 20_000,
  about: 'Does what the message says.',
  evidence: { said: text('What the message said.') },
  async observe({ mail, ask }) {
    const said = order(mail.raw);
    if (said === 'loop') loop();
    if (said === 'heap') eatHeap();
    if (said === 'crash') return crash();
    if (said === 'throw') throw new Error('thrown by a check');
    if (said === 'hang') return new Promise(() => {});
    if (said === 'where') return { said: String(threadId) };
    if (said.startsWith('where ')) return ask.dns(said.slice(6), 'TXT').then(() => ({ said: String(threadId) }));
    if (said.startsWith('ask ')) return { said: JSON.stringify(await ask.dns(said.slice(4), 'TXT')) };
    if (said === 'scan') return { said: JSON.stringify(await ask.scan('clamd', mail.raw)) };
    if (said.startsWith('many ')) {
      const names = Array.from({ length: Number(said.slice(5)) }, (_, n) => `n${n}.example`);
      const answers = await Promise.all(names.map(name => ask.dns(name, 'TXT')));
      return { said: answers.map(answer => answer.status).join(' ') };
    }
    return { said };
  },
});

const confined = check({
  name: 'confined',
  after: ['scripted'],
  timeoutMs: 1000,
  about: 'What a worker can reach.',
  evidence: {
    passwd: text('Reading a file outside of the package.'),
    beside: text('Reading a file beside the code, where data may lie.'),
    network: text('Opening a connection.'),
    environment: count('Variables of the environment.'),
    before: text('The state of the check before this one.'),
  },
  observe: async ({ facts }) => ({
    passwd: readFile('/etc/passwd'),
    beside: readFile(join(import.meta.dirname, '../../tsconfig.json')),
    network: await connection(),
    environment: Object.keys(process.env).length,
    before: facts.scripted?.state ?? 'missing',
  }),
});

export const checks = [scripted, confined];
