// ValiMail's suite of ARC chains, by way of our check.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { authenticator, crlf } from '../checks/auth-scene.ts';
import type { CaseOutcome } from './suite.ts';
import { resolverOf, textZone } from './zone.ts';

interface Scenario {
  readonly tests: Readonly<Record<string, { readonly message: string; readonly cv: string }>>;
  readonly 'txt-records': Readonly<Record<string, string>>;
}

/** The seals of the suite bear a time, which a verifier of ARC does not judge. */
const today = Date.UTC(2026, 10, 1);

export async function* arcCases(folder: string): AsyncGenerator<CaseOutcome> {
  const file = join(folder, 'suites/arc/valimail/arc-draft-validation-tests.yml');
  for (const document of parseAllDocuments(readFileSync(file, 'utf8'))) {
    const { tests, 'txt-records': texts } = document.toJS() as Scenario;
    // Long texts are written in several character-strings, with a blank between them.
    const keys = Object.entries(texts).map(([name, text]) => [name, text.replace(/([A-Za-z0-9+/=]) (?=\S)/g, '$1')]);
    const authenticate = authenticator(resolverOf(textZone(Object.fromEntries(keys))));
    for (const [name, { message, cv }] of Object.entries(tests)) {
      const fact = (await authenticate(crlf(message), { receivedAt: today }))['auth.arc'];
      const got = fact?.state === 'observed' ? (fact.value as { result: string }).result : (fact?.state ?? '');
      // The suite leaves open what is said of a chain beyond what a verifier looks at: only that it does not hold.
      yield {
        name,
        expected: cv === '' ? 'not pass' : cv.toLowerCase(),
        got: cv === '' && got !== 'pass' ? 'not pass' : got,
      };
    }
  }
}
