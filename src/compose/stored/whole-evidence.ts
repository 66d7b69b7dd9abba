// Inspecting mail that waits for nobody's answer. Every check has its time by the clock, and many messages at once only share a
// worker's: what came too late for that is inspected again, alone.

import type { Evidence } from '../../model/evidence.ts';
import { gate } from '../../model/gate.ts';
import { isRepeatable } from './evidence-cache.ts';

/** `inspect` for at most `atOnce` messages; evidence that is late the second time too is given as it is. */
export function wholeEvidence<M>(
  inspect: (mail: M) => Promise<Evidence>,
  atOnce: number,
): (mail: M) => Promise<Evidence> {
  const underWay = gate(atOnce);
  const alone = gate(1);
  return async mail => {
    const evidence = await underWay.run(() => inspect(mail));
    return isRepeatable(evidence) ? evidence : alone.run(() => inspect(mail));
  };
}
