// What the peer benchmark does not measure: idle connections, and content that is hostile to a parser of dots.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { type Gateway, startGateway } from '../test/support/gateway.ts';
import { startRecordingNextHop } from '../test/support/recording-next-hop.ts';
import type { Ending } from '../test/support/temp.ts';
import type { Mail } from '../test/torture/numbered-mail.ts';
import { sendAll } from '../test/torture/sending-mta.ts';
import { program } from './peers.ts';

export interface GatewayCosts {
  readonly idleMiB: number;
  readonly thousandConnectionsMiB: number;
  /** CPU milliseconds a message of 2 MB. */
  readonly ordinaryMs: number;
  readonly dotsMs: number;
}

export async function gatewayCosts(t: Ending): Promise<GatewayCosts> {
  const nextHop = await startRecordingNextHop(t, { isDurable: false });
  const smtp = { listen: [{ address: '127.0.0.1:0' }], connections_per_source: 2000, max_connections: 2000 };
  const gateway = await startGateway(t, { program, config: { next_hop: nextHop.url, checks: 'none', smtp } });
  const idleMiB = residentMiB(gateway.pid);
  const thousandConnectionsMiB = (await withIdleConnections(gateway, 1000)) - idleMiB;
  // The first mails warm up.
  await cpuPerMail(gateway, ordinary, 5);
  await cpuPerMail(gateway, dots, 5);
  const ordinaryMs = await cpuPerMail(gateway, ordinary, 20);
  const dotsMs = await cpuPerMail(gateway, dots, 20);
  return { idleMiB, thousandConnectionsMiB, ordinaryMs, dotsMs };
}

const header = 'From: a@sender.test\r\nSubject: dots\r\n\r\n';
const twoMegabytes = (line: string): Buffer => Buffer.from(header + line.repeat(2_000_000 / line.length), 'latin1');
const ordinary = twoMegabytes(`${'ordinary text '.repeat(5)}x\r\n`);
const dots = twoMegabytes('.\r\n');

async function withIdleConnections(gateway: Gateway, count: number): Promise<number> {
  const sockets = await Promise.all(Array.from({ length: count }, () => idleConnection(gateway)));
  const used = residentMiB(gateway.pid);
  for (const socket of sockets) socket.destroy();
  return used;
}

/** Connected, greeted and after EHLO. */
async function idleConnection(gateway: Gateway): Promise<Socket> {
  const socket = connect(gateway.smtp);
  await once(socket, 'data');
  socket.write('EHLO idle.test\r\n');
  await once(socket, 'data');
  return socket;
}

async function cpuPerMail(gateway: Gateway, content: Buffer, count: number): Promise<number> {
  const mail: Mail = { name: '', reversePath: 'a@sender.test', recipients: ['b@bench.test'], content: () => content };
  let left = count;
  const before = cpuMs(gateway.pid);
  const sendings = await sendAll({
    connections: 1,
    maxDeferrals: 1,
    retryMs: 0,
    next: async () => (left-- > 0 ? mail : null),
    gateway: async () => ({ smtp: gateway.smtp, endsBy: 'nobody' }),
  });
  const refusal = sendings.flatMap(sending => [...sending.answers.values()]).find(answer => answer.code !== 250);
  if (refusal !== undefined || sendings.some(sending => sending.pending.size > 0))
    throw new Error(`not accepted: ${refusal?.text}`);
  return (cpuMs(gateway.pid) - before) / count;
}

/** User and system time of all threads. */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /s, '')
    .split(' ');
  // Ticks of 10 ms (proc(5): fields 14 and 15; the first two are cut off).
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function residentMiB(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) / 1024;
}
