// What acts on a gateway beside its mail: the API with its effects, trials, reviews, changes of rules and housekeeping.

import type { ApiEffects, MainThread } from '../api/ports.ts';
import { type Api, type ApiThreadOptions, type ApiThreadPorts, startApi } from '../api/thread.ts';
import { type RuleLists, withLists } from '../config/changed-keys.ts';
import type { Config } from '../config/schema.ts';
import { hostAndPort } from '../config/values.ts';
import type { Releaser } from '../dispose/release.ts';
import type { Clock, Faults, Random } from '../model/clock.ts';
import { healthOf } from '../observe/health.ts';
import type { Log } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Policy } from '../rules/policy.ts';
import type { Store } from '../store/sqlite/store.ts';
import { healthProbes } from './health.ts';
import { endReleases, releaserOf, startHousekeeping } from './housekeeping.ts';
import type { RulesInForce } from './line.ts';
import type { GatewayAccess } from './parts/access.ts';
import type { Antivirus } from './parts/antivirus.ts';
import type { GatewayHistory } from './parts/history.ts';
import type { Inspection } from './parts/inspection.ts';
import { policyOf } from './parts/judging.ts';
import type { NextHops } from './parts/next-hops.ts';
import type { Recipients } from './parts/recipients.ts';
import { changingRules } from './rules/changing-rules.ts';
import type { LiveSettings } from './rules/live-settings.ts';
import type { Stops } from './stops.ts';
import { Reviewing } from './trials/review.ts';
import { Trials } from './trials/trials.ts';

interface World {
  readonly clock: Clock;
  readonly random: Random;
  readonly faults: Faults;
  readonly log: Log;
  readonly firstToken?: (secret: string) => void;
}

interface Parts {
  readonly nextHops: NextHops;
  readonly recipients: Recipients;
  readonly antivirus: Antivirus | null;
  readonly history: GatewayHistory | null;
  readonly access: GatewayAccess;
  readonly store: Store;
  readonly inspecting: Promise<Inspection | null>;
  readonly inForce: Promise<RulesInForce>;
  readonly metrics: Metrics;
}

export interface Administration {
  /** Resolves when it listens, which it does not before the parts have started. */
  readonly api: Promise<Api>;
  /** Tries releases again and lets go of what is old, from now on. */
  keepHouse(): void;
  /** All rules, with `lists`. @throws ConfigError where they do not load or a test fails: those in force stay. */
  reloadRules(lists: RuleLists): Promise<void>;
}

export function startAdministration(config: Config, parts: Parts, world: World, stops: Stops): Administration {
  const { store, nextHops, history, access, inspecting, inForce, metrics } = parts;
  const releases = releaserOf(store, nextHops, history, world);
  const trials = new Trials(config);
  const reviewing = new Reviewing(config, { ...world, ...store, run: (id, job) => trials.run(id, job) });
  const hourly = [history, access, { expire: () => reviewing.tick() }];
  // After the API, which may ask for one as long as it answers.
  stops.add(releases, releaser => endReleases(releaser, world.log));
  const { settings, reload } = changingRules(config, { ...world, ...store, inForce, inspecting });
  const ports: ApiThreadPorts = {
    ...world,
    metrics,
    effects: effectsOf(releases, access, trials, settings, reviewing),
    health: healthOf(healthProbes(parts), { timeoutMs: 4000, keepMs: 1000 }, world.clock),
    profileInForce: profilesIn(inForce, policyOf(config)),
    setting: name => settings.get(name),
  };
  const api = startApi(apiOptionsOf(config), ports, Promise.all([inForce, inspecting]));
  api.catch(() => {});
  stops.add(api, async started => (await started).close());
  // Before the API, which waits for what it is answering.
  stops.add(trials, running => running.close());
  return {
    api,
    keepHouse() {
      stops.add(startHousekeeping(config, store, hourly, releases, world), end => end());
    },
    async reloadRules(lists) {
      const relisted = withLists(config, lists);
      await reload(relisted);
      trials.follow(relisted);
    },
  };
}

function profilesIn(inForce: Promise<RulesInForce>, policy: Policy): MainThread['profileInForce'] {
  return async name => {
    const profile = (await inForce).now().profiles.get(name);
    return profile === undefined ? null : { profile, policy };
  };
}

function effectsOf(
  releases: Releaser,
  access: GatewayAccess,
  trials: Trials,
  settings: LiveSettings,
  reviewing: Reviewing,
): ApiEffects {
  return {
    release: (entry, recipients, key) => releases.release(entry, recipients, key),
    delete: entry => releases.delete(entry),
    addAccess: (entry, addedBy, key) => access.add(entry, addedBy, key),
    removeAccess: id => access.remove(id),
    changeSetting: (edit, versions, by) => settings.change(edit, versions, by),
    runTrial: (id, job) => trials.run(id, job),
    endTrial: async id => trials.end(id),
    label: given => reviewing.label(given),
    drawSample: () => reviewing.draw(),
  };
}

function apiOptionsOf(config: Config): ApiThreadOptions {
  return {
    ...hostAndPort(config.api.listen),
    dataDir: config.data_dir,
    bootstrapToken: config.api.bootstrap_token ?? null,
  };
}
