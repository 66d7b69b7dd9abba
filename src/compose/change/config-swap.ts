// The swap of a configuration file and folders of rules for what is proposed. One rename of a journal decides for all of them
// at once; what is cut short at any step is, for whoever reads it, all of the one or all of the other, and is finished later.

import { existsSync, linkSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { incoming, journalOf, outgoing, type SwapJournal, type SwapTarget } from '../../config/swap-journal.ts';
import type { Faults } from '../../model/clock.ts';
import { PermanentFailure } from '../../model/failure.ts';
import { type Replacement, stage, syncPath } from './staged-copy.ts';
import { claimJournal, writeJournal } from './swap-claim.ts';

export const replacementOf = (kind: SwapTarget['kind'], named: string, by: string): Replacement => ({
  kind,
  named: resolve(named),
  at: realpathSync(named),
  by,
});

export class ConfigSwap {
  readonly #file: string;
  readonly #faults: Faults;
  #journal: SwapJournal;

  private constructor(file: string, journal: SwapJournal, faults: Faults) {
    this.#file = file;
    this.#journal = journal;
    this.#faults = faults;
  }

  /**
   * Copies what is proposed beside what it is to replace; nothing is in force of it yet.
   * @throws TemporaryFailure where another swap is under way, PermanentFailure where something cannot be written; nothing is left then.
   */
  static async staged(
    configFile: string,
    replacements: readonly Replacement[],
    about: Pick<SwapJournal, 'owner' | 'before' | 'proposed'>,
    faults: Faults,
  ): Promise<ConfigSwap> {
    const targets = replacements.map(({ kind, named, at }) => ({ kind, named, at }));
    const journal: SwapJournal = { state: 'staging', targets, ...about };
    await claimJournal(journalOf(configFile), journal, faults);
    const swap = new ConfigSwap(journalOf(configFile), journal, faults);
    try {
      await faults('A1-staging');
      for (const replacement of replacements) stage(replacement);
      await faults('A2-staged');
    } catch (cause) {
      swap.abandon();
      throw new PermanentFailure('what is proposed cannot be written beside what is in force: nothing was changed', {
        cause,
      });
    }
    return swap;
  }

  /** One that a process left behind. */
  static resumed(configFile: string, journal: SwapJournal, faults: Faults): ConfigSwap {
    return new ConfigSwap(journalOf(configFile), journal, faults);
  }

  get journal(): SwapJournal {
    return this.#journal;
  }

  /** Takes back what was staged. */
  abandon(): void {
    for (const { at } of this.#journal.targets) rmSync(incoming(at), { recursive: true, force: true });
    this.#close();
  }

  /** From the first rename on what is proposed is in force for whoever reads it; then it is moved to its place. */
  async forward(): Promise<void> {
    this.#turn('forward');
    await this.#faults('A3-committed');
    for (const target of this.#journal.targets) {
      await moveIn(target, this.#faults);
      await this.#faults('A5-one-moved');
    }
    await this.#faults('A6-all-moved');
  }

  /** What was in force before is again. */
  async back(): Promise<void> {
    this.#turn('back');
    await this.#faults('A8-putting-back');
    for (const target of this.#journal.targets) await moveBack(target, this.#faults);
    await this.#faults('A10-put-back');
  }

  /** It is as it is to be: nothing of the swap is left. */
  end(): void {
    // First: a process that found it could not put back any more what is taken away here. What is left without it nobody reads, and
    // the next swap takes it away.
    this.#close();
    for (const { at } of this.#journal.targets) {
      rmSync(outgoing(at), { recursive: true, force: true });
      rmSync(incoming(at), { recursive: true, force: true });
    }
  }

  #turn(state: SwapJournal['state']): void {
    this.#journal = { ...this.#journal, state };
    rmSync(this.#turned, { force: true });
    writeJournal(this.#turned, this.#journal);
    renameSync(this.#turned, this.#file);
    syncPath(dirname(this.#file));
  }

  /** The journal that says so, until it is in the place of the other. */
  get #turned(): string {
    return `${this.#file}.new`;
  }

  #close(): void {
    // While the journal still keeps others from it.
    rmSync(this.#turned, { force: true });
    rmSync(this.#file, { force: true });
    syncPath(dirname(this.#file));
  }
}

/** Both can be done again where they were cut short. */
async function moveIn({ kind, at }: SwapTarget, faults: Faults): Promise<void> {
  if (!existsSync(incoming(at))) return;
  if (!existsSync(outgoing(at))) {
    // A file is never away; a folder that is has its new content beside it, which readers know.
    if (kind === 'file') linkSync(at, outgoing(at));
    else renameSync(at, outgoing(at));
  }
  await faults('A4-old-aside');
  renameSync(incoming(at), at);
  syncPath(dirname(at));
}

async function moveBack({ kind, at }: SwapTarget, faults: Faults): Promise<void> {
  if (!existsSync(outgoing(at))) return;
  if (kind === 'folder' && existsSync(at)) {
    rmSync(incoming(at), { recursive: true, force: true });
    renameSync(at, incoming(at));
  }
  await faults('A9-new-aside');
  // Where both are links to one file a rename does nothing (rename(2)): it is taken away at the end.
  renameSync(outgoing(at), at);
  syncPath(dirname(at));
}
