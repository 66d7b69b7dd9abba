// What patterns cost: each worker adds up milliseconds on a sheet of its own in shared memory, and the main thread reads them all.

import { distinctSymbols, type GivenPatterns, specsOf } from '../rules/patterns/patterns.ts';

/** Milliseconds, a place for each symbol of the worker's set in their order. Only its worker writes it. */
export type CostSheet = Float64Array<SharedArrayBuffer>;

export interface OpenSheet {
  readonly sheet: CostSheet;
  /** Its worker is gone: what it wrote is kept, the sheet is not. */
  close(): void;
}

export class PatternCosts {
  readonly #closed = new Map<string, number>();
  readonly #open = new Map<CostSheet, readonly string[]>();

  open(patterns: GivenPatterns): OpenSheet {
    const symbols = distinctSymbols(specsOf(patterns));
    const sheet = new Float64Array(new SharedArrayBuffer(symbols.length * Float64Array.BYTES_PER_ELEMENT));
    this.#open.set(sheet, symbols);
    return {
      sheet,
      close: () => {
        if (this.#open.delete(sheet)) addTo(this.#closed, symbols, sheet);
      },
    };
  }

  /** Milliseconds by symbol since the start, of those that were run at all. */
  bySymbol(): ReadonlyMap<string, number> {
    const sums = new Map(this.#closed);
    for (const [sheet, symbols] of this.#open) addTo(sums, symbols, sheet);
    return sums;
  }
}

function addTo(sums: Map<string, number>, symbols: readonly string[], sheet: CostSheet): void {
  for (const [place, symbol] of symbols.entries()) {
    const ms = sheet[place] ?? 0;
    if (ms > 0) sums.set(symbol, (sums.get(symbol) ?? 0) + ms);
  }
}
