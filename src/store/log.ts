// What the store needs of a log: events with fields, for the operator.

type Fields = Readonly<Record<string, unknown>>;

export interface StoreLog {
  info(fields: Fields, event: string): void;
  warn(fields: Fields, event: string): void;
  error(fields: Fields, event: string): void;
}
