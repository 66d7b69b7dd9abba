// The log as the gateway's parts see it: events with fields, not sentences; never message text or credentials.

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** The names that the line itself uses are not free. */
export type LogFields = Readonly<Record<string, unknown>> & {
  readonly level?: never;
  readonly time?: never;
  readonly event?: never;
};

export interface Log {
  debug(fields: LogFields, event: string): void;
  info(fields: LogFields, event: string): void;
  warn(fields: LogFields, event: string): void;
  error(fields: LogFields, event: string): void;
  /** A log whose every line carries `fields` too: the connection's or the transaction's id. */
  child(fields: LogFields): Log;
}

type Write = (level: LogLevel, fields: LogFields, event: string) => void;

/** A log that hands each event, with `base` among its fields, to `write`. */
export function withFields(base: LogFields, write: Write): Log {
  const at = (level: LogLevel) => (fields: LogFields, event: string) => write(level, { ...base, ...fields }, event);
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: fields => withFields({ ...base, ...fields }, write),
  };
}
