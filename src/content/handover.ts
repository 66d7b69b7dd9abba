// Who handed a message over to us: the last of the servers that it came through, of which no field in it tells yet.

export interface Handover {
  readonly address: string;
  /** As the DNS has it; null where it has none. */
  readonly name: string | null;
  readonly helo: string;
  readonly reversePath: string;
}
