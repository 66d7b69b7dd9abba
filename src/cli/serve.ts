// postern serve: runs the gateway until it is told to stop.

import { randomBytes } from 'node:crypto';
import { InForceFile } from '../compose/change/in-force.ts';
import { reloader } from '../compose/change/reload.ts';
import { type Notifier, notifier } from '../compose/change/service-manager.ts';
import type { Gateway } from '../compose/gateway.ts';
import { startingRules } from '../compose/rules/starting-rules.ts';
import { exposedKeyFiles } from '../config/exposed-keys.ts';
import { faultsFromEnvironment } from '../config/fault.ts';
import { loadConfig } from '../config/load.ts';
import { revisionOnDisk } from '../config/revision.ts';
import type { Config } from '../config/schema.ts';
import { serviceManager } from '../config/service-manager.ts';
import { confinement } from '../inspect/confinement.ts';
import { type Random, systemClock } from '../model/clock.ts';
import { TemporaryFailure } from '../model/failure.ts';
import { logger } from '../observe/json-log.ts';
import type { Log } from '../observe/log.ts';
import type { Cli } from './command.ts';
import { exitCodes } from './exit-codes.ts';

/** Running transactions have so long to finish after SIGTERM. */
const drainMs = 20_000;

export function serveCommand({ program, run, err, version }: Cli): void {
  program
    .command('serve')
    .description('run the gateway; without a configuration file on the embedded defaults')
    .option('-c, --config <file>', 'configuration file')
    .action(({ config }: { config?: string }) => run(() => serve(config ?? null, err, version)));
}

async function serve(file: string | null, err: Cli['err'], version: string): Promise<number> {
  const { told, stop } = signalled('SIGTERM', 'SIGINT');
  const hangups = heldBack('SIGHUP');
  // Before anything is loaded: what is the same afterwards is what was.
  const revision = revisionOnDisk(file);
  const config = loadConfig(file);
  const log = logger({ level: config.log.level, addresses: config.log.addresses });
  const manager = notifier(serviceManager(), log);
  void told.then(signal => {
    log.info({ signal }, 'stopping');
    void manager.stopping();
  });
  const loading = startingRules(config, log, stop);
  // The gateway's start hears of it.
  loading.catch(() => {});
  const { startGateway } = await import('../compose/gateway.ts');
  warnOfSurroundings(file, log);
  const inForce = new InForceFile(config.data_dir, file, log);
  const firstToken = (secret: string) => err(`API token with the scope admin, shown only now: ${secret}\n`);
  const faults = faultsFromEnvironment();
  const ended = () => inForce.ended();
  const world = { clock: systemClock, random: pooledRandom(), faults, log, version, firstToken, stop, ended };
  const gateway = await startGateway(config, world, loading).catch(error => {
    // What was started is stopped again: this is no failure.
    if (stop.aborted && error === stop.reason) return null;
    throw error;
  });
  if (gateway !== null && !stop.aborted) {
    log.info({ smtp: gateway.smtpAddresses, api: gateway.apiAddress, version, mode: config.mode }, 'listening');
    await takeMail(gateway, { file, config, revision, inForce, hangups, told, manager, log });
  } else await gateway?.stop(drainMs);
  log.info({}, 'stopped');
  return exitCodes.ok;
}

function warnOfSurroundings(file: string | null, log: Log): void {
  if (confinement.hasNetwork)
    log.warn(
      { node: process.version },
      'workers keep the network and the files below the working directory: Node 26 takes both away',
    );
  for (const path of exposedKeyFiles(file)) log.warn({ file: path }, 'private key readable by everybody');
}

interface Serving {
  readonly file: string | null;
  readonly config: Config;
  /** Of what was on disk before it was loaded. */
  readonly revision: string | null;
  readonly inForce: InForceFile;
  readonly hangups: HeldBack;
  readonly told: Promise<unknown>;
  readonly manager: Notifier;
  readonly log: Log;
}

/** Until it is told to stop, and has: says that it is ready, and loads again when it is told so. */
async function takeMail(gateway: Gateway, serving: Serving): Promise<void> {
  const { file, config, revision, inForce, hangups, told, manager, log } = serving;
  const ready = () => manager.ready(`mail on ${gateway.smtpAddresses.join(', ')}`);
  void ready();
  const reload = reloader(gateway, config, () => loadConfig(file), log);
  const loadAgain = () => inForce.around(reload).then(ready);
  let last = inForce.started(revision).then(isSame => (isSame && !hangups.hasCome() ? undefined : loadAgain()));
  hangups.heardBy(() => {
    void manager.reloading();
    last = last.then(loadAgain);
  });
  await told;
  await gateway.stop(drainMs);
}

/** `told` resolves, and `stop` aborts, at the first of these signals, also when it comes while we start. */
function signalled(...signals: readonly NodeJS.Signals[]): { told: Promise<NodeJS.Signals>; stop: AbortSignal } {
  const { promise: told, resolve } = Promise.withResolvers<NodeJS.Signals>();
  const stopping = new AbortController();
  for (const signal of signals)
    process.once(signal, () => {
      resolve(signal);
      stopping.abort(new TemporaryFailure('told to stop', { signal }));
    });
  return { told, stop: stopping.signal };
}

interface HeldBack {
  /** While nobody heard it. */
  hasCome(): boolean;
  heardBy(listener: () => void): void;
}

/** While it starts, too: by itself it would end the process, which systemd takes for the end that somebody wanted. */
function heldBack(signal: NodeJS.Signals): HeldBack {
  let hasCome = false;
  let listener = () => {
    hasCome = true;
  };
  process.on(signal, () => listener());
  return {
    hasCome: () => hasCome,
    heardBy: next => {
      listener = next;
    },
  };
}

/** A call of the system's generator costs more than a few bytes do. No byte is given twice. */
function pooledRandom(): Random {
  let pool = randomBytes(4096);
  return size => {
    if (size > pool.length) pool = randomBytes(Math.max(size, 4096));
    const taken = new Uint8Array(pool.subarray(0, size));
    pool = pool.fill(0, 0, size).subarray(size);
    return taken;
  };
}
