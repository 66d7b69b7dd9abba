// Whatever the policies, the next hops' answers, the disk and the moment of a kill, followed by the client's retries:
// our 250 means that each recipient's copy was delivered or is held, and at most as often as THREATS.md allows.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type FaultPoint, type Faults, noFaults } from '../../src/model/clock.ts';
import type { JudgedGroup, Outcome } from '../../src/model/disposition.ts';
import { reply } from '../../src/model/reply.ts';
import { type Action, actions } from '../../src/model/verdict.ts';
import { openTestStore } from '../store/open.ts';
import { judged, message, verdict } from '../store/samples.ts';
import { countingRandom, FakeClock } from '../support/clock.ts';
import { tempDir } from '../support/temp.ts';
import { gate } from './gate.ts';
import {
  type Act,
  content,
  later,
  never,
  ok,
  recipients,
  type ScriptedNextHop,
  scriptedNextHop,
} from './scripted-next-hop.ts';

const paths: readonly string[] = ['p@b.example', 'q@b.example', 'r@c.example', 's@c.example', 't@d.example'];
const answers = [ok, later, never] as const;

/** What one delivery meets; `by` answers for each recipient in turn. */
type Step =
  | { readonly kind: 'connect' | 'mail' | 'data'; readonly by: readonly number[] }
  | { readonly kind: 'recipients' | 'content'; readonly by: readonly number[] }
  /** Whether it was stored is not known here: a copy that was is the duplicate of R5b, and not counted. */
  | { readonly kind: 'lost' | 'throws' };

interface Trouble {
  readonly point: FaultPoint;
  readonly kind: 'throw' | 'kill';
  /** At which reach of the point it strikes, from 1. */
  readonly reach: number;
}

interface Story {
  readonly policies: readonly (Action | null)[];
  readonly steps: readonly (readonly Step[])[];
  readonly troubles: readonly Trouble[];
}

const by = fc.array(fc.nat({ max: 2 }), { minLength: paths.length, maxLength: paths.length });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constantFrom('connect' as const, 'mail' as const, 'data' as const), by }),
  fc.record({ kind: fc.constantFrom('recipients' as const, 'content' as const), by }),
  fc.record({ kind: fc.constantFrom('lost' as const, 'throws' as const) }),
);
const trouble: fc.Arbitrary<Trouble> = fc.record({
  point: fc.constantFrom<FaultPoint>(
    'R5a-next-hop-data',
    'R5b-final-dot-sent',
    'R5c-next-hop-replied',
    'Q1-blob-written',
    'Q2-blob-synced',
    'Q3-directory-synced',
    'Q4-row-committed',
    'M1-pending-committed',
    'M2-next-hop-replied',
    'M3-flip-committed',
  ),
  kind: fc.constantFrom('throw', 'kill'),
  reach: fc.integer({ min: 1, max: 3 }),
});
const story: fc.Arbitrary<Story> = fc.record({
  policies: fc
    .array(fc.option(fc.constantFrom(...actions)), { minLength: paths.length, maxLength: paths.length })
    .filter(policies => policies.some(policy => policy !== null)),
  steps: fc.array(fc.array(step, { maxLength: 4 }), { minLength: 3, maxLength: 3 }),
  troubles: fc.array(trouble, { maxLength: 3 }),
});

function groupsOf(policies: readonly (Action | null)[]): readonly JudgedGroup[] {
  return actions.flatMap(action => {
    const [first, ...others] = paths.filter((_, i) => policies[i] === action);
    if (first === undefined) return [];
    return [judged([first, ...others], { profile: action, verdict: verdict({ profile: action, action }) })];
  });
}

const answer = (numbers: readonly number[], path: string) => answers[numbers[paths.indexOf(path)] ?? 0] ?? ok;

/** The script of one next hop; it takes everything once the steps are over. */
function actsFor(steps: readonly Step[]): [Act, ...Act[]] {
  const [first = content(ok), ...rest] = steps.map(actFor);
  return [first, ...rest, content(ok)];
}

function actFor(step: Step): Act {
  switch (step.kind) {
    case 'connect':
    case 'mail':
    case 'data':
      return () => ({ at: step.kind, reply: step.by[0] === 2 ? never : later });
    case 'recipients':
      return delivery => {
        const isRefused = delivery.recipients.some(({ path }) => answer(step.by, path) !== ok);
        return (isRefused ? recipients(path => answer(step.by, path)) : content(ok))(delivery);
      };
    case 'content':
      return content(path => answer(step.by, path));
    case 'lost':
      return () => ({ at: 'lost', reply: reply(451, '4.4.2', 'Lost') });
    case 'throws':
      return () => {
        throw new Error('the spool is gone');
      };
  }
}

/** The same, reaching the named states of a delivery: R5a before anything is stored, R5b and R5c after. */
function reaching(hop: ScriptedNextHop, faults: Faults): ScriptedNextHop {
  return Object.assign(Object.create(hop) as ScriptedNextHop, {
    deliver: async (delivery: Parameters<ScriptedNextHop['deliver']>[0]) => {
      await faults('R5a-next-hop-data');
      const result = await hop.deliver(delivery);
      if (result.at === 'content') {
        await faults('R5b-final-dot-sent');
        await faults('R5c-next-hop-replied');
      }
      return result;
    },
  });
}

/** Q and M1 come before anything is relayed. */
const isBeforeRelay = (point: FaultPoint): boolean => point.startsWith('Q') || point === 'M1-pending-committed';
const isAfterStoring = (point: FaultPoint): boolean => /^(?:R5b|R5c|M2)-/.test(point);

