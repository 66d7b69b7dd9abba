// A function of node:fs replaced for one test, for all that imports it by name: to see a step from the outside, or to be the one who
// acts in between.

import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import type { TestContext } from 'node:test';

type Replaceable = 'chmodSync' | 'linkSync' | 'rmSync';

/** `by` gets the real one first. */
export function replaced<Name extends Replaceable>(
  t: TestContext,
  name: Name,
  by: (real: (typeof fs)[Name], ...args: Parameters<(typeof fs)[Name]>) => void,
): void {
  const real = fs[name];
  let isOver = false;
  const mock = t.mock.method(fs, name, (...args: Parameters<(typeof fs)[Name]>) => {
    if (!isOver) return by(real, ...args);
    // Parts of Node that are loaded meanwhile keep what they found.
    return Reflect.apply(real, fs, args);
  });
  syncBuiltinESMExports();
  t.after(() => {
    isOver = true;
    mock.mock.restore();
    syncBuiltinESMExports();
  });
}
