// What every NextHop owes, whatever it speaks. `make` gives one that takes everything, and a way to see what it took.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, type TestContext, test } from 'node:test';
import type { Faults } from '../../src/model/clock.ts';
import { newId } from '../../src/model/ids.ts';
import { type Message, type Outgoing, without } from '../../src/model/message.ts';
import type { Reply } from '../../src/model/reply.ts';
import type { Delivery, DeliveryResult, NextHop } from '../../src/next-hop/next-hop.ts';
import { countingRandom, FakeClock } from '../support/clock.ts';

export interface Subject {
  readonly nextHop: NextHop;
  /** The contents it stored, without what it puts before them itself; lines end in CRLF. */
  stored(): Promise<readonly Buffer[]>;
}

export type MakeNextHop = (t: TestContext, faults: Faults) => Promise<Subject>;

const random = countingRandom();

/** A message in memory; `chunkBytes` cuts it, since chunk boundaries are where wire writers break. */
export function messageOf(content: string | Uint8Array, chunkBytes = Number.POSITIVE_INFINITY): Message {
  const plain = typeof content === 'string' ? Buffer.from(content, 'latin1') : content;
  const bytes = new Uint8Array(new SharedArrayBuffer(plain.length));
  bytes.set(plain);
  return {
    sizeBytes: bytes.length,
    sha256: createHash('sha256').update(plain).digest('hex'),
    hadBareNewlines: false,
    header: bytes,
    bytes: async () => bytes,
    async *chunks() {
      for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
    },
  };
}

export const outgoingOf = (content: string | Uint8Array, more: Partial<Outgoing> = {}): Outgoing => ({
  prepended: '',
  edits: [],
  message: messageOf(content),
  ...more,
});

export function deliveryOf(
  outgoing: Outgoing | string,
  more: Partial<Delivery> & { to?: readonly string[] } = {},
): Delivery {
  const { to = ['rcpt@example.test'], ...rest } = more;
  const [first = 'rcpt@example.test', ...others] = to;
  const recipient = (path: string) => ({ path, parameters: [] });
  return {
    transaction: newId(new FakeClock(), random),
    reversePath: 'from@example.test',
    is8bit: false,
    isUtf8: false,
    parameters: [],
    client: null,
    recipients: [recipient(first), ...others.map(recipient)],
    outgoing: typeof outgoing === 'string' ? outgoingOf(outgoing) : outgoing,
    ...rest,
  };
}

/** `250`, or a code for each recipient where they are answered one by one. */
export function codeOf(result: DeliveryResult): string {
  const codes = (replies: ReadonlyMap<string, Reply>) => [...replies.values()].map(({ code }) => code).join(' ');
  return `${result.at} ${'replies' in result ? codes(result.replies) : result.reply.code}`;
}

const mail = 'Subject: hello\r\n\r\nDear all,\r\n.\r\n..dots\r\n\r\nend\r\n';