/** What the troubles of a story did to its attempts. */
class Troubles {
  readonly #troubles: readonly Trouble[];
  readonly #reached = new Map<FaultPoint, number>();
  /**
   * How often a delivery may have been forgotten: struck between the next hop's storing it and the receipt (R5b to M2), or
   * killed in one delivery while another was there.
   */
  forgotten = 0;
  struck = 0;

  constructor(troubles: readonly Trouble[]) {
    this.#troubles = troubles;
  }

  at(point: FaultPoint): Trouble['kind'] | null {
    const reach = (this.#reached.get(point) ?? 0) + 1;
    this.#reached.set(point, reach);
    const trouble = this.#troubles.find(one => one.point === point && one.reach === reach);
    if (trouble === undefined) return null;
    this.struck += 1;
    const mayForget = isAfterStoring(point) || (trouble.kind === 'kill' && !isBeforeRelay(point));
    if (mayForget) this.forgotten += 1;
    return trouble.kind;
  }
}

/** Faults of one process: after a kill, nothing that it began goes on. */
function mortal(troubles: Troubles) {
  const death = Promise.withResolvers<never>();
  death.promise.catch(() => {});
  const forEver = new Promise<never>(() => {});
  let isDead = false;
  const faults = async (point: FaultPoint): Promise<void> => {
    if (isDead) return forEver;
    const kind = troubles.at(point);
    if (kind === null) return;
    if (kind === 'throw') throw Object.assign(new Error(point), { code: 'EIO' });
    isDead = true;
    death.reject(new Error('killed'));
    return forEver;
  };
  return { faults, death: death.promise };
}

const hopHas = (hop: ScriptedNextHop, path: string): boolean => hop.taken.some(({ paths: all }) => all.includes(path));

test('THREATS 42: a 250 means delivered or held, no more often than is allowed; a refusal means nowhere', async t => {
  const dataDir = tempDir(t);
  const clock = new FakeClock();
  const random = countingRandom();
  let store = await openTestStore(t, dataDir);
  let run = 0;
  const reopen = async (faults: Faults) => {
    await store.close();
    store = await openTestStore(t, dataDir, faults, clock, random);
  };

  const play = async ({ policies, steps, troubles: planned }: Story): Promise<void> => {
    clock.advance(1000);
    run += 1;
    const mail = message(`Subject: ${run}\r\n\r\n${run}\r\n`);
    const groups = groupsOf(policies);
    const [one, two, three] = steps.map((acts, i) => scriptedNextHop(String(i), ...actsFor(acts)));
    assert.ok(one && two && three);
    const troubles = new Troubles(planned);

    const attempt = async (): Promise<{ code: number; outcomes: readonly Outcome[] }> => {
      const { faults, death } = mortal(troubles);
      await reopen(faults);
      const [b, c, d] = [one, two, three].map(hop => reaching(hop, faults));
      assert.ok(b && c && d);
      const { send } = gate({ store, clock, faults, hops: { 'b.example': b, 'c.example': c, 'd.example': d } });
      // Killed, or an exception, for which the pipeline's boundary answers.
      return Promise.race([send(mail, groups), death]).then(
        sent => ({ code: sent.reply.code, outcomes: sent.outcomes }),
        () => ({ code: 451, outcomes: [] }),
      );
    };

    let { code, outcomes } = await attempt();
    for (let attempts = 1; code < 500 && code >= 400; attempts++) {
      assert.ok(attempts <= 40, 'the client would try for ever');
      ({ code, outcomes } = await attempt());
    }

    await reopen(noFaults);
    const pages = await Promise.all([
      store.quarantine.list({}, 1e6, null),
      store.quarantine.list({ state: 'pending' }, 1e6, null),
    ]);
    const kept = pages.flatMap(page => page.items).filter(entry => entry.sha256 === mail.sha256);
    const taken = [one, two, three].flatMap(hop => hop.taken.flatMap(delivery => delivery.paths));
    const isAt = (outcome: Outcome): boolean => {
      switch (outcome.disposition) {
        case 'relayed':
          return [one, two, three].some(hop => hop.name === outcome.nextHop && hopHas(hop, outcome.path));
        case 'relayed-before':
          return taken.includes(outcome.path);
        case 'quarantined':
          return kept.some(
            ({ id, recipients: copies }) => id === outcome.entry && copies.some(c => c.path === outcome.path),
          );
        case 'rejected':
          return code >= 500;
        case 'deferred':
          return false;
      }
    };
    for (const outcome of outcomes) assert.ok(isAt(outcome), `${JSON.stringify(outcome)} is not so`);
    for (const path of groups.flatMap(group => group.recipients)) {
      const entries = kept.filter(entry => entry.recipients.some(copy => copy.path === path));
      const delivered = taken.filter(known => known === path).length;
      if (code >= 500) assert.ok(delivered <= troubles.forgotten, `${path} is refused and yet delivered`);
      if (code >= 500) assert.equal(entries.length, 0, `${path} is refused and yet kept`);
      else assert.ok(delivered + entries.length >= 1, `${path} is lost`);
      assert.ok(
        entries.every(entry => entry.state === 'held'),
        `${path} is still pending`,
      );
      // Kept because the next hop refused it, then killed before the 250; at the retry the next hop took it.
      const changedItsMind = troubles.struck > 0 && entries.some(entry => entry.reason === 'undelivered') ? 1 : 0;
      const allowed = 1 + troubles.forgotten + changedItsMind;
      assert.ok(delivered + entries.length <= allowed, `${path} is placed ${delivered + entries.length} times`);
      assert.ok(entries.length <= 1, `${path} is kept ${entries.length} times`);
    }
  };

  await fc.assert(fc.asyncProperty(story, play), { numRuns: 30 });
});
