// SIGHUP: rules with their lists, certificates and files of entries are read again, each by itself, so that what is wrong with the one does not keep the
// other from use. What cannot be used leaves what was in force.

import { changedKeys, type RuleLists } from '../../config/changed-keys.ts';
import type { Config } from '../../config/schema.ts';
import { errorText } from '../../model/thrown.ts';
import type { Log } from '../../observe/log.ts';
import type { Gateway } from '../gateway.ts';

type Reloadable = Pick<Gateway, 'reloadRules' | 'reloadAccess' | 'replaceCertificates'>;

/** What became of the configuration and the rules. */
export interface Reloaded {
  /** Why they were not taken, a line each. */
  readonly problems: readonly string[];
  /** Keys that changed, and are in force only after a restart. */
  readonly atRestart: readonly string[];
}

/** Reads again at each call, one after the other; resolves when all that was asked for until then is done. Never rejects. */
export function reloader(gateway: Reloadable, inForce: Config, read: () => Config, log: Log): () => Promise<Reloaded> {
  let last: Promise<unknown> = Promise.resolve();
  /** Of the configuration that was read last: rules that could not be used with them are tried with them again. */
  let lists: RuleLists = inForce;
  return () => {
    const done = last.then(async () => {
      const { next, problems, atRestart } = readAgain(gateway, inForce, read, log);
      lists = next ?? lists;
      return { problems: [...problems, ...(await reload(gateway, lists, log))], atRestart };
    });
    last = done;
    return done;
  };
}

/** `next` is null where the configuration cannot be used. */
function readAgain(
  gateway: Reloadable,
  inForce: Config,
  read: () => Config,
  log: Log,
): Reloaded & { readonly next: Config | null } {
  try {
    const next = read();
    gateway.replaceCertificates(next);
    log.info({}, 'configuration read again');
    const atRestart = changedKeys(inForce, next);
    if (atRestart.length > 0) log.warn({ keys: atRestart }, 'changed, and in force only after a restart');
    return { next, problems: [], atRestart };
  } catch (err) {
    log.error({ err }, 'configuration not read again: the one in force stays');
    return { next: null, problems: problemsIn(err), atRestart: [] };
  }
}

/** What is wrong with the rules. */
async function reload(gateway: Reloadable, lists: RuleLists, log: Log): Promise<readonly string[]> {
  const problems = await gateway.reloadRules(lists).then(
    () => {
      log.info({}, 'rules reloaded');
      return [];
    },
    err => {
      log.error({ err }, 'rules not reloaded: those in force stay');
      return problemsIn(err);
    },
  );
  await gateway.reloadAccess().then(
    () => log.info({}, 'access files reloaded'),
    err => log.error({ err }, 'access files not reloaded: the entries in force stay'),
  );
  return problems;
}

const problemsIn = (error: unknown): readonly string[] => errorText(error).split('\n');
