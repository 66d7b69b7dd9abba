// What a suite's case expects, what we say, and the cases in which ours is right all the same.

import type { Ending } from '../support/temp.ts';

export interface CaseOutcome {
  readonly name: string;
  readonly expected: string;
  readonly got: string;
}

/** By the name of the case: why ours is right, with the clause that says so. */
export type Departures = Readonly<Record<string, string>>;

export interface Suite {
  readonly name: string;
  outcomes(folder: string, t: Ending): AsyncIterable<CaseOutcome>;
  readonly departures: Departures;
}

/** The same reason for several cases. */
export const because = (why: string, ...cases: readonly string[]): Departures =>
  Object.fromEntries(cases.map(name => [name, why]));

export interface SuiteReport {
  readonly cases: number;
  readonly passed: number;
  readonly departed: readonly (CaseOutcome & { readonly why: string })[];
  /** Of other cases than those that depart. */
  readonly failures: readonly string[];
  /** Cases that are said to depart and pass, or are not there. */
  readonly stale: readonly string[];
}

export async function report(outcomes: AsyncIterable<CaseOutcome>, departures: Departures): Promise<SuiteReport> {
  const left = new Set(Object.keys(departures));
  const departed: (CaseOutcome & { readonly why: string })[] = [];
  const failures: string[] = [];
  let cases = 0;
  let passed = 0;
  for await (const outcome of outcomes) {
    const { name, expected, got } = outcome;
    const why = departures[name];
    cases += 1;
    if (expected === got) passed += 1;
    else if (why === undefined) failures.push(`${name}: expected ${expected}, got ${got}`);
    else if (left.delete(name)) departed.push({ ...outcome, why });
  }
  return { cases, passed, departed, failures, stale: [...left] };
}
