// Long passes over large messages take turns, one in a turn of the event loop, so that between them it hears its
// heartbeat and serves the small messages beside them.

/** From this size on a pass over a message may take longer than its neighbours should wait. */
const largeBytes = 256 * 1024;

const waiting: (() => void)[] = [];

/** Resolves when the next pass over `bytes` may begin: at once where they are few. */
export async function turnFor(bytes: { readonly length: number }): Promise<void> {
  if (bytes.length < largeBytes) return;
  await new Promise<void>(begin => {
    if (waiting.push(begin) === 1) setImmediate(beginNext);
  });
}

/** What one pass waits for has its own turns of the loop: an immediate that is set in one runs in the next. */
function beginNext(): void {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(beginNext);
}
