// Disposal over a real store and scripted next hops.

import type { DisposeDeps, DisposeOptions } from '../../src/dispose/dispose.ts';
import { disposer } from '../../src/dispose/dispose.ts';
import type { FailurePolicyOf } from '../../src/dispose/failed-checks.ts';
import type { Greylisting } from '../../src/dispose/greylisting.ts';
import { domainOf, type Path } from '../../src/model/address.ts';
import type { Faults } from '../../src/model/clock.ts';
import type { JudgedGroup } from '../../src/model/disposition.ts';
import type { Message } from '../../src/model/message.ts';
import { type Reply, replyText } from '../../src/model/reply.ts';
import type { NextHop } from '../../src/next-hop/next-hop.ts';
import type { Quarantine } from '../../src/store/quarantine.ts';
import type { Store } from '../../src/store/sqlite/store.ts';
import { envelope, evidence, recordingLog } from '../store/samples.ts';
import type { FakeClock } from '../support/clock.ts';

export interface GateParts {
  readonly store: Pick<Store, 'quarantine' | 'receipts' | 'deferrals'>;
  readonly clock: FakeClock;
  readonly faults: Faults;
  /** By domain. */
  readonly hops: Readonly<Record<string, NextHop>>;
  readonly failurePolicyOf?: FailurePolicyOf;
  readonly greylisting?: Greylisting;
  readonly options?: DisposeOptions;
  readonly alter?: DisposeDeps['alter'];
}

/** `send` is one attempt of a client; what is to be done after the reply is done before it resolves. */
export function gate({
  store,
  clock,
  faults,
  hops,
  failurePolicyOf = () => null,
  greylisting,
  options = { contact: null },
  alter,
}: GateParts) {
  const learnt = new Map<Path, Reply>();
  const log = recordingLog();
  const afterwards: (() => Promise<void>)[] = [];
  const deps: DisposeDeps = {
    quarantine: store.quarantine,
    receipts: store.receipts,
    deferrals: store.deferrals,
    routeOf: path => hops[domainOf(path) ?? ''] ?? failRoute(path),
    fieldsFor: ({ group, action }) => ({ prepended: `X-Spam: ${group.profile} ${action}\r\n`, edits: [] }),
    failurePolicyOf,
    greylisting: greylisting ?? null,
    ...(alter && { alter }),
    shownOf: () => ({ subject: 'a\tsubject\u0007', headerFrom: 'A <a@sender.example>' }),
    learn: (path, reply) => learnt.set(path, reply),
    clock,
    faults,
    log,
    afterReply: work => afterwards.push(work),
  };
  const dispose = disposer(options, deps);
  return {
    learnt,
    log,
    async send(message: Message, groups: readonly JudgedGroup[], reversePath = 'a@sender.example') {
      const [first, ...others] = groups.flatMap(group => group.recipients);
      if (first === undefined) throw new Error('no recipients');
      const disposition = await dispose(envelope([first, ...others], { reversePath }), message, evidence, groups);
      for (const work of afterwards.splice(0)) await work();
      return { ...disposition, text: replyText(disposition.reply) };
    },
  };
}

function failRoute(path: Path): never {
  throw new Error(`no route for ${path}`);
}

/** `path: state, reason` of each copy in the quarantine, pending ones included, in the order of paths. */
export async function copiesIn(quarantine: Quarantine): Promise<string[]> {
  const shown = (await quarantine.list({}, 1000, null)).items;
  const pending = (await quarantine.list({ state: 'pending' }, 1000, null)).items;
  return [...shown, ...pending]
    .flatMap(entry => entry.recipients.map(copy => `${copy.path}: ${copy.state}, ${entry.reason}`))
    .sort();
}
