// Conditions of a query, added one by one; values are always bound, never written into the text (THREATS.md 16).

type Value = string | number;

export class Where {
  readonly #conditions: string[] = [];
  readonly values: Value[] = [];

  add(condition: string, ...values: readonly Value[]): void {
    this.#conditions.push(condition);
    this.values.push(...values);
  }

  /** Adds the condition only where `value` was given. */
  when(value: Value | undefined, condition: string): void {
    if (value !== undefined) this.add(condition, value);
  }

  get sql(): string {
    return this.#conditions.length === 0 ? '' : `WHERE ${this.#conditions.join(' AND ')}`;
  }
}
