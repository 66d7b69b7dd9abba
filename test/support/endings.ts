// For parts that a whole suite shares: what `after` of a test is, but called from a `before` hook.

import { after } from 'node:test';
import type { Ending } from './temp.ts';

/** To be called in the body of `describe`. The last to be registered is the first to be run. */
export function suiteEnding(): Ending {
  const endings: (() => void | Promise<void>)[] = [];
  after(async () => {
    for (const end of endings) await end();
  });
  return { after: fn => void endings.unshift(fn) };
}
