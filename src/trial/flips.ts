// Verdicts that would ask for another action, counted by from where to where.

import { type Action, actions } from '../model/verdict.ts';

export interface Flip {
  readonly from: Action;
  readonly to: Action;
  readonly verdicts: number;
}

export const isStricter = (to: Action, than: Action): boolean => actions.indexOf(to) > actions.indexOf(than);

export class Flips {
  readonly #counts = new Map<string, number>();
  #total = 0;

  add(from: Action, to: Action): void {
    const key = `${from} ${to}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    this.#total += 1;
  }

  get total(): number {
    return this.#total;
  }

  /** In the order of force. */
  list(): readonly Flip[] {
    return actions.flatMap(from =>
      actions.flatMap(to => {
        const verdicts = this.#counts.get(`${from} ${to}`);
        return verdicts === undefined ? [] : [{ from, to, verdicts }];
      }),
    );
  }
}
