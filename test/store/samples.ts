// Messages, entries and ledger records for the tests of the store and of disposal.

import { createHash } from 'node:crypto';
import type { JudgedGroup, LedgerRecord, RefusalRecord } from '../../src/model/disposition.ts';
import type { Envelope } from '../../src/model/envelope.ts';
import type { Evidence } from '../../src/model/evidence.ts';
import type { Id } from '../../src/model/ids.ts';
import type { Message } from '../../src/model/message.ts';
import { reply } from '../../src/model/reply.ts';
import type { Verdict } from '../../src/model/verdict.ts';
import type { NewEntry } from '../../src/store/quarantine.ts';

/** 2026-11-21, 12:00 UTC: where the fake clock starts. */
export const noon = Date.UTC(2026, 10, 21, 12, 0, 0);
export const day = 24 * 3600 * 1000;

/** `n` as an id of ours. */
export const sampleId = (n: number): Id => n.toString().padStart(20, '0') as Id;

/** A message with these bytes, handed over in chunks of `chunkBytes`. */
export function message(content: string | Uint8Array, chunkBytes = 65536): Message {
  const source = typeof content === 'string' ? Buffer.from(content) : content;
  const bytes = new Uint8Array(new SharedArrayBuffer(source.length));
  bytes.set(source);
  return {
    sizeBytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    hadBareNewlines: false,
    header: bytes,
    bytes: async () => bytes,
    async *chunks() {
      for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
    },
  };
}

export const spam = (n: number): Message => message(`Subject: offer ${n}\r\n\r\nBuy ${n}.\r\n`);

export function newEntry(with_: Partial<NewEntry> = {}): NewEntry {
  return {
    transaction: sampleId(1),
    receivedAt: noon,
    clientAddress: '192.0.2.1',
    reversePath: 'a@sender.example',
    recipients: ['x@rcpt.example'],
    is8bit: false,
    isUtf8: false,
    dsn: null,
    reason: 'policy',
    reply: null,
    profile: 'default',
    score: 8200,
    hits: [
      {
        symbol: 'OFFER',
        group: 'content',
        score: 8200,
        weight: 1000,
        points: 8200,
        setBy: 'rules/content/offer.yaml:3',
        because: 'an offer',
      },
    ],
    subject: 'offer',
    headerFrom: 'A <a@sender.example>',
    ...with_,
  };
}

export function verdict(with_: Partial<Verdict> = {}): Verdict {
  return {
    profile: 'default',
    score: 0,
    thresholds: { tag: 5000, quarantine: 8000, reject: 15000 },
    action: 'deliver',
    hits: [],
    floors: [],
    notJudged: [],
    missing: [],
    ...with_,
  };
}

export function envelope(recipients: readonly [string, ...string[]], with_: Partial<Envelope> = {}): Envelope {
  const [first, ...others] = recipients;
  const recipient = (path: string) => ({ path, parameters: [] });
  return {
    id: sampleId(7),
    connection: {
      id: sampleId(6),
      clientAddress: '192.0.2.1',
      clientPort: 4711,
      clientName: null,
      spokeEarly: false,
      direction: 'inbound',
      connectedAt: noon,
    },
    helo: 'client.example',
    protocol: 'ESMTP',
    tls: null,
    reversePath: 'a@sender.example',
    is8bit: false,
    isUtf8: false,
    parameters: [],
    recipients: [recipient(first), ...others.map(recipient)],
    startedAt: noon,
    ...with_,
  };
}

export const evidence: Evidence = { facts: {}, patternHits: { digest: '', hits: [], overran: [] }, timings: {} };

export function judged(recipients: readonly [string, ...string[]], with_: Partial<JudgedGroup> = {}): JudgedGroup {
  return { profile: 'default', mode: 'enforce', isRole: false, recipients, verdict: verdict(), ...with_ };
}

export function messageRecord(n: number, with_: Partial<LedgerRecord> = {}): LedgerRecord {
  const entry = newEntry();
  const group = judged(['x@rcpt.example'], {
    verdict: verdict({ score: entry.score, action: 'quarantine', hits: entry.hits }),
  });
  return {
    kind: 'message',
    id: sampleId(n),
    at: noon + n,
    envelope: envelope(['x@rcpt.example'], { id: sampleId(n) }),
    sizeBytes: 100,
    sha256: '00',
    evidence,
    groups: [group],
    outcomes: [{ path: 'x@rcpt.example', disposition: 'quarantined', entry: sampleId(9) }],
    reply: reply(250, '2.0.0', 'Ok'),
    timings: { verdict: 12.5 },
    ...with_,
  };
}

export function refusalRecord(n: number, with_: Partial<RefusalRecord> = {}): RefusalRecord {
  return {
    kind: 'refusal',
    id: sampleId(n),
    at: noon + n,
    clientAddress: '198.51.100.9',
    reversePath: 'b@sender.example',
    forwardPath: 'nobody@rcpt.example',
    reply: reply(550, '5.1.1', 'No such user'),
    times: 1,
    ...with_,
  };
}

/** Collects log events. */
export function recordingLog() {
  const events: string[] = [];
  const note = (_fields: unknown, event: string) => {
    events.push(event);
  };
  return { events, info: note, warn: note, error: note };
}
