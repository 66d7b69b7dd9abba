// What a check sees of a mail that a test wrote down.

import assert from 'node:assert/strict';
import { type Check, Skipped, type Subject } from '../../src/checks/check.ts';
import { readMail } from '../../src/content/mail.ts';
import type { ScanResult } from '../../src/model/ask.ts';
import type { Envelope } from '../../src/model/envelope.ts';
import { newId } from '../../src/model/ids.ts';
import type { Shape, ValueOf } from '../../src/model/shape.ts';
import { nothingKnown } from '../support/ask.ts';
import { countingRandom, FakeClock } from '../support/clock.ts';

const clock = new FakeClock();

export interface Scene {
  readonly reversePath?: string;
  readonly domains?: readonly string[];
  /** clamd's answers; without, none is configured. */
  readonly scan?: (content: Uint8Array) => ScanResult;
}

/** `mail` with its line ends made CRLF, one byte a character. */
export const crlf = (mail: string): Buffer => Buffer.from(mail.replace(/\r?\n/g, '\r\n'), 'latin1');

export function subjectOf(mail: string | Uint8Array, scene: Scene = {}): Subject {
  const shared = shareable(typeof mail === 'string' ? crlf(mail) : mail);
  const scan = scene.scan ?? (() => ({ status: 'absent' }));
  return {
    envelope: envelope(scene.reversePath ?? 'sender@sender.example'),
    receivedAt: clock.now(),
    site: { hostname: 'gate.example', domains: scene.domains ?? ['ours.example'], trustedNetworks: [] },
    mail: readMail(shared),
    ask: {
      dns: async () => ({ status: 'failed', code: 'not asked in this test' }),
      scan: async (_, content) => scan(content),
      ...nothingKnown,
    },
    facts: {},
  };
}

/** What `check` observes; it must not skip. */
export async function observed<S extends Shape>(
  check: Check<S>,
  subject: Subject,
): Promise<ValueOf<S> & Readonly<Record<string, unknown>>> {
  const value = await check.observe(subject);
  assert.ok(!(value instanceof Skipped));
  return value;
}

/** As workers get it. */
function shareable(bytes: Uint8Array): Uint8Array {
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  return shared;
}

function envelope(reversePath: string): Envelope {
  return {
    id: newId(clock, countingRandom()),
    connection: {
      id: newId(clock, countingRandom()),
      clientAddress: '192.0.2.1',
      clientPort: 40_000,
      clientName: null,
      spokeEarly: false,
      direction: 'inbound',
      connectedAt: clock.now(),
    },
    helo: 'client.example',
    protocol: 'ESMTP',
    tls: null,
    reversePath,
    is8bit: false,
    isUtf8: false,
    parameters: [],
    recipients: [{ path: 'ann@ours.example', parameters: [] }],
    startedAt: clock.now(),
  };
}
