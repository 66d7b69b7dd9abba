// Problems in the form of RFC 9457: the one shape of every answer that is not a success, the HTTP parser's included.

import { STATUS_CODES } from 'node:http';
import { z } from 'zod';

export const problemType = 'application/problem+json';

export const problemSchema = z
  .object({
    type: z.literal('about:blank').meta({ description: 'RFC 9457 section 4.2.1: the status says what kind it is.' }),
    title: z.string().meta({ description: 'The status in words.' }),
    status: z.int(),
    code: z.string().meta({ description: 'What exactly, for programs: `unknown_entry`.' }),
    detail: z.string().meta({ description: 'What exactly, for people.' }),
  })
  .catchall(z.unknown())
  .meta({ id: 'Problem', description: 'RFC 9457. Further members belong to the code.' });

export type Problem = z.infer<typeof problemSchema>;

export function problem(status: number, code: string, detail: string, members: Record<string, unknown> = {}): Problem {
  return { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, code, detail, ...members };
}
