// postern serve: runs the gateway until it is told to stop.

import { randomBytes } from 'node:crypto';
import { InForceFile } from '../compose/in-force.ts';
import { reloader } from '../compose/reload.ts';
import { notifier } from '../compose/service-manager.ts';
import { startingRules } from '../compose/starting-rules.ts';
import { exposedKeyFiles } from '../config/exposed-keys.ts';
import { faultsFromEnvironment } from '../config/fault.ts';
import { loadConfig } from '../config/load.ts';
import { revisionOnDisk } from '../config/revision.ts';
import { serviceManager } from '../config/service-manager.ts';
import { confinement } from '../inspect/confinement.ts';
import { type Random, systemClock } from '../model/clock.ts';
import { logger } from '../observe/json-log.ts';
import type { Cli } from './command.ts';
import { exitCodes } from './exit-codes.ts';

/** Running transactions have so long to finish after SIGTERM. */
const drainMs = 25_000;

export function serveCommand({ program, run, err, version }: Cli): void {
  program
    .command('serve')
    .description('run the gateway; without a configuration file on the embedded defaults')
    .option('-c, --config <file>', 'configuration file')
    .action(({ config }: { config?: string }) => run(() => serve(config ?? null, err, version)));
}

async function serve(file: string | null, err: Cli['err'], version: string): Promise<number> {
  const stopping = signalled('SIGTERM', 'SIGINT');
  // While it starts, too: by itself it would end the process, which systemd takes for the end that somebody wanted.
  let isHungUp = false;
  let onHangup = () => {
    isHungUp = true;
  };
  process.on('SIGHUP', () => onHangup());
  // Before anything is loaded: what is the same afterwards is what was.
  const revision = revisionOnDisk(file);
  const config = loadConfig(file);
  const log = logger({ level: config.log.level, addresses: config.log.addresses });
  const loading = startingRules(config, log);
  // The gateway's start hears of it.
  loading.catch(() => {});
  const { startGateway } = await import('../compose/gateway.ts');
  if (confinement.hasNetwork)
    log.warn(
      { node: process.version },
      'workers keep the network and the files below the working directory: Node 26 takes both away',
    );
  for (const path of exposedKeyFiles(file)) log.warn({ file: path }, 'private key readable by everybody');
  const random = pooledRandom();
  const faults = faultsFromEnvironment();
  const firstToken = (secret: string) => err(`API token with the scope admin, shown only now: ${secret}\n`);
  const world = { clock: systemClock, random, faults, log, version, firstToken };
  const gateway = await startGateway(config, world, loading);
  log.info({ smtp: gateway.smtpAddresses, api: gateway.apiAddress, version, mode: config.mode }, 'listening');
  const manager = notifier(serviceManager(), log);
  const ready = () => manager.ready(`mail on ${gateway.smtpAddresses.join(', ')}`);
  void ready();
  const inForce = new InForceFile(config.data_dir, file, log);
  const reload = reloader(gateway, config, () => loadConfig(file), log);
  const loadAgain = () => inForce.around(reload).then(ready);
  let last = inForce.started(revision).then(isSame => (isSame && !isHungUp ? undefined : loadAgain()));
  onHangup = () => {
    void manager.reloading();
    last = last.then(loadAgain);
  };
  const signal = await stopping;
  log.info({ signal }, 'stopping');
  void manager.stopping();
  await gateway.stop(drainMs);
  await inForce.ended();
  log.info({}, 'stopped');
  return exitCodes.ok;
}

/** Resolves at the first of these signals, also when it comes while we start. */
function signalled(...signals: readonly NodeJS.Signals[]): Promise<NodeJS.Signals> {
  return new Promise(resolve => {
    for (const signal of signals) process.once(signal, () => resolve(signal));
  });
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
