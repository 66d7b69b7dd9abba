// The short trace that a refused connection, command or recipient leaves in the ledger.

import type { Path } from '../model/address.ts';
import type { Clock, Random } from '../model/clock.ts';
import type { RefusalRecord } from '../model/disposition.ts';
import { newId } from '../model/ids.ts';
import type { Reply } from '../model/reply.ts';

interface Sources {
  readonly clock: Clock;
  readonly random: Random;
}

export function refusalRecord(
  { clock, random }: Sources,
  clientAddress: string,
  reply: Reply,
  reversePath: Path | null = null,
  forwardPath: Path | null = null,
): RefusalRecord {
  const id = newId(clock, random);
  return { kind: 'refusal', id, at: clock.now(), clientAddress, reversePath, forwardPath, reply, times: 1 };
}
