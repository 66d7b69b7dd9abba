// The stations of the line, tied to the parts that do their work.

import type { Dispose } from '../dispose/dispose.ts';
import type { Clock, Faults } from '../model/clock.ts';
import type { LedgerRecord } from '../model/disposition.ts';
import type { Envelope } from '../model/envelope.ts';
import { type Reply, reply } from '../model/reply.ts';
import type { Log } from '../observe/log.ts';
import { messageLine } from '../observe/message-line.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Stations } from '../pipeline.ts';
import type { LedgerWriter } from '../store/ledger.ts';
import type { TextsUnderWay } from './parts/texts-under-way.ts';

interface Parts extends Pick<Stations, 'inspect' | 'groupsOf' | 'judge'> {
  readonly dispose: Dispose;
  readonly ledger: Pick<LedgerWriter, 'append'>;
  /** What the history makes of it. */
  readonly learn: (record: LedgerRecord) => void;
  /** Null where no texts are kept. */
  readonly texts: Pick<TextsUnderWay, 'recorded' | 'letGo'> | null;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly clock: Clock;
  readonly faults: Faults;
}

export function stationsOf({ ledger, learn, texts, metrics, log, ...parts }: Parts): Stations {
  const failed = (error: unknown, envelope: Envelope): Reply => {
    texts?.letGo(envelope.id);
    return ourFault(log, error, envelope);
  };
  return {
    ...parts,
    record: record => {
      try {
        ledger.append(record);
        texts?.recorded(record);
        learn(record);
        metrics.message(record);
        log.info(messageLine(record), 'judged');
      } catch (error) {
        // Logged, and no more: to take the reply back would have copies sent again that are where they belong.
        failed(error, record.envelope);
      }
    },
    ourFault: failed,
  };
}

/** The stack goes to the log; the client hears nothing of it, and comes again. */
function ourFault(log: Log, error: unknown, envelope: Envelope): Reply {
  log.error({ tx: envelope.id, connection: envelope.connection.id, err: error }, 'our fault');
  return reply(451, '4.3.0', `Local error in processing, try again later (${envelope.id})`);
}
