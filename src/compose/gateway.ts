// The gateway as a whole: its parts started in the order in which they are needed, and stopped in the reverse.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Api, startApi } from '../api/thread.ts';
import type { Config } from '../config/schema.ts';
import { expireOld } from '../dispose/expire.ts';
import { type Releaser, releaser } from '../dispose/release.ts';
import type { Clock, Faults, Random } from '../model/clock.ts';
import { newId } from '../model/ids.ts';
import { recipientDirectory } from '../next-hop/directory.ts';
import { healthOf } from '../observe/health.ts';
import type { Log } from '../observe/log.ts';
import { refusalLine } from '../observe/message-line.ts';
import { metrics as newMetrics } from '../observe/metrics.ts';
import { answer } from '../pipeline.ts';
import type { RuleSet } from '../rules/rule.ts';
import { type SmtpServer, startSmtpServer } from '../smtp/server.ts';
import { claimSpoolFolder } from '../smtp/spool-folder.ts';
import { openStore, type Store } from '../store/sqlite/store.ts';
import { antivirusOf } from './antivirus.ts';
import { disposalOf } from './disposal.ts';
import { healthProbes } from './health.ts';
import { startInspection } from './inspection.ts';
import { judgingBy, noEvidence } from './judging.ts';
import { registerSources } from './metric-sources.ts';
import { type NextHops, nextHopsOf } from './next-hops.ts';
import { ruleSetOf, testedRuleSetOf } from './rule-set.ts';
import { hostAndPort, smtpOptionsOf, smtpPorts } from './smtp.ts';
import { stationsOf } from './stations.ts';
import { Stops } from './stops.ts';

export interface World {
  readonly clock: Clock;
  readonly random: Random;
  readonly faults: Faults;
  readonly log: Log;
  readonly version: string;
}

export interface Gateway {
  /** In the order of the configuration: `127.0.0.1:2525`. */
  readonly smtpAddresses: readonly string[];
  readonly apiAddress: string;
  /** To be shown once; null where there was a token. */
  readonly firstToken: string | null;
  /** Loads the rules again; the set in force stays when they do not load or their tests fail. @throws ConfigError then. */
  reloadRules(): Promise<void>;
  /** 421 to new connections, running transactions finish, then everything ends. */
  stop(drainMs: number): Promise<void>;
}

/** @throws ConfigError, or TemporaryFailure where something cannot be opened; what was started is stopped again. */
export async function startGateway(config: Config, world: World): Promise<Gateway> {
  const stops = new Stops();
  try {
    return await start(config, world, stops);
  } catch (error) {
    await stops.run();
    throw error;
  }
}

async function start(config: Config, world: World, stops: Stops): Promise<Gateway> {
  const { clock, random, faults, log } = world;
  let rules = ruleSetOf(config);
  const rulesInForce = () => rules;
  const metrics = newMetrics();
  const nextHops = stops.add(
    nextHopsOf(config, world, reply => metrics.nextHopReply(reply)),
    hops => hops.close(),
  );
  const antivirus = antivirusOf(config, clock, log);
  stops.add(antivirus, scanner => scanner?.close());
  // The worker loads its code while the store is opened.
  const inspecting =
    config.checks === 'none' ? null : startInspection(config, rules.patterns, { clock, log, antivirus });
  inspecting?.catch(() => {});
  await mkdir(config.data_dir, { recursive: true, mode: 0o700 });
  const store = stops.add(await openStore({ dataDir: config.data_dir, ledgerBatchMs: 200 }, world), opened =>
    opened.close(),
  );
  const spool = await claimSpoolFolder(join(config.data_dir, 'spool'), newId(clock, random));
  stops.add(spool, folder => folder.release());
  const inspection = stops.add(await inspecting, started => started?.close());
  const directory = directoryOf(config, nextHops, clock);
  const afterReply = stops.add(new AfterReply(log), pending => pending.settled());

  const stations = stationsOf({
    inspect: async (envelope, message) => inspection?.inspector.inspect(envelope, message) ?? noEvidence,
    ...judgingBy(config, rulesInForce),
    dispose: disposalOf(config, rulesInForce, {
      ...store,
      routeOf: nextHops.routeOf,
      learn: directory.learn.bind(directory),
      afterReply: work => afterReply.add(work),
      clock,
      faults,
      log,
    }),
    ledger: store.ledger,
    metrics,
    log,
    clock,
    faults,
  });
  const quarantineReleaser = releaserOf(store, nextHops, world);
  stops.add(housekeeping(config, store, quarantineReleaser, world), end => end());

  const probes = healthProbes({ nextHops: nextHops.all, store, antivirus, inspection });
  const api = stops.add(
    await startApi(apiOptionsOf(config), {
      effects: quarantineReleaser,
      health: healthOf(probes, { timeoutMs: 4000, keepMs: 1000 }, clock),
      metrics,
      log,
      clock,
      random,
    }),
    started => started.close(),
  );
  const smtp = await startSmtpServer(
    smtpOptionsOf(config, spool.path),
    smtpPorts({
      directory,
      receive: (envelope, message) => answer(stations, envelope, message),
      refused: record => {
        store.ledger.append(record);
        metrics.refusal(record);
        log.info(refusalLine(record), 'refused');
      },
      clock,
      random,
      faults,
      log,
    }),
  );
  registerSources(metrics, {
    dataDir: config.data_dir,
    smtp,
    store,
    antivirus,
    inspection,
    rulesInForce,
    version: world.version,
  });
  return {
    smtpAddresses: addressesOf(smtp),
    apiAddress: shown(api.host, api.port),
    firstToken: api.firstToken,
    reloadRules: async () => {
      const next = testedRuleSetOf(config);
      await inspection?.inspector.reload(next.patterns);
      rules = next;
    },
    stop: async drainMs => {
      await smtp.drain(drainMs);
      await stops.run();
    },
  };
}

