// A bound on the time of what a worker waits for.

import { inTime } from '../model/in-time.ts';

export const late = Symbol('late');

/** What `task` gives, or `late` after `timeMs`. A task that is late runs on unheard. */
export const within = <T>(timeMs: number, task: () => Promise<T>): Promise<T | typeof late> =>
  inTime(task, timeMs, () => late);
