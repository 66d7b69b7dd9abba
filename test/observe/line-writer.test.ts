// The writer behind the log: order kept, nothing waited for, and a reader that is gone stops nobody from exiting.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { LineWriter } from '../../src/observe/line-writer.ts';
import { tempDir } from '../support/temp.ts';

const dropped = (lines: number) => `dropped ${lines}\n`;
const source = join(import.meta.dirname, '../../src/observe/json-log.ts');

/** A program that logs `lines` lines of some length and then ends itself. */
function loggingProgram(lines: number): string {
  return `
    import { logger } from ${JSON.stringify(source)};
    const log = logger({ level: 'info', addresses: 'full' });
    for (let i = 0; i < ${lines}; i++) {
      log.info({ i, pad: 'x'.repeat(500) }, 'line');
      if (i % 100 === 0) await new Promise(resolve => setImmediate(resolve));
    }
    process.exit(0);`;
}

function run(program: string) {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  assert.ok(child.stdout);
  return { child, stdout: child.stdout };
}

test('every line arrives, in order, also those that waited at exit', async () => {
  const { stdout } = run(loggingProgram(2000));
  const lines = (await text(stdout)).trimEnd().split('\n');
  assert.deepEqual(
    lines.map(line => JSON.parse(line).i),
    Array.from({ length: 2000 }, (_, i) => i),
  );
});

test('THREATS 45: a process whose reader went away still exits', async () => {
  const { child, stdout } = run(loggingProgram(2000));
  stdout.destroy();
  const [code] = await once(child, 'exit');
  assert.equal(code, 0);
});

test('a reader that reads nothing stops nobody: the event loop goes on, and what is written later is not lost', async () => {
  const { child, stdout } = run(
    `import { logger } from ${JSON.stringify(source)};
    const log = logger({ level: 'info', addresses: 'full' });
    for (let i = 0; i < 1000; i++) log.info({ i, pad: 'x'.repeat(500) }, 'line');
    process.send('went on');
    process.once('message', () => process.exit(0));`,
  );
  assert.deepEqual(await once(child, 'message'), ['went on', undefined]);
  child.send('read now');
  const lines = (await text(stdout)).trimEnd().split('\n');
  assert.deepEqual(
    lines.map(line => JSON.parse(line).i),
    Array.from({ length: 1000 }, (_, i) => i),
  );
});

test('what does not fit into the backlog of a full pipe is dropped, counted and told', t => {
  const { reading, writing } = pipe(t);
  const line = `${'x'.repeat(999)}\n`;
  const writer = new LineWriter({ fd: writing, backlogCharacters: 10 * line.length, dropped });
  for (let i = 0; i < 200; i++) writer.write(line);
  let received = readAll(reading);
  writer.flush();
  writer.write('last\n');
  writer.flush();
  received += readAll(reading);
  const lines = received.split('\n');
  const arrived = lines.filter(found => found === line.trimEnd()).length;
  assert.ok(arrived > 10 && arrived < 200, `${arrived}`);
  assert.deepEqual(lines.slice(arrived), [`dropped ${200 - arrived}`, 'last', '']);
});

/** Both ends of a pipe; neither waits. */
function pipe(t: TestContext): { reading: number; writing: number } {
  const file = join(tempDir(t), 'pipe');
  execFileSync('mkfifo', [file]);
  const reading = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  const writing = openSync(file, constants.O_WRONLY | constants.O_NONBLOCK);
  t.after(() => [reading, writing].forEach(closeSync));
  return { reading, writing };
}

/** What the pipe holds now. */
function readAll(fd: number): string {
  const parts: string[] = [];
  const block = Buffer.alloc(65_536);
  try {
    for (;;) parts.push(block.toString('latin1', 0, readSync(fd, block)));
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'EAGAIN');
    return parts.join('');
  }
}

test('a descriptor that takes nothing costs the lines, and no exception', () => {
  const writer = new LineWriter({ fd: 1_000_000, backlogCharacters: 100, dropped });
  writer.write('lost\n');
  writer.flush();
});