function directoryOf(config: Config, nextHops: NextHops, clock: Clock) {
  return recipientDirectory(
    {
      mode: config.recipients,
      domains: Object.keys(config.domains),
      acceptAnyDomain: config.accept_any_domain === true,
      list: config.recipient_list,
      validMs: 3_600_000,
      invalidMs: 300_000,
      failedMs: 5000,
      refusedMs: 4 * 3_600_000,
      deferredMs: 60_000,
      maxEntries: 100_000,
      maxQuestions: 1000,
    },
    { clock, verify: recipient => nextHops.routeOf(recipient).verify(recipient) },
  );
}

function releaserOf(store: Store, nextHops: NextHops, world: World): Releaser {
  const day = 24 * 3_600_000;
  return releaser(
    { firstRetryMs: 60_000, maxRetryMs: 3_600_000, giveUpAfterMs: day },
    { ...world, quarantine: store.quarantine, requests: store.requests, routeOf: nextHops.routeOf },
  );
}

/** Releases that the next hop deferred are tried again, and what is old goes. Returns how to end it. */
function housekeeping(config: Config, store: Store, quarantineReleaser: Releaser, { clock, log }: World): () => void {
  const keepDays = Math.ceil(config.ledger.keep / (24 * 3_600_000));
  const options = {
    quarantineKeepMs: config.quarantine.keep,
    ledgerKeepDays: keepDays,
    ledgerKeepBytes: config.ledger.max_size,
  };
  const retry = () => quarantineReleaser.retry().catch(err => log.error({ err }, 'releases not retried'));
  const expire = () =>
    expireOld(options, store, clock.now())
      .then(expired => log.info({ ...expired }, 'expired'))
      .catch(err => log.error({ err }, 'not expired'));
  void retry();
  const timers = [setInterval(retry, 30_000), setInterval(expire, 3_600_000)];
  return () => {
    for (const timer of timers) clearInterval(timer);
  };
}

function apiOptionsOf(config: Config) {
  return {
    ...hostAndPort(config.api.listen),
    dataDir: config.data_dir,
    bootstrapToken: config.api.bootstrap_token ?? null,
  };
}

/** Work that the client need not wait for, and that the end of the process must. */
class AfterReply {
  readonly #log: Log;
  readonly #pending = new Set<Promise<void>>();

  constructor(log: Log) {
    this.#log = log;
  }

  add(work: () => Promise<void>): void {
    const done: Promise<void> = new Promise(resolve => setImmediate(resolve))
      .then(work)
      .catch(err => this.#log.error({ err }, 'left undone after the reply'))
      .finally(() => this.#pending.delete(done));
    this.#pending.add(done);
  }

  async settled(): Promise<void> {
    await Promise.all(this.#pending);
  }
}

const addressesOf = (smtp: SmtpServer): readonly string[] =>
  smtp.addresses().map(({ address, port }) => shown(address, port));

const shown = (host: string, port: number): string => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);
