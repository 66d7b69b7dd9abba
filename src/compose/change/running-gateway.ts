// The gateway that runs on a data_dir, as a command beside it sees it: what it has in force, and that it loads its files again.

import { setTimeout as passed } from 'node:timers/promises';
import { BadInput, PermanentFailure } from '../../model/failure.ts';
import { lifeOf, userOf } from '../../smtp/process-owner.ts';
import { type InForce, readInForce, type Told } from './in-force.ts';

export interface Answered {
  /** What it has in force now; null where it cannot tell, or did not answer. */
  readonly revision: string | null;
  /** Why it took nothing else, a line each. */
  readonly problems: readonly string[];
}

export interface RunningGateway {
  readonly inForce: InForce;
  /** Has it load its files again, and hears what became of it. */
  reload(): Promise<Answered>;
}

export interface Waiting {
  /** In all. */
  readonly ms: number;
  readonly everyMs: number;
}

/** Rules load and their tests run within seconds; a busy machine takes longer. */
const patience: Waiting = { ms: 120_000, everyMs: 50 };

/**
 * Null where none runs.
 * @throws BadInput where it is of another container: its processes cannot be told from here.
 */
export async function runningGateway(dataDir: string, waiting = patience): Promise<RunningGateway | null> {
  const inForce = readInForce(dataDir);
  const life = inForce === null ? 'gone' : await lifeOf(inForce.owner);
  if (inForce === null || life === 'gone') return null;
  if (life === 'unknown')
    throw new BadInput(
      `the gateway of ${dataDir} runs, or ran, in another container: give the command there; where it is gone, delete in-force.json`,
    );
  return { inForce, reload: () => reloaded(dataDir, waiting) };
}

async function reloaded(dataDir: string, { ms, everyMs }: Waiting): Promise<Answered> {
  const before = readInForce(dataDir);
  if (before === null) return { revision: null, problems: ['it is being stopped'] };
  await signal(before);
  for (let waited = 0; waited < ms; waited += everyMs) {
    const now = readInForce(dataDir);
    if (now !== null && now.reloads > before.reloads) return { revision: now.revision, problems: now.problems };
    if ((await lifeOf(before.owner)) === 'gone') return { revision: null, problems: ['it has ended'] };
    await passed(everyMs);
  }
  return { revision: null, problems: [`it has not answered for ${ms / 1000} s`] };
}

/** @throws PermanentFailure for a process that is gone, or another user's: SIGHUP ends most of them. */
async function signal({ owner, writtenBy }: Told): Promise<void> {
  if ((await lifeOf(owner)) !== 'lives' || (await userOf(owner.pid)) !== writtenBy)
    throw new PermanentFailure(`in-force.json names a process that is not its writer's: ${owner.pid}`);
  try {
    process.kill(Number(owner.pid), 'SIGHUP');
  } catch (cause) {
    throw new PermanentFailure(`the gateway, process ${owner.pid}, cannot be told to load again`, { cause });
  }
}
