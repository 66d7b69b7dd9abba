// The worker thread: bytes in, evidence or edits out. It has no network, no files but our code, and no environment; what needs I/O it asks for.

import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { alter } from '../alter/alter.ts';
import { mailauth } from '../auth/lazy-mailauth.ts';
import type { Check } from '../checks/check.ts';
import type { Handover } from '../content/handover.ts';
import { readMail } from '../content/mail.ts';
import type { Envelope } from '../model/envelope.ts';
import type { Evidence } from '../model/evidence.ts';
import { letGoOfKept, letGoOfStart } from '../model/let-go.ts';
import { compilePatterns } from '../rules/patterns/patterns.ts';
import { askPort } from './ask-port.ts';
import { giveBackWorkingDirectory } from './confinement.ts';
import { dnsFactBytes, factsBytes } from './facts.ts';
import type { Ending } from './job.ts';
import { textsToKeep } from './keep-texts.ts';
import { plan, run } from './run.ts';
import { seek } from './seek.ts';
import type { FromWorker, ToWorker, WorkerSetup, WorkerStart, WorkOrder } from './wire.ts';

const { checksModule } = workerData as WorkerStart;
const port = parentPort;
if (port === null) throw new Error('this module is the entry of a worker thread');
const post = (message: FromWorker): void => port.postMessage(message);
const now = (): number => performance.now();

giveBackWorkingDirectory(checksModule);

// Loaded now, so that the first message does not wait for it.
await mailauth();
const { checks } = (await import(checksModule)) as { checks: readonly Check[] };
const ordered = plan(checks);
// What it may take longer to find out than to load code.
const [setup] = (await once(port, 'message')) as [WorkerSetup];
const matcher = compilePatterns(setup.patterns);
const asks = askPort(post);
let running = 0;
let beat: NodeJS.Timeout | undefined;

port.on('message', (message: ToWorker) => {
  switch (message.kind) {
    case 'answers':
      asks.answered(message.answers);
      break;
    case 'inspect':
    case 'alter':
      void work(message);
      break;
  }
});
post({ kind: 'ready', checks: ordered.map(check => check.name), digest: matcher.digest });
letGoOfStart();

async function work(order: WorkOrder): Promise<void> {
  begin();
  try {
    const ending =
      order.kind === 'inspect'
        ? await inspected(order)
        : ({ kind: 'altered', altered: await alter(order.content, order.order) } as const);
    post({ kind: 'done', job: order.job, ending });
  } finally {
    forget(order.content.length);
    end();
  }
}

const handoverOf = ({ connection, helo, reversePath }: Envelope): Handover => ({
  address: connection.clientAddress,
  name: connection.clientName,
  helo,
  reversePath,
});

async function inspected(
  order: Extract<WorkOrder, { kind: 'inspect' }>,
): Promise<Extract<Ending, { kind: 'inspected' }>> {
  const { envelope, receivedAt, deadlineMs } = order;
  const mail = readMail(order.content, handoverOf(envelope));
  const subject = { envelope, receivedAt, site: setup.site, mail, ask: asks.askFor(order.job) };
  const startedAt = now();
  const [facts, sought] = await Promise.all([
    // The main thread adds the fact `dns`.
    run(ordered, subject, { deadlineMs, factsBytes: factsBytes - dnsFactBytes, now }),
    seek(mail.text, matcher, {
      deadlineMs,
      budgetMs: setup.patternBudgetMs,
      costs: setup.costs,
      now,
    }),
  ]);
  const passedMs = now() - startedAt;
  const evidence: Evidence = {
    facts: { ...facts, ...sought.facts },
    patternHits: sought.patternHits,
    timings: { checks: Math.round(passedMs * 10) / 10, patterns: sought.ms },
  };
  const texts = await textsToKeep(mail, setup.keepTexts, matcher.fields, deadlineMs - passedMs);
  return { kind: 'inspected', evidence, ...(texts && { texts }) };
}

/** Small messages are V8's own business. */
function forget(sizeBytes: number): void {
  // What was read of it is not held any more when this work has returned.
  if (sizeBytes >= 1024 * 1024) setImmediate(letGoOfKept, sizeBytes);
}

/** An idle worker does not beat: an idle gateway sleeps. */
function begin(): void {
  running += 1;
  beat ??= setInterval(() => Atomics.add(setup.beat, 0, 1), setup.beatMs);
}

function end(): void {
  running -= 1;
  if (running > 0) return;
  clearInterval(beat);
  beat = undefined;
}
