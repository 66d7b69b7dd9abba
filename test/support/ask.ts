// The questions of checks that most tests have no answer for.

import type { Ask } from '../../src/model/ask.ts';

/** No lists, no history, no entries: spread into an `Ask`. */
export const nothingKnown: Pick<Ask, 'listed' | 'history' | 'access'> = {
  listed: async () => ({ status: 'absent' }),
  history: async () => ({ status: 'absent' }),
  access: async () => ({ status: 'absent' }),
};
