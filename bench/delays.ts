// How long one client's hostile mail makes another client wait: for a NOOP, and for a transaction.

import { startGateway } from '../test/support/gateway.ts';
import { startRecordingNextHop } from '../test/support/recording-next-hop.ts';
import type { Ending } from '../test/support/temp.ts';
import type { Mail } from '../test/torture/numbered-mail.ts';
import { Session, sendAll, type Target } from '../test/torture/sending-mta.ts';
import { program } from './peers.ts';

export interface Delays {
  /** Milliseconds: the longest NOOP, and the longest from a plain mail's final dot to its reply. */
  readonly noopMs: number;
  readonly transactionMs: number;
}

/** Without hostile mail, and beside it. */
export async function delays(t: Ending): Promise<{ readonly calm: Delays; readonly hostile: Delays }> {
  const nextHop = await startRecordingNextHop(t, { isDurable: false });
  const { smtp } = await startGateway(t, { program, config: { next_hop: nextHop.url } });
  const target = { smtp, endsBy: 'nobody' };
  const send = (mails: Mail[], connections: number) =>
    sendAll({
      connections,
      maxDeferrals: 1,
      retryMs: 0,
      next: async () => mails.shift() ?? null,
      gateway: async () => target,
    });
  const watch = async (hostile: Mail[]): Promise<Delays> => {
    const work = { isDone: false };
    const load = send(hostile, 2).finally(() => {
      work.isDone = true;
    });
    const [noopMs, sendings] = await Promise.all([longestNoop(target, work), send(repeated(plain, 50), 1), load]);
    return { noopMs, transactionMs: Math.max(...sendings.map(({ latencyMs }) => latencyMs)) };
  };
  await send(repeated(plain, 50), 2);
  return { calm: await watch(repeated(plain, 20)), hostile: await watch(hostiles.flatMap(mail => repeated(mail, 4))) };
}

async function longestNoop(target: Target, work: { isDone: boolean }): Promise<number> {
  let longest = 0;
  while (!work.isDone) {
    const session = await Session.open(target);
    // Few on each connection: a client that says nothing else is taken for an attack.
    for (let i = 0; i < 5 && !work.isDone; i++) {
      const from = performance.now();
      session.send('NOOP');
      await session.answer();
      longest = Math.max(longest, performance.now() - from);
    }
    session.quit();
  }
  return longest;
}

const repeated = (mail: Mail, count: number): Mail[] => Array.from({ length: count }, () => mail);

function mailOf(name: string, header: string, body: string): Mail {
  const content = Buffer.from(`From: a@sender.test\r\nSubject: ${name}\r\n${header}\r\n${body}\r\n`, 'latin1');
  return { name, reversePath: `${name}@sender.test`, recipients: ['b@bench.test'], content: () => content };
}

const plain = mailOf('plain', '', 'As agreed.\r\n'.repeat(100));
const html = 'Content-Type: text/html\r\n';
const nested = Array.from(
  { length: 2000 },
  (_, i) => `Content-Type: multipart/mixed; boundary=b${i}\r\n\r\n--b${i}\r\n`,
);

/** What costs parsers most: depth, breadth, folds, tags; all of about a megabyte at most. */
const hostiles: readonly Mail[] = [
  mailOf('deep', '', nested.join('')),
  mailOf('parts', 'Content-Type: multipart/mixed; boundary=b\r\n', '--b\r\n\r\nx\r\n'.repeat(50_000)),
  mailOf('folds', `X-Folded: a\r\n${' folded\r\n'.repeat(50_000)}`, 'x'),
  mailOf('fields', 'X-Field: value\r\n'.repeat(50_000), 'x'),
  mailOf('tags', html, '<div>'.repeat(100_000)),
  mailOf('links', html, '<a href="http://a.test/b">c</a>'.repeat(20_000)),
];
