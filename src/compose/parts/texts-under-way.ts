// Texts that are to be kept, between the inspection of their message and its record: which of them the store is given.

import type { Config } from '../../config/schema.ts';
import type { LedgerRecord } from '../../model/disposition.ts';
import type { Id } from '../../model/ids.ts';
import type { TextKeeper } from '../../store/texts.ts';

/** Of all messages that wait for a next hop: who can delay their delivery must not fill our memory. */
const mostBytes = 32 * 1024 * 1024;

export class TextsUnderWay {
  readonly #keeper: () => Pick<TextKeeper, 'keep' | 'counts'>;
  readonly #texts = new Map<Id, Uint8Array>();
  #bytes = 0;
  #missing = 0;

  /** `keeper` is asked for once there are records. */
  constructor(keeper: () => Pick<TextKeeper, 'keep' | 'counts'>) {
    this.#keeper = keeper;
  }

  /** Messages whose texts were kept, and those whose could not be: unread, too many at once, or not taken by the disk. */
  get counts(): { readonly kept: number; readonly lost: number } {
    const { kept, lost } = this.#keeper().counts;
    return { kept, lost: lost + this.#missing };
  }

  inspected(transaction: Id, texts: Uint8Array): void {
    if (this.#bytes + texts.length > mostBytes) return;
    this.#texts.set(transaction, texts);
    this.#bytes += texts.length;
  }

  /** What lies in the quarantine is there whole, until somebody deletes it: that must be the end of it. */
  recorded({ id, at, outcomes }: Pick<LedgerRecord, 'id' | 'at' | 'outcomes'>): void {
    const texts = this.letGo(id);
    if (outcomes.some(({ disposition }) => disposition === 'quarantined')) return;
    if (texts === null) this.#missing += 1;
    else this.#keeper().keep(id, at, texts);
  }

  /** No record will come. */
  letGo(transaction: Id): Uint8Array | null {
    const texts = this.#texts.get(transaction) ?? null;
    this.#texts.delete(transaction);
    this.#bytes -= texts?.length ?? 0;
    return texts;
  }
}

/** Null where the configuration keeps none. */
export const textsUnderWay = (config: Config, keeper: () => TextKeeper): TextsUnderWay | null =>
  config.ledger.keep_texts === 'off' ? null : new TextsUnderWay(keeper);
