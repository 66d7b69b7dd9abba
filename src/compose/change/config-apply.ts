// A plan put in force: the files are swapped, the gateway that runs loads them, and where it does not take them all is put back.

import { realpathSync } from 'node:fs';
import { configText, loadConfig } from '../../config/load.ts';
import { revisionOf } from '../../config/revision.ts';
import { readOverrides } from '../../config/rule-files.ts';
import { incoming, journalOf, readJournal } from '../../config/swap-journal.ts';
import type { Faults } from '../../model/clock.ts';
import { TemporaryFailure } from '../../model/failure.ts';
import { errorText } from '../../model/thrown.ts';
import { lifeOf, ownerOf } from '../../smtp/process-owner.ts';
import { ConfigSwap, replacementOf } from './config-swap.ts';
import { type Proposal, planId, type Side, type Sides, withFolders } from './proposal.ts';
import type { Answered, RunningGateway } from './running-gateway.ts';
import type { Replacement } from './staged-copy.ts';

export interface ApplyPorts {
  readonly faults: Faults;
  /** Null where none runs. */
  readonly gateway: RunningGateway | null;
}

export type Applied =
  | { readonly status: 'in force' }
  /** No gateway runs: the next start takes it. */
  | { readonly status: 'swapped' }
  /** The files are as they were. `isInForce`: the gateway has them in force again. */
  | { readonly status: 'put back'; readonly problems: readonly string[]; readonly isInForce: boolean };

/** Of a plan's sides what a swap is about. */
type Swapped = Pick<Sides, 'folders' | 'id'> & {
  readonly before: Pick<Side, 'config' | 'revision'>;
  readonly after: Pick<Side, 'revision'>;
};

/** @throws TemporaryFailure where somebody changed something since the plan, PermanentFailure where nothing could be written. */
export async function applyPlan(proposal: Proposal, sides: Swapped, ports: ApplyPorts): Promise<Applied> {
  const { before, after } = sides;
  const about = { owner: await ownerOf(process.pid), before: before.revision, proposed: after.revision };
  const swap = await ConfigSwap.staged(proposal.config, replacementsOf(proposal, sides), about, ports.faults);
  if (idOfStaged(proposal, sides) !== sides.id) {
    swap.abandon();
    throw new TemporaryFailure('something was changed since the plan was made: nothing was applied, plan again');
  }
  return putInForce(swap, ports);
}

/** The plan's name if it were made of what is in force now and of what was staged; null where that does not load any more. */
function idOfStaged(proposal: Proposal, sides: Swapped): string | null {
  try {
    return planIdNow(proposal, sides);
  } catch {
    return null;
  }
}

function replacementsOf({ config, proposed }: Proposal, { folders }: Swapped): readonly Replacement[] {
  const file = proposed === null ? [] : [replacementOf('file', config, proposed)];
  return [...file, ...folders.map(({ folder, by }) => replacementOf('folder', folder, by))];
}

function planIdNow({ config, proposed }: Proposal, { before, folders }: Swapped): string {
  const file = proposed === null ? config : incoming(realpathSync(config));
  const staged = folders.map(({ folder }) => ({ folder, by: incoming(realpathSync(folder)) }));
  const now = revisionOf(configText(config), loadConfig(config));
  const then = revisionOf(configText(file), withFolders(loadConfig(file), staged));
  return planId(now, then, readOverrides(before.config.data_dir));
}

async function putInForce(swap: ConfigSwap, ports: ApplyPorts): Promise<Applied> {
  const { gateway, faults } = ports;
  try {
    await swap.forward();
  } catch (cause) {
    return putBack(swap, ports, [`the files cannot be moved: ${errorText(cause)}`]);
  }
  const { proposed } = swap.journal;
  const { revision, problems } = gateway === null ? { revision: proposed, problems: [] } : await reloaded(gateway);
  if (revision !== proposed) {
    const why = problems.length > 0 ? problems : ['files were changed while it loaded them'];
    return putBack(swap, ports, why);
  }
  await faults('A7-taken');
  swap.end();
  return { status: gateway === null ? 'swapped' : 'in force' };
}

async function putBack(swap: ConfigSwap, { gateway }: ApplyPorts, problems: readonly string[]): Promise<Applied> {
  await swap.back();
  const answered = gateway && (await reloaded(gateway));
  swap.end();
  return { status: 'put back', problems, isInForce: answered?.revision === swap.journal.before };
}

/** One that cannot be told has not taken it. */
const reloaded = (gateway: RunningGateway): Promise<Answered> =>
  gateway.reload().catch(error => ({ revision: null, problems: [errorText(error)] }));

/**
 * Ends what a process left behind that was killed while it applied: what had been decided is done. Null where there is nothing.
 * @throws TemporaryFailure where that process lives, or may live in another container and `isForced` does not say otherwise.
 */
export async function endUnfinished(
  configFile: string,
  isForced: boolean,
  ports: ApplyPorts,
): Promise<Applied | 'abandoned' | null> {
  const journal = readJournal(configFile);
  if (journal === null) return null;
  const life = await lifeOf(journal.owner);
  if (life === 'lives' || (life === 'unknown' && !isForced))
    throw new TemporaryFailure(`process ${journal.owner.pid} is applying: ${journalOf(configFile)}`);
  const swap = ConfigSwap.resumed(configFile, journal, ports.faults);
  switch (journal.state) {
    case 'staging':
      swap.abandon();
      return 'abandoned';
    case 'forward':
      return putInForce(swap, ports);
    case 'back':
      return putBack(swap, ports, ['it was being put back']);
  }
}
