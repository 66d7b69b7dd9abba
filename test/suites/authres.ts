// Authentication-Results as others write them (go-msgauth's cases): a field that bears our name is taken out, another's stays.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { forgedFields } from '../../src/smtp/trace-fields.ts';
import type { CaseOutcome } from './suite.ts';

interface AuthresCase {
  readonly header_value: string;
  readonly expected_go_literal: string;
}

export async function* authresCases(folder: string): AsyncGenerator<CaseOutcome> {
  const text = readFileSync(join(folder, 'suites/authres/go-msgauth.json'), 'utf8');
  for (const { header_value, expected_go_literal } of JSON.parse(text) as readonly AuthresCase[]) {
    const id = /identifier: "([^"]*)"/.exec(expected_go_literal)?.[1] ?? '';
    const header = Buffer.from(`Authentication-Results: ${header_value}\r\nSubject: x\r\n\r\n`);
    const isTakenBy = (hostname: string): boolean => forgedFields(header, hostname).length === 1;
    yield {
      name: JSON.stringify(header_value),
      expected: `of ${id === '' ? 'nobody' : id}`,
      got: isTakenBy('other.example')
        ? 'taken for a field of other.example'
        : `of ${id !== '' && isTakenBy(id) ? id : 'nobody'}`,
    };
  }
}
