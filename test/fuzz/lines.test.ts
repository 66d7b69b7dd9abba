// Any bytes through the wire, cut anywhere: the same lines.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Wire, type WireLine } from '../../src/smtp/wire.ts';

const bytes = fc
  .array(fc.constantFrom('NOOP', '\r\n', '\r', '\n', 'x', '\0', '\xff', 'y'.repeat(30)), { maxLength: 20 })
  .map(p => p.join(''));
const cuts = fc.array(fc.nat({ max: 60 }), { maxLength: 6 });

async function linesOf(chunks: readonly Buffer[]): Promise<WireLine[]> {
  const wire = new Wire();
  for (const chunk of chunks) wire.write(chunk);
  wire.end();
  const lines: WireLine[] = [];
  for (;;) {
    const line = await wire.readLine(40);
    if (line.state === 'gone') return lines;
    lines.push(line.state === 'line' ? { state: 'line', text: line.text } : { state: line.state });
    if (line.state === 'too-long') return lines;
  }
}

test('the lines do not depend on the chunks', async () => {
  await fc.assert(
    fc.asyncProperty(bytes, cuts, async (text, at) => {
      const whole = Buffer.from(text, 'latin1');
      const positions = [0, ...at.filter(i => i < whole.length).toSorted((a, b) => a - b), whole.length];
      const parts = positions.slice(1).map((end, i) => whole.subarray(positions[i], end));
      assert.deepEqual(await linesOf(parts), await linesOf([whole]));
    }),
    { numRuns: 1000 },
  );
});

test('what is obeyed has no CR, no LF, and an end of its own', async () => {
  await fc.assert(
    fc.asyncProperty(bytes, async text => {
      for (const line of await linesOf([Buffer.from(text, 'latin1')])) {
        if (line.state !== 'line') continue;
        assert.doesNotMatch(line.text, /[\r\n]/);
        assert.ok(text.includes(`${line.text}\r\n`));
      }
    }),
    { numRuns: 1000 },
  );
});
