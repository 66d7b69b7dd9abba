// Buffers that nobody needs any more, given back in time. They lie outside V8's heap, and it lets 64 MiB of dead ones gather in each
// thread before it looks for them; to have the kernel find fresh pages for all those costs more CPU than to look.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (options: {
  readonly type: 'minor' | 'major';
  readonly execution?: 'sync';
  readonly flavor?: 'last-resort';
}) => void;
let known: Collect | null = null;

/**
 * V8's own `gc`, which it shows only to contexts that are made while the flag is set. All threads share the flag: were it
 * taken back, it would be gone for another thread that has just set it.
 */
const collect: Collect = options => {
  if (known === null) {
    setFlagsFromString('--expose-gc');
    known = runInNewContext('gc') as Collect;
  }
  known(options);
};

const after =
  (type: 'minor' | 'major', limitBytes: number) =>
  (sizeBytes: number): void => {
    gone[type] += sizeBytes;
    if (gone[type] < limitBytes) return;
    gone[type] = 0;
    collect({ type });
  };

const gone = { minor: 0, major: 0 };

/** So many bytes of buffers were let go soon after they were made: a block of a message that passes. A millisecond for every 2 MiB. */
export const letGo = after('minor', 2 * 1024 * 1024);

/** So many were let go that were kept for a while: a whole message. Tens of milliseconds for every 16 MiB, so not on the main thread. */
export const letGoOfKept = after('major', 16 * 1024 * 1024);

/**
 * What a thread's start left: sources and rules that were read once, half of its memory. Takes tens of milliseconds, so to be
 * asked for before there is work; what is compiled later is kept.
 */
export function letGoOfStart(): void {
  setImmediate(collect, { type: 'major', execution: 'sync', flavor: 'last-resort' });
}

/**
 * V8 marks a heap again once it has grown by a third, and counts buffers outside it: with messages passing that was every second,
 * and an eighth of all work. Of all threads; for when they have loaded, as code that was kept for other flags is refused.
 */
export function letHeapsDouble(): void {
  setFlagsFromString('--heap-growing-percent=100');
}
