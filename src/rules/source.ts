// Where something in the rules was written, and what is wrong there: all problems are found before any is thrown.

import { ConfigError } from '../model/failure.ts';

/** A file of rules, a profile or a list, read by somebody else. */
export interface SourceFile {
  /** As people recognise it: `rules/auth/spf.yaml`. */
  readonly path: string;
  readonly text: string;
}

/** `rules/auth/spf.yaml:12`. */
export type Place = string;

export class Problems {
  /** What is read twice is wrong once. */
  readonly #found = new Set<string>();

  add(place: Place, what: string): void {
    this.#found.add(`${place}: ${what}`);
  }

  /** @throws ConfigError that lists every problem, a line each. */
  throwIfAny(): void {
    const problems = [...this.#found];
    if (problems.length > 0) throw new ConfigError(problems.join('\n'), { problems });
  }
}
