// What goes wrong around a running gateway, with traffic: nothing that was acknowledged is lost, nothing arrives twice.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { missing } from '../support/real-parts.ts';
import { type RecordingNextHop, startRecordingNextHop } from '../support/recording-next-hop.ts';
import { type Mail, numberedMail } from '../torture/numbered-mail.ts';
import { type Sending, sendAll } from '../torture/sending-mta.ts';
import { letter } from './letters.ts';
import { swaks } from './swaks.ts';

const run = { seed: 7, startedAt: new Date() };
const patience = { maxDeferrals: 50, retryMs: 50 };

test('SIGTERM under load: running transactions are answered, and the process ends by itself', async t => {
  const nextHop = await startRecordingNextHop(t);
  const config = { next_hop: nextHop.url };
  const first = await startGateway(t, { config });
  const second = first.exited.then(() => startGateway(t, { config, dataDir: first.dataDir }));
  let current: Promise<Gateway> = Promise.resolve(first);
  let sent = 0;
  const next = async (): Promise<Mail | null> => {
    sent += 1;
    if (sent === 200) {
      first.kill('SIGTERM');
      current = second;
    }
    return sent <= 400 ? numberedMail(run, sent, sent % 10 === 0 ? 'large' : 'plain') : null;
  };
  const gateway = async () => ({ smtp: (await current).smtp, endsBy: 'SIGTERM' });
  const sendings = await sendAll({ ...patience, connections: 6, next, gateway });
  assert.equal(await first.exited, 0);
  const cut = sendings.flatMap(({ cuts }) => cuts.filter(({ afterFinalDot }) => afterFinalDot));
  assert.deepEqual(cut, [], 'a transaction was cut after its final dot');
  await assertOnceEach(sendings, nextHop);
});

test('SIGSTOP for a while: clients wait, and go on', async t => {
  const nextHop = await startRecordingNextHop(t);
  const gateway = await startGateway(t, { config: { next_hop: nextHop.url } });
  let sent = 0;
  const next = async (): Promise<Mail | null> => {
    sent += 1;
    if (sent === 50) {
      gateway.kill('SIGSTOP');
      setTimeout(() => gateway.kill('SIGCONT'), 3000);
    }
    return sent <= 100 ? numberedMail(run, sent, 'plain') : null;
  };
  const target = async () => ({ smtp: gateway.smtp, endsBy: 'nobody' });
  const sendings = await sendAll({ ...patience, connections: 4, next, gateway: target });
  assert.deepEqual(
    sendings.flatMap(({ cuts, deferrals }) => [...cuts, ...deferrals]),
    [],
  );
  await assertOnceEach(sendings, nextHop);
});

test('a next hop that is down: 451, and the retry after it came back is accepted', {
  skip: missing('swaks', 'swaks'),
}, async t => {
  const nextHop = await startRecordingNextHop(t);
  const gateway = await startGateway(t, { config: { next_hop: nextHop.url, recipients: 'none' } });
  const send = () =>
    swaks({
      port: gateway.smtp.port,
      from: 'a@sender.test',
      to: ['b@c.test'],
      content: letter('a@sender.test', 'Hi', '.'),
    });
  await nextHop.stop();
  const { reply } = await send();
  assert.match(reply, /^4\d\d 4\.\d\.\d /);
  await nextHop.start();
  assert.match((await send()).reply, /^250 2\.0\.0 /);
});

async function assertOnceEach(sendings: readonly Sending[], nextHop: RecordingNextHop): Promise<void> {
  const copies = new Map<string, number>();
  for await (const { reversePath } of nextHop.journal()) copies.set(reversePath, (copies.get(reversePath) ?? 0) + 1);
  const accepted = sendings.filter(({ answers }) => [...answers.values()].every(({ code }) => code === 250));
  assert.equal(accepted.length, sendings.length);
  for (const { mail } of sendings) assert.equal(copies.get(mail.reversePath), 1, mail.name);
}
