// Keeps content as it arrives until it is too much, or until the disk refuses; whatever is wrong, the rest is heard and let go.

import type { Faults } from '../model/clock.ts';
import type { Message } from '../model/message.ts';
import type { Reply } from '../model/reply.ts';
import { replies } from './replies.ts';
import type { Spool } from './spool.ts';
import { countReceived, maxReceived } from './trace-fields.ts';

export interface ContentLimits {
  readonly maxMessageBytes: number;
  readonly bareNewlines: 'normalise' | 'refuse';
}

export type Content =
  | { readonly state: 'complete'; readonly message: Message }
  | { readonly state: 'refused'; readonly reply: Reply; readonly hadBareNewlines: boolean }
  /** Somebody may see another end of the message: nothing that follows may be obeyed. */
  | { readonly state: 'smuggled' }
  | { readonly state: 'gone' }
  /** The disk refused. Read to its end, not kept. */
  | { readonly state: 'not-kept'; readonly cause: unknown };

export class ContentKeeper {
  readonly #spool: Spool;
  readonly #limits: ContentLimits;
  readonly #faults: Faults;
  #isTooLarge = false;
  #failure: { readonly cause: unknown } | null = null;

  constructor(spool: Spool, limits: ContentLimits, faults: Faults) {
    this.#spool = spool;
    this.#limits = limits;
    this.#faults = faults;
  }

  async keep(content: Uint8Array): Promise<void> {
    if (this.#spool.sizeBytes + content.length > this.#limits.maxMessageBytes) this.#isTooLarge = true;
    if (this.#isTooLarge || this.#failure !== null) return;
    try {
      const written = this.#spool.write(content);
      if (written !== null) await written;
      await this.#faults('R2-content-arriving');
    } catch (cause) {
      this.#failure = { cause };
    }
  }

  /** What is wrong with the content so far; null where it may go on. */
  defect(hadBareNewlines: boolean): Content | null {
    if (this.#isTooLarge) return { state: 'refused', reply: replies.tooLarge, hadBareNewlines };
    if (hadBareNewlines && this.#limits.bareNewlines === 'refuse')
      return { state: 'refused', reply: replies.bareNewline, hadBareNewlines };
    return this.#failure === null ? null : { state: 'not-kept', cause: this.#failure.cause };
  }

  /** The content is all there. */
  async outcome(hadBareNewlines: boolean): Promise<Content> {
    const defect = this.defect(hadBareNewlines);
    if (defect !== null) return defect;
    try {
      const message = await this.#spool.finish(hadBareNewlines);
      const isLooping = countReceived(message.header) > maxReceived;
      return isLooping
        ? { state: 'refused', reply: replies.mailLoop, hadBareNewlines }
        : { state: 'complete', message };
    } catch (cause) {
      return { state: 'not-kept', cause };
    }
  }
}
