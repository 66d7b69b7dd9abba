// ClamAV's opinion of the message as it came and, where readers may disagree about it, of every content in every reading.

import type { Mail } from '../content/mail.ts';
import type { Ask, ScanResult } from '../model/ask.ts';
import { TemporaryFailure } from '../model/failure.ts';
import { choice, count, text } from '../model/shape.ts';
import { check, Skipped } from './check.ts';

/** Contents sent at most; a message with more is not clean. */
const maxContents = 50;
/** On their way to clamd together, before the next is decoded. */
const maxSentBytes = 4 * 1024 * 1024;

export const clamavCheck = check({
  name: 'clamav',
  after: [],
  timeoutMs: 60_000,
  about: 'ClamAV’s opinion of the message as it came, and of its parts where readers may disagree about them.',
  evidence: {
    result: choice(
      ['clean', 'malware', 'encrypted', 'unscannable'],
      'The worst of what was found. Only `clean` is clean.',
    ),
    signature: text('The signature that matched; empty when it is not malware.'),
    part: text('Where: `message`, or a part; empty when clean.'),
    reason: text('Why it is unscannable; empty otherwise.'),
    scans: count('How many contents were sent.'),
  },
  async observe({ mail, ask }) {
    const whole = await ask.scan('clamd', mail.raw);
    if (whole.status === 'absent') return new Skipped('no clamd configured');
    const scanned: Scanned[] = [{ where: 'message', result: whole }];
    if (whole.status !== 'malware') scanned.push(...(await scanContents(mail, ask)));
    return opinion(scanned);
  },
});

interface Scanned {
  readonly where: string;
  readonly result: ScanResult;
}

/** clamd reads MIME itself, so what all readers read alike is not sent twice. */
async function scanContents(mail: Mail, ask: Ask): Promise<readonly Scanned[]> {
  if ((await mail.anomalies()).size === 0 && mail.structure().limits.size === 0) return [];
  const contents = await mail.contents();
  const scanned: Promise<Scanned>[] = [];
  let sentBytes = 0;
  for (const { where, read } of contents.slice(0, maxContents)) {
    const content = await read();
    if (content.length >= mail.raw.length) continue;
    scanned.push(ask.scan('clamd', content.subarray()).then(result => ({ where, result })));
    sentBytes += content.length;
    if (sentBytes < maxSentBytes) continue;
    await Promise.all(scanned);
    sentBytes = 0;
  }
  const results = await Promise.all(scanned);
  if (contents.length <= maxContents) return results;
  const reason = `more than ${maxContents} contents`;
  return [...results, { where: 'message', result: { status: 'unscannable', reason } }];
}

function opinion(scanned: readonly Scanned[]) {
  const worst = (status: ScanResult['status']) => scanned.find(({ result }) => result.status === status);
  const malware = worst('malware');
  const failure = worst('failed') ?? worst('absent');
  // Malware that was found stays found, whatever became of the other scans; without it a failed scan is not a clean one.
  if (malware === undefined && failure?.result.status === 'failed')
    throw new TemporaryFailure(failure.result.reason, { scanner: 'clamd', part: failure.where });
  const decisive = malware ?? worst('unscannable') ?? worst('encrypted');
  const result = decisive?.result ?? { status: 'clean' };
  return {
    result: resultOf(result),
    signature: result.status === 'malware' ? result.name.slice(0, 200) : '',
    part: decisive?.where.slice(0, 120) ?? '',
    reason: result.status === 'unscannable' ? result.reason.slice(0, 200) : '',
    scans: scanned.length,
  };
}

function resultOf({ status }: ScanResult) {
  switch (status) {
    case 'clean':
    case 'malware':
    case 'encrypted':
    case 'unscannable':
      return status;
    case 'failed':
    case 'absent':
      // A scanner that went away between two scans left no opinion.
      throw new TemporaryFailure('the scanner went away', { scanner: 'clamd' });
  }
}
