// Tells systemd how we are: ready, reloading, stopping, and alive (sd_notify(3)).
//
// Its socket is a datagram socket of the file system, which Node does not have: systemd's own command speaks for us. The
// unit therefore says NotifyAccess=all.

import { execFile } from 'node:child_process';
import type { ServiceManager } from '../../config/service-manager.ts';
import type { Log } from '../../observe/log.ts';

export interface Notifier {
  ready(status: string): Promise<void>;
  reloading(): Promise<void>;
  stopping(): Promise<void>;
}

/** Says nothing where nobody listens. Signs of life come from the loop that serves SMTP: one that stands still gives none. */
export function notifier(manager: ServiceManager | null, log: Log): Notifier {
  if (manager === null) return { ready: said, reloading: said, stopping: said };
  // One after the other: READY must not overtake the RELOADING before it.
  let last = Promise.resolve();
  const tell = (...words: readonly string[]) => {
    last = last.then(() => notify(words)).catch(cause => log.warn({ cause, words }, 'service manager not told'));
    return last;
  };
  if (manager.watchdogMs !== null) setInterval(() => void tell('WATCHDOG=1'), manager.watchdogMs / 3).unref();
  return {
    ready: status => tell('READY=1', `STATUS=${status}`, `MAINPID=${process.pid}`),
    reloading: () => tell('RELOADING=1'),
    stopping: () => tell('STOPPING=1'),
  };
}

const said = async (): Promise<void> => {};

function notify(words: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile('systemd-notify', [...words], { timeout: 10_000 }, error => (error === null ? resolve() : reject(error)));
  });
}
