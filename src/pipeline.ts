// The line from end-of-data to the reply: each arrow of DESIGN.md section 2 is one step here, and nothing else is.
//
//   Envelope, Message ──▶ Evidence ──▶ Verdicts ──▶ Disposition ──▶ Reply
//
// Checks observe and never score; rules judge and do no I/O; disposal acts and never looks at content.

import type { Clock, Faults } from './model/clock.ts';
import type { Disposition, JudgedGroup, LedgerRecord, PolicyGroup } from './model/disposition.ts';
import type { Envelope } from './model/envelope.ts';
import type { Evidence } from './model/evidence.ts';
import type { Message } from './model/message.ts';
import type { Reply } from './model/reply.ts';
import type { Verdict } from './model/verdict.ts';

export interface Stations {
  inspect(envelope: Envelope, message: Message): Promise<Evidence>;
  /** Recipients that share a policy get one verdict. */
  groupsOf(envelope: Envelope, evidence: Evidence): readonly PolicyGroup[];
  judge(evidence: Evidence, group: PolicyGroup): Verdict;
  dispose(
    envelope: Envelope,
    message: Message,
    evidence: Evidence,
    groups: readonly JudgedGroup[],
  ): Promise<Disposition>;
  /** Writes behind the reply; never waited for, and never throws: the copies are where they belong by then. */
  record(record: LedgerRecord): void;
  /** The boundary for what nobody foresaw: logged with its stack, `451 4.3.0`: never 250, never 5xx. */
  ourFault(error: unknown, envelope: Envelope): Reply;
  readonly clock: Clock;
  readonly faults: Faults;
}

/** What the client hears to its end-of-data. Never throws. */
export async function answer(stations: Stations, envelope: Envelope, message: Message): Promise<Reply> {
  const { inspect, groupsOf, judge, dispose, record, ourFault, clock, faults } = stations;
  const from = clock.monotonic();
  try {
    const evidence = await inspect(envelope, message);
    const inspected = clock.monotonic();

    const groups = groupsOf(envelope, evidence).map(group => ({ ...group, verdict: judge(evidence, group) }));
    await faults('R4-verdict');
    const judged = clock.monotonic();

    const { outcomes, reply, alterations } = await dispose(envelope, message, evidence, groups);
    const disposed = clock.monotonic();

    record({
      kind: 'message',
      id: envelope.id,
      at: clock.now(),
      envelope,
      sizeBytes: message.sizeBytes,
      sha256: message.sha256,
      evidence,
      groups,
      outcomes,
      ...(alterations && { alterations }),
      reply,
      timings: {
        inspect: inspected - from,
        judge: judged - inspected,
        dispose: disposed - judged,
        total: disposed - from,
      },
    });
    return reply;
  } catch (error) {
    return ourFault(error, envelope);
  }
}
