// The structure of the message, in both readings of it.

import { anomalies } from '../content/anomalies.ts';
import { choice, count, flag, text, texts } from '../model/shape.ts';
import { check } from './check.ts';

const meanings = Object.entries(anomalies).map(([name, meaning]) => `\`${name}\`: ${meaning}`);

export const mimeCheck = check({
  name: 'mime',
  after: [],
  timeoutMs: 10_000,
  about: 'The structure of the message, read by our own reader and by mailparser; where readers may disagree.',
  evidence: {
    type: text('The message’s own type, lower case.'),
    parts: count('Leaves, multiparts and enclosed messages.'),
    depth: count('The deepest of them; 0 is the message itself.'),
    limits: texts(
      'Limits that were exceeded, so that the rest was not read: `depth`, `parts`, `delimiters`, `decoded`, `header`.',
    ),
    anomalies: texts(`Where readers may disagree. ${meanings.join(' ')}`),
    is_ambiguous: flag('There is at least one anomaly.'),
    parser: choice(
      ['parsed', 'failed', 'refused'],
      'mailparser’s reading; `refused` when the message is over our caps for it.',
    ),
    parser_reason: text('Why not, empty when it is parsed.'),
    has_8bit_header: flag('A header field has bytes above 127.'),
  },
  async observe({ mail }) {
    const parsed = await mail.parsed();
    const structure = mail.structure();
    const found = [...(await mail.anomalies())].sort();
    return {
      type: structure.type.slice(0, 100),
      parts: structure.count,
      depth: structure.depth,
      limits: [...structure.limits].sort(),
      anomalies: found,
      is_ambiguous: found.length > 0,
      parser: parsed.state,
      parser_reason: parsed.state === 'parsed' ? '' : parsed.reason,
      has_8bit_header: mail.raw.subarray(0, mail.header.bodyStart).some(byte => byte > 127),
    };
  },
});
