// The gateway as a whole: its parts started in the order in which they are needed, and stopped in the reverse.

import { join } from 'node:path';
import type { RuleLists } from '../config/changed-keys.ts';
import type { Config } from '../config/schema.ts';
import type { Clock, Faults, Random } from '../model/clock.ts';
import type { RefusalRecord } from '../model/disposition.ts';
import { newId } from '../model/ids.ts';
import { letGoOfStart, letHeapsDouble } from '../model/let-go.ts';
import type { Log } from '../observe/log.ts';
import { refusalLine } from '../observe/message-line.ts';
import { type Metrics, metrics as newMetrics } from '../observe/metrics.ts';
import { answer } from '../pipeline.ts';
import type { RuleSet } from '../rules/rule.ts';
import type { SmtpPorts } from '../smtp/options.ts';
import { type SmtpServer, startSmtpServer } from '../smtp/server.ts';
import { claimSpoolFolder } from '../smtp/spool-folder.ts';
import { openStore } from '../store/sqlite/store.ts';
import { startAdministration } from './administration.ts';
import { AfterReply } from './after-reply.ts';
import { lineOf, RulesInForce } from './line.ts';
import { registerSources } from './metric-sources.ts';
import { accessOf } from './parts/access.ts';
import { antivirusOf } from './parts/antivirus.ts';
import { OfferedExtensions } from './parts/extensions.ts';
import { historyOf } from './parts/history.ts';
import { type Inspection, startInspection } from './parts/inspection.ts';
import { nextHopsOf } from './parts/next-hops.ts';
import { recipientsOf } from './parts/recipients.ts';
import { certificatesFor, smtpOptionsOf, smtpPorts } from './parts/smtp.ts';
import { textsUnderWay } from './parts/texts-under-way.ts';
import { soughtBy } from './rules/changing-rules.ts';
import { patternSetOf } from './rules/pattern-set.ts';
import { startingRules } from './rules/starting-rules.ts';
import { Stops } from './stops.ts';

export interface World {
  readonly clock: Clock;
  readonly random: Random;
  readonly faults: Faults;
  readonly log: Log;
  readonly version: string;
  /** Hears the first token as soon as it is kept: what fails after that must not leave one that nobody was shown. */
  readonly firstToken?: (secret: string) => void;
  /** Aborts where the start is to be given up. */
  readonly stop?: AbortSignal;
  /** Called at the end, also of a start that fails, while the data_dir is still ours. */
  readonly ended?: () => Promise<void>;
}

export interface Gateway {
  /** In the order of the configuration: `127.0.0.1:2525`. */
  readonly smtpAddresses: readonly string[];
  readonly apiAddress: string;
  /** Loads the rules again, with `lists`; the set in force stays when they do not load or their tests fail. @throws ConfigError then. */
  reloadRules(lists: RuleLists): Promise<void>;
  /** Reads the files of entries again. @throws ConfigError where they do not load, and then the entries in force stay. */
  reloadAccess(): Promise<void>;
  /** Serves the certificates of `config` to connections to come. @throws ConfigError, and then those in force stay. */
  replaceCertificates(config: Config): void;
  /** 421 to new connections, running transactions finish, then everything ends. */
  stop(drainMs: number): Promise<void>;
}

/**
 * @throws ConfigError, TemporaryFailure where something cannot be opened, or the reason of `world.stop`; what was started is
 * stopped again.
 */
export async function startGateway(
  config: Config,
  world: World,
  loading: Promise<RuleSet> = startingRules(config, world.log, world.stop),
): Promise<Gateway> {
  const stops = new Stops();
  try {
    return await start(config, loading, world, stops);
  } catch (error) {
    await stops.run();
    throw error;
  }
}

