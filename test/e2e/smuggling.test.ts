// The known streams of SMTP smuggling, by DATA and by BDAT, before a next hop that would fall for them.

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { corpusPart, missingCorpus } from '../support/corpus.ts';
import { startFakeNextHop } from '../support/fake-next-hop.ts';
import { startGateway } from '../support/gateway.ts';
import { SmtpClient } from '../support/smtp-client.ts';
import type { Ending } from '../support/temp.ts';

interface Sequence {
  readonly name: string;
  /** From 354 on: a message, the sequence, then commands and content of a second message, and end-of-data. */
  readonly data_stream_hex: string;
}

function sequences(t: Ending): readonly Sequence[] {
  const folder = corpusPart(t, '*eod-sequences.json') ?? '';
  const [file] = globSync('**/smtp-smuggling/eod-sequences.json', { cwd: folder });
  assert.ok(file, 'the corpus has the suite');
  return JSON.parse(readFileSync(join(folder, file), 'utf8'));
}

const asData = (stream: string): string => `DATA\r\n${stream}`;
/** Without end-of-data: there the message ends by count. */
const asChunk = (stream: string): string => {
  const octets = stream.replace(/\r\n\.\r\n$/, '\r\n');
  return `BDAT ${octets.length} LAST\r\n${octets}`;
};

test('THREATS 1 and 2: one message at a lax next hop, or 550 5.6.11 and an end', { skip: missingCorpus() }, async t => {
  const nextHop = await startFakeNextHop(t, { isLax: true, extensions: ['PIPELINING', '8BITMIME'] });
  const config = { next_hop: `smtp://127.0.0.1:${nextHop.port}`, recipients: 'none' };
  const gateway = await startGateway(t, { config });
  const tried = sequences(t);
  assert.ok(tried.length >= 13, `${tried.length} sequences`);
  const outcomes: string[] = [];
  for (const { name, data_stream_hex } of tried) {
    for (const [verb, wire] of [
      ['DATA', asData],
      ['BDAT', asChunk],
    ] as const) {
      const stream = Buffer.from(data_stream_hex, 'hex').toString('latin1');
      const before = nextHop.received.length;
      const client = await SmtpClient.ready(gateway.smtp.port);
      await client.command('MAIL FROM:<outer@attack.example>');
      await client.command('RCPT TO:<victim@victim.example>');
      client.send(`${wire(stream)}NOOP\r\n`);
      if (verb === 'DATA') assert.equal((await client.reply()).code, 354);
      const { lines } = await client.reply();
      // Either the next reply is NOOP's, or there is none: no command of the second message was obeyed.
      const rest = lines[0]?.startsWith('250 ') ? [await client.line()] : await client.closed();
      const what = `${JSON.stringify(name)} by ${verb}: ${[...lines, ...rest].join(' / ')}`;
      assert.match(
        [...lines, ...rest].join('\n'),
        /^250 2\.0\.0 Ok: queued as \S+\n250 2\.0\.0 Ok$|^550 5\.6\.11 .*$/,
        what,
      );
      client.destroy();
      assert.equal(nextHop.received.length - before, rest.length, what);
      outcomes.push(what);
    }
  }
  for (const outcome of outcomes) t.diagnostic(outcome);
  assert.deepEqual(
    nextHop.received
      .map(({ mail, rcpts }) => [mail.split(' ')[1], ...rcpts])
      .filter(([mail]) => !mail?.includes('outer')),
    [],
  );
  for (const { content } of nextHop.received)
    assert.match(
      content.toString('latin1'),
      /From: smuggled@attack\.example\r\nSubject: smuggled\r\n\r\nsmuggled\r\n$/,
    );
  const noticed = gateway.log.filter(line => line.event === 'bare_newline' || line.event === 'smuggling_refused');
  // One of the streams has no newline of another kind.
  assert.equal(noticed.length, 2 * (tried.length - 1));
  assert.ok(noticed.every(line => line.client === '127.0.0.1'));
});
