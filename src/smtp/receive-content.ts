// Content from the wire to the spool: dots removed, limits kept. Whatever is wrong with it, it is read to its end, so
// that what follows it is never taken for commands; only an imitation of that end stops at once.

import type { Faults } from '../model/clock.ts';
import type { Message } from '../model/message.ts';
import type { Reply } from '../model/reply.ts';
import { DotReader } from './dots.ts';
import { replies } from './replies.ts';
import type { Spool } from './spool.ts';
import { countReceived, maxReceived } from './trace-fields.ts';

export interface ContentLimits {
  readonly maxMessageBytes: number;
  readonly bareNewlines: 'normalise' | 'refuse';
}

export interface ContentSource {
  /** The next bytes; null when the client is gone. */
  read(): Promise<Buffer | null>;
  /** Takes back what follows end-of-data. */
  unread(rest: Buffer): void;
}

export type Content =
  | { readonly state: 'complete'; readonly message: Message }
  | { readonly state: 'refused'; readonly reply: Reply; readonly hadBareNewlines: boolean }
  /** Where the message ends is in doubt: nothing that follows may be obeyed. */
  | { readonly state: 'smuggled' }
  | { readonly state: 'gone' }
  /** The disk refused. Read to its end, not kept. */
  | { readonly state: 'not-kept'; readonly cause: unknown };

export async function receiveContent(
  source: ContentSource,
  spool: Spool,
  limits: ContentLimits,
  faults: Faults,
): Promise<Content> {
  const dots = new DotReader();
  const keeper = new Keeper(spool, limits.maxMessageBytes, faults);
  for (;;) {
    const bytes = await source.read();
    if (bytes === null) return { state: 'gone' };
    const { content, used, ending } = dots.scan(bytes);
    if (ending === 'imitation') return { state: 'smuggled' };
    await keeper.keep(content);
    if (ending === 'more') continue;
    source.unread(bytes.subarray(used));
    return await keeper.outcome(dots.hadBareNewline, limits.bareNewlines);
  }
}

/** Keeps content until it is too much, or until the disk refuses. */
class Keeper {
  readonly #spool: Spool;
  readonly #maxBytes: number;
  readonly #faults: Faults;
  #isTooLarge = false;
  #failure: { readonly cause: unknown } | null = null;

  constructor(spool: Spool, maxBytes: number, faults: Faults) {
    this.#spool = spool;
    this.#maxBytes = maxBytes;
    this.#faults = faults;
  }

  async keep(content: Uint8Array): Promise<void> {
    if (this.#spool.sizeBytes + content.length > this.#maxBytes) this.#isTooLarge = true;
    if (this.#isTooLarge || this.#failure !== null) return;
    try {
      const written = this.#spool.write(content);
      if (written !== null) await written;
      await this.#faults('R2-content-arriving');
    } catch (cause) {
      this.#failure = { cause };
    }
  }

  async outcome(hadBareNewlines: boolean, policy: ContentLimits['bareNewlines']): Promise<Content> {
    if (this.#isTooLarge) return { state: 'refused', reply: replies.tooLarge, hadBareNewlines };
    if (hadBareNewlines && policy === 'refuse')
      return { state: 'refused', reply: replies.bareNewline, hadBareNewlines };
    if (this.#failure !== null) return { state: 'not-kept', cause: this.#failure.cause };
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
