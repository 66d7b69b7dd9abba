// The search for patterns in the running gateway: what is hit and counted, what overruns, and what it costs.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { suiteEnding } from '../support/endings.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { startRecordingNextHop } from '../support/recording-next-hop.ts';
import { SmtpClient } from '../support/smtp-client.ts';
import { tempDir } from '../support/temp.ts';
import { explained, letter } from './letters.ts';

/** Accepted at load, as one piece costs it little; many pieces cost more than its quarter. */
const slow = 'x[^y]{0,90}x[^y]{0,90}(?=q)';

const rules = `
- symbol: NAMES_ORDER
  summary: Seen in a test.
  group: testing
  score: 0.5
  match: { text: ['/\\border \\d{4}-\\d\\d\\b/i'] }
  tests: { hit: [{ text: 'Order 4711-88' }], miss: [{ text: 'order 4711' }] }
- symbol: TAKES_LONG
  summary: Seen in a test.
  group: testing
  score: 0.5
  match: { text: ['/${slow}/'] }
  tests: { hit: [{ text: 'xxq' }], miss: [{ text: 'x' }] }
`;

suite('patterns in the gateway', () => {
  let gateway: Gateway;
  const ending = suiteEnding();
  before(async () => {
    const folder = tempDir(ending);
    writeFileSync(join(folder, 'own.yaml'), rules);
    const nextHop = await startRecordingNextHop(ending);
    gateway = await startGateway(ending, { config: { next_hop: nextHop.url, rules: { folders: [folder] } } });
  });

  test('one that overruns is lost for the message and named, and the others hit', async () => {
    const text = `About order 4711-88.\r\n${`${'x'.repeat(900)}\r\n`.repeat(250)}`;
    const hits = await judged('slow@sender.test', text);
    assert.ok(hits.includes('NAMES_ORDER') && hits.includes('PATTERN_OVERRAN'), hits.join(' '));
    assert.ok(!hits.includes('TAKES_LONG'));
    assert.match(await metrics(), /^postern_pattern_overruns_total [1-9]/m);
  });

  test('what symbols cost is a metric, by symbol', async () => {
    assert.ok((await judged('quick@sender.test', 'Nothing but order 4711-88.')).includes('NAMES_ORDER'));
    const seconds = [...(await metrics()).matchAll(/^postern_pattern_seconds_total\{symbol="(\w+)"\} (\S+)$/gm)];
    const costs = new Map(seconds.map(([, symbol, value]) => [symbol, Number(value)]));
    assert.ok((costs.get('TAKES_LONG') ?? 0) > (costs.get('NAMES_ORDER') ?? 0));
    assert.ok((costs.get('NAMES_ORDER') ?? 0) > 0 && costs.size <= 20);
  });

  const metrics = async () => (await gateway.request('/metrics')).text();

  async function judged(from: string, text: string): Promise<readonly string[]> {
    const client = await SmtpClient.ready(gateway.smtp.port);
    const content = letter(from, 'Minutes', text).toString('latin1');
    assert.equal((await client.deliver({ from, to: ['reader@guarded.test'], content })).code, 250);
    client.destroy();
    const { verdicts } = await explained(gateway, from);
    return (verdicts[0]?.hits ?? []).map(hit => hit.symbol);
  }
});
