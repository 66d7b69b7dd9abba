// A next hop that records every message that it accepts in a journal. It is a process of its own, so that it outlives
// whatever is killed beside it, and shares no code with what it checks.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Input } from './input.ts';
import { listenSmtpSink, type SunkMessage } from './smtp-sink.ts';
import { type Ending, tempDir } from './temp.ts';

export interface NextHopOptions {
  /** Whether the journal is fsynced before the 250, as a real mail server would. */
  readonly isDurable?: boolean;
}

export interface RecordingNextHop {
  /** As the gateway's configuration wants it. */
  readonly url: string;
  readonly port: number;
  /** All that was accepted so far, in order. */
  journal(): AsyncIterable<SunkMessage>;
  stop(): Promise<void>;
  /** Again, on the same port. */
  start(): Promise<void>;
}

/** Recipients with this at the start of their local part are unknown to it: 550 5.1.1. */
export const unknownPrefix = 'unknown';

export async function startRecordingNextHop(t: Ending, options: NextHopOptions = {}): Promise<RecordingNextHop> {
  const journalFile = join(tempDir(t), 'journal');
  const sync = options.isDurable === false ? 'lazy' : 'durable';
  let running = await spawnSink(journalFile, sync, 0);
  const { port } = running;
  t.after(() => running.stop());
  return {
    url: `smtp://127.0.0.1:${port}`,
    port,
    journal: () => readJournal(journalFile),
    stop: () => running.stop(),
    async start() {
      running = await spawnSink(journalFile, sync, port);
    },
  };
}

async function spawnSink(journalFile: string, sync: 'lazy' | 'durable', port: number) {
  const argv = [import.meta.filename, journalFile, sync, String(port)];
  const child = spawn(process.execPath, argv, { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const [firstLine] = await Promise.race([once(createInterface(child.stdout), 'line'), exited]);
  if (!(Number(firstLine) > 0)) throw new Error('the recording next hop did not start');
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  return { port: Number(firstLine), stop };
}

// A record is a line of JSON with the envelope and the size, then the content.
const LF = Buffer.from('\n');

async function append(journal: FileHandle, message: SunkMessage): Promise<void> {
  const { content, ...envelope } = message;
  const record = Buffer.concat([Buffer.from(`${JSON.stringify({ ...envelope, size: content.length })}\n`), content]);
  // One write each, at the end of the file (O_APPEND): records of several connections do not mix.
  await journal.appendFile(record);
}

async function* readJournal(file: string): AsyncGenerator<SunkMessage> {
  const input = new Input(createReadStream(file));
  for (;;) {
    const line = await input.until(LF);
    if (line === null) return;
    const { size, ...envelope } = JSON.parse(line.toString()) as Omit<SunkMessage, 'content'> & { size: number };
    const content = await input.take(size);
    if (content === null) return;
    yield { ...envelope, content };
  }
}

async function serve(journalFile: string, isDurable: boolean, onPort: number): Promise<void> {
  const journal = await open(journalFile, 'a');
  let last: Promise<void> = Promise.resolve();
  const { port } = await listenSmtpSink(onPort, {
    recipient: path => (path.startsWith(unknownPrefix) ? '550 5.1.1 No such mailbox' : '250 2.1.5 Ok'),
    async content(message) {
      last = last.then(() => append(journal, message));
      await last;
      if (isDurable) await journal.datasync();
      return '250 2.0.0 Recorded';
    },
  });
  console.log(port);
}

if (import.meta.main) {
  const [, , journalFile = '', sync, port] = process.argv;
  // It does not outlive whoever started it.
  process.stdin.resume().once('end', () => process.exit());
  await serve(journalFile, sync === 'durable', Number(port));
}