/** Registers the suite for one implementation. */
export function nextHopContract(name: string, make: MakeNextHop): void {
  describe(`next hop: ${name}`, () => {
    for (const chunkBytes of [1, 2, 3, 7, 1000]) {
      test(`stores what it was given, cut into pieces of ${chunkBytes}`, async t => {
        const { nextHop, stored } = await make(t, () => {});
        const result = await nextHop.deliver(deliveryOf(outgoingOf('', { message: messageOf(mail, chunkBytes) })));
        assert.equal(codeOf(result), 'content 250');
        assert.deepEqual((await stored()).map(String), [mail]);
      });
    }

    test('puts the added fields first, leaves others out and puts bytes in their place', async t => {
      const { nextHop, stored } = await make(t, () => {});
      const edits = [without({ start: 0, end: 8 }), { start: 18, end: 22, bytes: Buffer.from('bo\r\nbody') }];
      await nextHop.deliver(
        deliveryOf(outgoingOf('X-A: 1\r\nX-B: 2\r\n\r\nbody\r\n', { prepended: 'X-New: 3\r\n', edits })),
      );
      assert.deepEqual((await stored()).map(String), ['X-New: 3\r\nX-B: 2\r\n\r\nbo\r\nbody\r\n']);
    });

    test('every byte value passes, CR and LF apart', async t => {
      const { nextHop, stored } = await make(t, () => {});
      const values = Buffer.from(Array.from({ length: 256 }, (_, i) => i).filter(byte => byte !== 10 && byte !== 13));
      const content = Buffer.concat([Buffer.from('\r\n'), values, Buffer.from('\r\n')]);
      assert.equal(codeOf(await nextHop.deliver(deliveryOf(outgoingOf(content), { is8bit: true }))), 'content 250');
      assert.deepEqual(await stored(), [content]);
    });

    test('a last line without an end gets one', async t => {
      const { nextHop, stored } = await make(t, () => {});
      assert.equal(codeOf(await nextHop.deliver(deliveryOf('Subject: x\r\n\r\nno end'))), 'content 250');
      assert.deepEqual((await stored()).map(String), ['Subject: x\r\n\r\nno end\r\n']);
    });

    test('a message of several megabytes arrives whole', async t => {
      const { nextHop, stored } = await make(t, () => {});
      const content = `Subject: big\r\n\r\n${`.${'x'.repeat(77)}\r\n`.repeat(50_000)}`;
      const message = messageOf(content, 64 * 1024);
      assert.equal(codeOf(await nextHop.deliver(deliveryOf(outgoingOf('', { message })))), 'content 250');
      assert.ok((await stored())[0]?.equals(Buffer.from(content)));
    });

    test('answers for each recipient, one named twice included', async t => {
      const { nextHop } = await make(t, () => {});
      const to = ['a@example.test', 'b@example.test', 'a@example.test', '"odd >one"@example.test'];
      const result = await nextHop.deliver(deliveryOf(mail, { to }));
      assert.equal(codeOf(result), 'content 250 250 250');
      assert.ok('replies' in result && to.every(path => result.replies.has(path)));
    });

    // THREATS 2: whoever forwards one lets a lenient reader see another end-of-data.
    for (const [what, content] of [
      ['LF', 'a\nb\r\n'],
      ['CR', 'a\rb\r\n'],
      ['LF.LF', 'a\n.\nMAIL FROM:<>\r\n'],
      ['LF at the start', '\na\r\n'],
      ['CR at the end', 'a\r\n\r'],
      ['CR CR LF', 'a\r\r\n'],
    ] as const) {
      for (const chunkBytes of [1, 1000]) {
        test(`a bare ${what} in pieces of ${chunkBytes} is refused, and nothing is stored`, async t => {
          const { nextHop, stored } = await make(t, () => {});
          const result = await nextHop.deliver(deliveryOf(outgoingOf('', { message: messageOf(content, chunkBytes) })));
          assert.equal(codeOf(result), 'data 550');
          assert.equal('reply' in result && result.reply.enhanced, '5.6.11');
          assert.deepEqual(await stored(), []);
          assert.equal(codeOf(await nextHop.deliver(deliveryOf(mail))), 'content 250');
        });
      }
    }

    for (const [what, path, code] of [
      ['CRLF and a command', 'a@example.test>\r\nRCPT TO:<b@example.test', 553],
      ['a parameter', 'a@example.test> NOTIFY=NEVER', 553],
      ['an open quote', '"a@example.test', 553],
      // THREATS 41: no silent downgrade of what needs SMTPUTF8.
      ['a letter that is not ASCII', 'a\u00e9@example.test', 550],
    ] as const) {
      test(`an address with ${what} is never written`, async t => {
        const { nextHop, stored } = await make(t, () => {});
        assert.equal(codeOf(await nextHop.deliver(deliveryOf(mail, { to: [path] }))), `recipients ${code}`);
        assert.equal(codeOf(await nextHop.deliver(deliveryOf(mail, { reversePath: path }))), `mail ${code}`);
        assert.deepEqual(await stored(), []);
      });
    }

    test('a parameter of RCPT with CRLF and a command is never written', async t => {
      const { nextHop, stored } = await make(t, () => {});
      const recipients = [{ path: 'a@example.test', parameters: ['NOTIFY=NEVER\r\nRSET'] }] as const;
      assert.equal(codeOf(await nextHop.deliver(deliveryOf(mail, { recipients }))), 'recipients 553');
      assert.deepEqual(await stored(), []);
    });

    test('content that cannot be read is the caller’s failure, and nothing is stored', async t => {
      const { nextHop, stored } = await make(t, () => {});
      const message: Message = {
        ...messageOf(mail),
        async *chunks() {
          yield Buffer.from('Subject: half\r\n\r\n');
          throw new Error('the spool is gone');
        },
      };
      await assert.rejects(nextHop.deliver(deliveryOf(outgoingOf('', { message }))), /the spool is gone/);
      assert.deepEqual(await stored(), []);
      assert.equal(codeOf(await nextHop.deliver(deliveryOf(mail))), 'content 250');
    });

    test('the named states are passed in their order', async t => {
      const points: string[] = [];
      const { nextHop } = await make(t, point => void points.push(point));
      await nextHop.deliver(deliveryOf(mail));
      assert.deepEqual(points, ['R5a-next-hop-data', 'R5b-final-dot-sent', 'R5c-next-hop-replied']);
    });

    test('a fault before the content leaves nothing behind', async t => {
      let isFirst = true;
      const { nextHop, stored } = await make(t, point => {
        if (point !== 'R5a-next-hop-data' || !isFirst) return;
        isFirst = false;
        throw new Error('injected');
      });
      await assert.rejects(nextHop.deliver(deliveryOf(mail)), /injected/);
      assert.deepEqual(await stored(), []);
      assert.equal(codeOf(await nextHop.deliver(deliveryOf(mail))), 'content 250');
    });

    test('verify and check say yes, and deliveries at the same time all arrive', async t => {
      const { nextHop, stored } = await make(t, () => {});
      assert.equal((await nextHop.verify('a@example.test')).code, 250);
      assert.equal(await nextHop.check(), null);
      const results = await Promise.all(Array.from({ length: 30 }, () => nextHop.deliver(deliveryOf(mail))));
      assert.deepEqual(new Set(results.map(codeOf)), new Set(['content 250']));
      assert.equal((await stored()).length, 30);
    });
  });
}
