// With a real clamd: what it finds is refused, and while it does not answer nothing is taken for clean.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { before, describe, test } from 'node:test';
import { type Clamd, startClamd } from '../support/clamd.ts';
import { suiteEnding } from '../support/endings.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { missing } from '../support/real-parts.ts';
import { type RecordingNextHop, startRecordingNextHop } from '../support/recording-next-hop.ts';
import { arrival, eicar, explained, heldFrom, letter, letterWith } from './letters.ts';
import { swaks } from './swaks.ts';

describe('with clamd', { skip: missing('clamd', 'clamav-daemon') || missing('swaks', 'swaks') }, () => {
  let clamd: Clamd;
  let gateway: Gateway;
  let nextHop: RecordingNextHop;
  const ending = suiteEnding();
  before(async () => {
    clamd = await startClamd(ending);
    nextHop = await startRecordingNextHop(ending);
    const config = {
      next_hop: nextHop.url,
      clamd: { address: `unix:${clamd.path}`, timeout: '1s' },
      // Not more than the clamd of the test takes.
      smtp: { listen: [{ address: '127.0.0.1:0' }], max_message_size: '1MiB' },
    };
    gateway = await startGateway(ending, { config });
  });
  const send = (from: string, content: Buffer) =>
    swaks({ port: gateway.smtp.port, from, to: ['reader@guarded.test'], content });

  test('clean mail is relayed, and the ledger says that it was scanned', async () => {
    assert.equal((await send('clean@sender.test', letter('clean@sender.test', 'Hello', 'As agreed.'))).code, 250);
    assert.notEqual(await arrival(nextHop, 'clean@sender.test'), null);
    const { facts } = await explained(gateway, 'clean@sender.test');
    assert.equal(facts.clamav?.state, 'observed');
  });

  test('EICAR is refused, and clamd is among those who found it', async () => {
    const from = 'eicar@sender.test';
    const { reply } = await send(from, letterWith(from, 'Invoice', 'invoice.bin', Buffer.from(eicar)));
    assert.match(reply, /^550 5\.7\.1 /);
    const [verdict] = (await explained(gateway, from)).verdicts;
    assert.ok(verdict?.hits.some(({ symbol }) => symbol === 'CLAMAV_MALWARE'));
  });

  test('stopped clamd: the mail is deferred, and goes through when it runs again', async () => {
    const from = 'patient@sender.test';
    const content = letter(from, 'Hello', 'As agreed.');
    await whileStopped(clamd, async () => assert.match((await send(from, content)).reply, /^451 4\.7\.1 /));
    assert.equal(await arrival(nextHop, from), null);
    assert.equal((await send(from, content)).code, 250);
    assert.notEqual(await arrival(nextHop, from), null);
  });

  test('stopped clamd for longer: the deferral ends in the quarantine', async () => {
    const from = 'insistent@sender.test';
    const content = letter(from, 'Hello', 'As agreed.');
    await whileStopped(clamd, async () => {
      const codes: number[] = [];
      while (codes.at(-1) !== 250 && codes.length < 4) codes.push((await send(from, content)).code);
      assert.deepEqual(codes, [451, 451, 250]);
    });
    assert.equal(await arrival(nextHop, from), null);
    assert.equal((await heldFrom(gateway, from))?.state, 'held');
  });
});

async function whileStopped(clamd: Clamd, work: () => Promise<void>): Promise<void> {
  const pid = pidWithArgument(dirname(clamd.path));
  process.kill(pid, 'SIGSTOP');
  try {
    await work();
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}

/** The process whose command line names `folder`, which is that of this test alone. */
function pidWithArgument(folder: string): number {
  for (const name of readdirSync('/proc')) {
    try {
      if (/^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, 'latin1').includes(folder)) return Number(name);
    } catch {
      // It ended while we looked.
    }
  }
  throw new Error(`no process names ${folder}`);
}
