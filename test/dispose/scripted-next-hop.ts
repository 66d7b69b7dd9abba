// A next hop that answers by script and remembers what it took.

import type { Path } from '../../src/model/address.ts';
import type { Recipient } from '../../src/model/envelope.ts';
import { outgoingChunks } from '../../src/model/message.ts';
import { isPositive, type Reply, reply } from '../../src/model/reply.ts';
import type { Delivery, DeliveryResult, NextHop } from '../../src/next-hop/next-hop.ts';

/** What the next hop does with one delivery. */
export type Act = (delivery: Delivery) => DeliveryResult | Promise<DeliveryResult>;

export const ok = reply(250, '2.0.0', 'Ok');
export const later = reply(452, '4.3.1', 'No room');
export const never = reply(554, '5.7.1', 'Not here');

export const content =
  (answer: Reply | ((path: Path) => Reply)): Act =>
  ({ recipients }) => ({
    at: 'content',
    replies: new Map(recipients.map(({ path }) => [path, typeof answer === 'function' ? answer(path) : answer])),
  });

export const recipients =
  (answer: (path: Path) => Reply): Act =>
  delivery => ({ at: 'recipients', replies: new Map(delivery.recipients.map(({ path }) => [path, answer(path)])) });

export interface Taken {
  readonly paths: readonly Path[];
  readonly bytes: string;
  readonly reversePath: Path;
  readonly isUtf8: boolean;
  readonly parameters: readonly string[];
  readonly recipients: readonly Recipient[];
  readonly transaction: string;
}

export interface ScriptedNextHop extends NextHop {
  /** What was delivered: answered 2xx, or stored although the answer was lost. */
  readonly taken: readonly Taken[];
  /** How often `deliver` was called. */
  readonly asked: number;
  /** What it does from now on; the last act goes on for ever. */
  follow(...acts: readonly [Act, ...Act[]]): void;
}

export function scriptedNextHop(name: string, ...acts: readonly Act[]): ScriptedNextHop {
  let script = acts.length > 0 ? [...acts] : [content(ok)];
  const taken: Taken[] = [];
  let asked = 0;
  return {
    name,
    taken,
    get asked() {
      return asked;
    },
    follow: (...next) => {
      script = [...next];
    },
    async deliver(delivery) {
      asked += 1;
      const act = script.length > 1 ? script.shift() : script[0];
      if (act === undefined) throw new Error('no script');
      const result = await act(delivery);
      const paths = storedBy(result, delivery);
      if (paths.length > 0) taken.push({ ...delivery, paths, bytes: await bytesOf(delivery) });
      return result;
    },
    verify: async () => ok,
    capabilities: null,
    connections: 0,
    check: async () => null,
    close: async () => {},
  };
}

function storedBy(result: DeliveryResult, delivery: Delivery): readonly Path[] {
  if (result.at !== 'content') return [];
  return delivery.recipients.map(({ path }) => path).filter(path => isPositive(result.replies.get(path) ?? never));
}

async function bytesOf(delivery: Delivery): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of outgoingChunks(delivery.outgoing)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('latin1');
}
