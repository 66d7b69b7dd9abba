// The log as JSON lines, one event each, on standard output.

import { type DestinationStream, pino } from 'pino';
import { LineWriter, unblockedStandardOutput } from './line-writer.ts';
import { type Log, type LogLevel, withFields } from './log.ts';
import { loggable } from './loggable.ts';
import { printableJson } from './printable.ts';

export interface LogOptions {
  readonly level: LogLevel;
  /** Whether local parts of addresses are hidden. The ledger keeps them in full either way. */
  readonly addresses: 'masked' | 'full';
}

/** A log to `destination`; to standard output when none is given. */
export function logger(options: LogOptions, destination: DestinationStream = standardOutput()): Log {
  const escaping = { write: (line: string) => destination.write(printableJson(line)) };
  const sink = pino(
    {
      level: options.level,
      base: null,
      messageKey: 'event',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: level => ({ level }), log: fields => loggable(fields, options) },
      // An error is serialised where it stands, by loggable.ts.
      serializers: { err: error => error },
    },
    escaping,
  );
  return withFields({}, (level, fields, event) => sink[level](fields, event));
}

/** Lines are dropped, not piled up, when whoever reads standard output has fallen behind by this much. */
const backlogCharacters = 16 * 1024 * 1024;

function standardOutput(): DestinationStream {
  const dropped = (lines: number) =>
    `${JSON.stringify({ level: 'warn', time: new Date().toISOString(), lines, event: 'log_lines_dropped' })}\n`;
  const writer = new LineWriter({ fd: unblockedStandardOutput(), backlogCharacters, dropped });
  process.on('exit', () => writer.flush());
  return writer;
}
