// Any bytes, cut anywhere: the same content, and nothing in it that a lax server could take for end-of-data.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DotReader } from '../../src/smtp/dots.ts';

/** Bytes that matter, mostly. */
const wire = fc
  .array(fc.constantFrom('\r\n', '\r', '\n', '.', '..', '\0', 'a', '\r\n.\r\n'), { maxLength: 30 })
  .map(p => p.join(''));
const cuts = fc.array(fc.nat({ max: 40 }), { maxLength: 6 });

function read(chunks: readonly Buffer[]) {
  const dots = new DotReader();
  let content = '';
  let used = 0;
  for (const chunk of chunks) {
    const scanned = dots.scan(chunk);
    content += Buffer.from(scanned.content).toString('latin1');
    used += scanned.used;
    if (scanned.ending !== 'more') return { ending: scanned.ending, content, used, hadBare: dots.hadBareNewline };
  }
  return { ending: 'more', content, used, hadBare: dots.hadBareNewline };
}

function cut(bytes: Buffer, at: readonly number[]): Buffer[] {
  const positions = [0, ...at.filter(i => i < bytes.length).toSorted((a, b) => a - b), bytes.length];
  return positions.slice(1).map((end, i) => bytes.subarray(positions[i], end));
}

test('the outcome does not depend on the chunks', () => {
  fc.assert(
    fc.property(wire, cuts, (text, at) => {
      const bytes = Buffer.from(text, 'latin1');
      const whole = read([bytes]);
      const parts = read(cut(bytes, at));
      assert.equal(parts.ending, whole.ending);
      // What precedes an imitation is never used.
      if (whole.ending !== 'imitation') assert.deepEqual(parts, whole);
    }),
    { numRuns: 2000 },
  );
});

test('content that ended has no bare CR or LF', () => {
  fc.assert(
    fc.property(wire, text => {
      const { ending, content } = read([Buffer.from(`${text}\r\n.\r\n`, 'latin1')]);
      if (ending === 'end-of-data') assert.doesNotMatch(content, /\r(?!\n)|(?<!\r)\n/);
    }),
    { numRuns: 2000 },
  );
});

test('content stuffed by RFC 5321 §4.5.2 comes back as it was', () => {
  const line = fc.string({ unit: fc.constantFrom('.', 'a', ' ', '\0', 'é'), maxLength: 8 });
  const stuffable = fc.array(line, { maxLength: 8 }).map(lines => lines.map(l => `${l}\r\n`).join(''));
  fc.assert(
    fc.property(stuffable, content => {
      const stuffed = Buffer.from(`${content.replace(/^\./gm, '..')}.\r\n`, 'latin1');
      const heard = read([stuffed]);
      // A dot among NULs is refused on purpose.
      if (/^\0*\.\0*\r$/m.test(stuffed.subarray(0, -3).toString('latin1'))) assert.equal(heard.ending, 'imitation');
      else assert.deepEqual(heard, { ending: 'end-of-data', content, used: stuffed.length, hadBare: false });
    }),
    { numRuns: 2000 },
  );
});

test('the work is linear in the bytes: nothing is scanned twice', () => {
  // Counted, not timed: each byte of the chunk may be asked for a bounded number of times.
  let reads = 0;
  const bytes = Buffer.from('..\r\n'.repeat(5000), 'latin1');
  const counted = new Proxy(bytes, {
    get(target, property) {
      if (typeof property === 'string' && /^\d+$/.test(property)) reads += 1;
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  new DotReader().scan(counted);
  assert.ok(reads <= 4 * bytes.length, `${reads} reads of ${bytes.length} bytes`);
});
