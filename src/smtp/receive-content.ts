// Content by DATA, from the wire to the spool: dots removed, limits kept. Whatever is wrong with it, it is read to its
// end, so that what follows it is never taken for commands; only an imitation of that end stops at once.

import type { Faults } from '../model/clock.ts';
import { type Content, ContentKeeper, type ContentLimits } from './content-keeper.ts';
import { DotReader } from './dots.ts';
import type { Spool } from './spool.ts';

export interface ContentSource {
  /** The next bytes; null when the client is gone. */
  read(): Promise<Buffer | null>;
  /** Takes back what follows the content. */
  unread(rest: Buffer): void;
}

export async function receiveContent(
  source: ContentSource,
  spool: Spool,
  limits: ContentLimits,
  faults: Faults,
): Promise<Content> {
  const dots = new DotReader();
  const keeper = new ContentKeeper(spool, limits, faults);
  for (;;) {
    const bytes = await source.read();
    if (bytes === null) return { state: 'gone' };
    const { content, used, ending } = dots.scan(bytes);
    if (ending === 'imitation') return { state: 'smuggled' };
    await keeper.keep(content);
    if (ending === 'more') continue;
    source.unread(bytes.subarray(used));
    return await keeper.outcome(dots.hadBareNewline);
  }
}
