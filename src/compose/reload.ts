// SIGHUP: rules with their lists, certificates and files of entries are read again, each by itself, so that what is wrong with the one does not keep the
// other from use. What cannot be used leaves what was in force.

import { changedKeys, type RuleLists } from '../config/changed-keys.ts';
import type { Config } from '../config/schema.ts';
import type { Log } from '../observe/log.ts';
import type { Gateway } from './gateway.ts';

type Reloadable = Pick<Gateway, 'reloadRules' | 'reloadAccess' | 'replaceCertificates'>;

/** Reads again at each call, one after the other; resolves when all that was asked for until then is done. Never rejects. */
export function reloader(gateway: Reloadable, inForce: Config, read: () => Config, log: Log): () => Promise<void> {
  let last = Promise.resolve();
  /** Of the configuration that was read last: rules that could not be used with them are tried with them again. */
  let lists: RuleLists = inForce;
  return () => {
    last = last.then(() => {
      lists = readAgain(gateway, inForce, read, log) ?? lists;
      return reload(gateway, lists, log);
    });
    return last;
  };
}

/** Null where the configuration cannot be used. */
function readAgain(gateway: Reloadable, inForce: Config, read: () => Config, log: Log): Config | null {
  try {
    const next = read();
    gateway.replaceCertificates(next);
    log.info({}, 'configuration read again');
    const keys = changedKeys(inForce, next);
    if (keys.length > 0) log.warn({ keys }, 'changed, and in force only after a restart');
    return next;
  } catch (err) {
    log.error({ err }, 'configuration not read again: the one in force stays');
    return null;
  }
}

async function reload(gateway: Reloadable, lists: RuleLists, log: Log): Promise<void> {
  await gateway.reloadRules(lists).then(
    () => log.info({}, 'rules reloaded'),
    err => log.error({ err }, 'rules not reloaded: those in force stay'),
  );
  await gateway.reloadAccess().then(
    () => log.info({}, 'access files reloaded'),
    err => log.error({ err }, 'access files not reloaded: the entries in force stay'),
  );
}