async function start(config: Config, loading: Promise<RuleSet>, world: World, stops: Stops): Promise<Gateway> {
  world.stop?.throwIfAborted();
  // Waited for where something else does not start, and heard of where it is awaited.
  loading.catch(() => {});
  stops.add(loading, rules => rules);
  const metrics = newMetrics();
  const parts = await startParts(config, loading, metrics, world, stops);
  const inForce = loading.then(loaded => new RulesInForce(loaded));
  inForce.catch(() => {});
  const administration = startAdministration(config, { ...parts, inForce, metrics }, world, stops);

  const [rules, inspection, api] = await Promise.all([inForce, parts.inspecting, administration.api]);
  world.stop?.throwIfAborted();
  parts.store.ledger.describe(patternSetOf(rules.now()));
  const running = { ...parts, rules, inspection, metrics };
  const smtp = await startReceiving(config, running, world, stops);
  registerSources(metrics, { ...running, ...world, smtp, dataDir: config.data_dir });
  administration.keepHouse();
  return {
    smtpAddresses: smtp.addresses().map(({ address, port }) => shown(address, port)),
    apiAddress: shown(api.host, api.port),
    reloadRules: lists => administration.reloadRules(lists),
    reloadAccess: () => parts.access.reload(),
    replaceCertificates: next => smtp.replaceCertificates(certificatesFor(config, next)),
    stop: async drainMs => {
      await smtp.drain(drainMs);
      await stops.run();
    },
  };
}

/** What the line stands on; each is stopped with the others, also when a later one does not start. */
async function startParts(config: Config, rules: Promise<RuleSet>, metrics: Metrics, world: World, stops: Stops) {
  const { clock, random, log } = world;
  const nextHops = nextHopsOf(config, world, reply => metrics.nextHopReply(reply));
  stops.add(nextHops, hops => hops.close());
  const antivirus = antivirusOf(config, clock, log);
  stops.add(antivirus, scanner => scanner?.close());
  const history = historyOf(config, world);
  const access = await accessOf(config, world);
  stops.add(access, entries => entries.close());
  const texts = textsUnderWay(config, () => store.texts);
  // The worker loads its code while rules are loaded and the store is opened.
  const inspecting =
    config.checks === 'none'
      ? Promise.resolve(null)
      : startInspection(config, rules.then(soughtBy), { clock, random, log, antivirus, history, access, texts });
  stops.add(inspecting, started => started.then(inspection => inspection?.close()));
  inspecting.catch(() => {});
  // The store may be of an older version, and is not once it was opened.
  world.stop?.throwIfAborted();
  const store = await openStore({ dataDir: config.data_dir, ledgerBatchMs: 200 }, world);
  stops.add(store, opened => opened.close());
  stops.add(world.ended, ended => ended?.());
  stops.add(history, kept => kept?.close());
  history?.open();
  access.open(store.access);
  const spool = await claimSpoolFolder(join(config.data_dir, 'spool'), newId(clock, random));
  stops.add(spool, folder => folder.release());
  const recipients = stops.add(await recipientsOf(config, nextHops, world), asked => asked.close());
  return { nextHops, antivirus, store, history, access, texts, spoolFolder: spool.path, recipients, inspecting };
}

interface Running extends Awaited<ReturnType<typeof startParts>> {
  readonly rules: RulesInForce;
  readonly inspection: Inspection | null;
  readonly metrics: Metrics;
}

/** Opens the gate: everything that the line needs is there. */
function startReceiving(config: Config, running: Running, world: World, stops: Stops): Promise<SmtpServer> {
  const { store, nextHops, recipients, metrics, spoolFolder } = running;
  const { clock, log } = world;
  const { directory, groupProfile } = recipients;
  const afterReply = stops.add(new AfterReply(log), pending => pending.settled());
  const stations = lineOf(config, { ...running, directory, groupProfile, afterReply }, world);
  const refused = (record: RefusalRecord) => {
    store.ledger.append(record);
    metrics.refusal(record);
    log.info(refusalLine(record), 'refused');
  };
  const offered = new OfferedExtensions(nextHops.all, clock);
  const receive: SmtpPorts['receive'] = (envelope, message) => answer(stations, envelope, message);
  letGoOfStart();
  letHeapsDouble();
  return startSmtpServer(
    smtpOptionsOf(config, spoolFolder),
    smtpPorts({ ...world, directory, nextHops, offered, receive, refused }),
  );
}

const shown = (host: string, port: number): string => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);
