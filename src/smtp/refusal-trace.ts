// What the ledger gets of refusals: each of them, until a source has many in a minute, whose others are then counted. A
// flood is traceable by who sent it, and does not fill the disk.

import type { RefusalRecord } from '../model/disposition.ts';
import { sourceOf } from '../model/networks.ts';

export interface RefusalTraceOptions {
  /** Records of their own in a minute: of one source, and of all. */
  readonly perSource: number;
  readonly inAll: number;
  /** Sources that are told apart; when there are more, the minute ends at once. */
  readonly maxSources: number;
}

interface SourceRefusals {
  passedOn: number;
  /** By code and enhanced code: the last of them, with how many it stands for. */
  readonly counted: Map<string, RefusalRecord>;
}

const minute = 60_000;

export class RefusalTrace {
  readonly #options: RefusalTraceOptions;
  readonly #passOn: (record: RefusalRecord) => void;
  readonly #bySource = new Map<string, SourceRefusals>();
  #passedOn = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: RefusalTraceOptions, passOn: (record: RefusalRecord) => void) {
    this.#options = options;
    this.#passOn = passOn;
  }

  add(record: RefusalRecord): void {
    const source = this.#of(sourceOf(record.clientAddress));
    this.#timer ??= setTimeout(() => this.flush(), minute).unref();
    if (source.passedOn < this.#options.perSource && this.#passedOn < this.#options.inAll) {
      source.passedOn += 1;
      this.#passedOn += 1;
      this.#passOn(record);
      return;
    }
    const key = `${record.reply.code} ${record.reply.enhanced}`;
    source.counted.set(key, together(source.counted.get(key), record));
  }

  /** Ends the minute: what was counted is passed on. */
  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#passedOn = 0;
    const ended = [...this.#bySource.values()];
    this.#bySource.clear();
    for (const { counted } of ended) for (const record of counted.values()) this.#passOn(record);
  }

  #of(source: string): SourceRefusals {
    const known = this.#bySource.get(source);
    if (known !== undefined) return known;
    if (this.#bySource.size >= this.#options.maxSources) this.flush();
    const added: SourceRefusals = { passedOn: 0, counted: new Map() };
    this.#bySource.set(source, added);
    return added;
  }
}

/** One record for both; a path that they do not share is left out. */
function together(counted: RefusalRecord | undefined, record: RefusalRecord): RefusalRecord {
  if (counted === undefined) return record;
  return {
    ...record,
    times: counted.times + record.times,
    reversePath: counted.reversePath === record.reversePath ? record.reversePath : null,
    forwardPath: counted.forwardPath === record.forwardPath ? record.forwardPath : null,
  };
}
