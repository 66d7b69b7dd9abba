// Whether mail can be accepted, and what of our parts works: asked for by /readyz, answered from a short memory.

import type { Clock, EpochMs } from '../model/clock.ts';

/** `degraded`: works, but not as it should. `absent`: not configured. */
export type ComponentState = 'up' | 'degraded' | 'down' | 'absent';

export interface Component {
  readonly state: ComponentState;
  /** One sentence, or null. Shown without a token: it names no address and repeats nothing that a peer said. */
  readonly reason: string | null;
  /** Figures with their unit in the name: `signature_age_seconds`. */
  readonly figures?: Readonly<Record<string, number>>;
}

export interface Probe {
  readonly name: string;
  /** No mail can be accepted while it is down. */
  readonly isRequired: boolean;
  check(): Component | Promise<Component>;
}

export interface Health {
  /** False only when no mail can be accepted. */
  readonly isReady: boolean;
  readonly components: Readonly<Record<string, Component>>;
}

export interface HealthOptions {
  /** A probe that has not answered by then is `down`. */
  readonly timeoutMs: number;
  /** How long an answer is good for: asking often must not cost the next hop a connection each time. */
  readonly keepMs: number;
}

/** A function that asks all probes at once; callers that come meanwhile, or within `keepMs`, share the answer. */
export function healthOf(probes: readonly Probe[], options: HealthOptions, clock: Clock): () => Promise<Health> {
  let latest: { readonly askedAt: EpochMs; readonly health: Promise<Health> } | null = null;
  return () => {
    const now = clock.monotonic();
    if (latest === null || now - latest.askedAt >= options.keepMs)
      latest = { askedAt: now, health: ask(probes, options.timeoutMs) };
    return latest.health;
  };
}

async function ask(probes: readonly Probe[], timeoutMs: number): Promise<Health> {
  const components = await Promise.all(probes.map(probe => answerOf(probe, timeoutMs)));
  return {
    isReady: probes.every((probe, i) => !probe.isRequired || components[i]?.state !== 'down'),
    components: Object.fromEntries(probes.map((probe, i) => [probe.name, components[i] ?? down])),
  };
}

const down: Component = { state: 'down', reason: 'the probe failed' };

/** What the probe says within its time. Never rejects: a probe that throws has found something that is down. */
function answerOf(probe: Probe, timeoutMs: number): Promise<Component> {
  return new Promise(resolve => {
    const timer = setTimeout(() => resolve({ state: 'down', reason: 'no answer in time' }), timeoutMs);
    Promise.try(() => probe.check())
      .then(resolve, () => resolve(down))
      .finally(() => clearTimeout(timer));
  });
}
