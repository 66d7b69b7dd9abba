// Entries of the quarantine are released and deleted while the gateway is killed at each state of that (L and D).

import { setTimeout as delay } from 'node:timers/promises';
import type { FaultPoint } from '../../src/model/clock.ts';
import type { Gateway, GatewayOptions } from '../support/gateway.ts';
import type { SunkMessage } from '../support/smtp-sink.ts';
import type { Ending } from '../support/temp.ts';
import { type HeldEntry, heldEntries, heldEntry } from './held.ts';
import { Lives, type Plan } from './lives.ts';

const states: readonly (readonly [FaultPoint, 'release' | 'delete'])[] = [
  ['L1-release-requested', 'release'],
  ['L2-next-hop-replied', 'release'],
  ['L3-row-marked', 'release'],
  ['D1-row-deleted', 'delete'],
  ['D2-blob-deleted', 'delete'],
];

/** What was done to one entry, and where the gateway was killed on the way. */
export interface Touched {
  readonly entry: HeldEntry;
  readonly what: 'release' | 'delete';
  readonly point: FaultPoint;
}

export async function killAtReleases(t: Ending, options: GatewayOptions) {
  const touched: Touched[] = [];
  const notReached: FaultPoint[] = [];
  // A life that dies is followed by one that does not, which finishes what was begun.
  const plans = states.flatMap(([point]): Plan[] => [
    { endsBy: point, dieAt: { point, nth: 1 } },
    { endsBy: 'nobody' },
  ]);
  const lives = new Lives(t, options, () => plans.shift() ?? { endsBy: 'nobody' });
  const entries = await singleEntries((await lives.current).gateway);
  for (const [point, what] of states) {
    const entry = entries.pop();
    if (entry === undefined) throw new Error('the run kept too few mails');
    touched.push({ entry, what, point });
    const { gateway } = await lives.current;
    const isAnswered = await request(gateway, entry, what).then(
      () => true,
      () => false,
    );
    if (isAnswered) notReached.push(point);
    const next = isAnswered ? await lives.kill() : await lives.nextAfter(gateway);
    await finish(next.gateway, entry, what);
    await lives.kill();
  }
  await lives.close();
  return { touched, notReached, deaths: lives.deaths };
}

/** Held for one recipient, and the only entry of their mail. */
async function singleEntries(gateway: Gateway): Promise<HeldEntry[]> {
  const byMail = new Map<string, HeldEntry[]>();
  for await (const entry of heldEntries(gateway, 'state=held')) {
    byMail.set(entry.reverse_path, [...(byMail.get(entry.reverse_path) ?? []), entry]);
  }
  return [...byMail.values()].flatMap(entries => (entries.length === 1 ? entries : [])).filter(isForOne);
}

const isForOne = (entry: HeldEntry): boolean =>
  entry.recipients.length === 1 && entry.recipients[0]?.path.startsWith('k@keeping') === true;

/** Rejects when the gateway dies on the way. The same key each time: asked again, a release is still one release. */
function request(gateway: Gateway, entry: HeldEntry, what: Touched['what']): Promise<Response> {
  if (what === 'delete') return gateway.request(`/v1/quarantine/${entry.id}`, { method: 'DELETE' });
  const headers = { 'idempotency-key': `release-${entry.id}` };
  return gateway.request(`/v1/quarantine/${entry.id}/release`, { method: 'POST', headers });
}

/** As an administrator would whose request got no answer: ask again, and look until it is done. */
async function finish(gateway: Gateway, entry: HeldEntry, what: Touched['what']): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const response = await request(gateway, entry, what);
    if (response.status >= 500) throw new Error(`${what} of ${entry.id}: ${response.status} ${await response.text()}`);
    const now = await heldEntry(gateway, entry.id);
    if (what === 'delete' ? now === null : now?.state === 'released') return;
    // A release that was begun before the kill is tried again in its own time.
    await delay(100);
  }
  throw new Error(`${what} of ${entry.id} was never done`);
}

/** Faults among what was released or deleted: copies of an entry at the next hop are the very bytes that were received. */
export async function releaseFaults(
  touched: readonly Touched[],
  journal: AsyncIterable<SunkMessage>,
  sentBy: (reversePath: string) => Buffer,
): Promise<{ faults: readonly string[]; duplicates: readonly FaultPoint[] }> {
  const copies = new Map<HeldEntry, number>();
  const faults: string[] = [];
  for await (const { reversePath, recipients, content } of journal) {
    // Another recipient of the same mail may have got their copy long before.
    const entry = touched.map(one => one.entry).find(one => isCopyOf(one, reversePath, recipients));
    if (entry === undefined) continue;
    copies.set(entry, (copies.get(entry) ?? 0) + 1);
    if (!content.equals(sentBy(reversePath))) faults.push(`${reversePath}: other bytes were released`);
  }
  const duplicates: FaultPoint[] = [];
  for (const { entry, what, point } of touched) {
    const count = copies.get(entry) ?? 0;
    const least = what === 'release' ? 1 : 0;
    if (count === 2 && point === 'L2-next-hop-replied') duplicates.push(point);
    else if (count !== least) faults.push(`${entry.reverse_path}: ${what} killed at ${point} left ${count} copies`);
  }
  return { faults, duplicates };
}

const isCopyOf = (entry: HeldEntry, reversePath: string, recipients: readonly string[]): boolean =>
  entry.reverse_path === reversePath && entry.recipients.some(({ path }) => recipients.includes(path));
