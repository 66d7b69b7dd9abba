// Any order of commands, in one packet or many: octets of chunks are never obeyed, and each command has its own reply.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ServerUnderTest } from '../smtp/server-under-test.ts';
import { SmtpClient } from '../support/smtp-client.ts';

/** What looks like the end of something, mostly. */
const octets = fc
  .array(fc.constantFrom('QUIT\r\n', 'RSET\r\n', 'BDAT 9\r\n', '\r\n.\r\n', '\n', '\r', '.', 'a', '\xff'), {
    maxLength: 6,
  })
  .map(parts => parts.join(''));
const verb = (...verbs: readonly string[]) => fc.constantFrom(...verbs).map(verb => ({ verb, octets: '' }));
const chunk = fc.record({ verb: fc.constantFrom('BDAT', 'BDAT LAST'), octets });
const anything = fc.oneof(verb('MAIL', 'RCPT', 'RSET', 'NOOP', 'DATA'), chunk);
/** A transaction, mostly in order. */
const phrase = fc.tuple(verb('MAIL'), verb('RCPT'), fc.oneof(chunk, verb('DATA')), anything, fc.oneof(chunk, anything));
const dialog = fc.array(fc.oneof(phrase, fc.tuple(anything)), { maxLength: 5 }).map(phrases => phrases.flat());

interface Expected {
  wire: string;
  readonly codes: number[];
  readonly messages: string[];
}

/** RFC 5321 §4.1.4 and RFC 3030 §2, from the client's side. */
function expected(commands: readonly { readonly verb: string; readonly octets: string }[]): Expected {
  const gives: Expected = { wire: '', codes: [], messages: [] };
  let state: 'idle' | 'mail' | 'rcpt' | 'chunks' = 'idle';
  let content = '';
  const say = (line: string, ...codes: readonly number[]) => {
    gives.wire += line;
    gives.codes.push(...codes);
  };
  const end = (message: string) => {
    gives.messages.push(message.replace(/\r\n|\r|\n/g, '\r\n').replace(/([^\n])$/, '$1\r\n'));
    state = 'idle';
    content = '';
  };
  for (const { verb, octets } of commands) {
    if (verb === 'NOOP') say('NOOP\r\n', 250);
    else if (verb === 'RSET') {
      say('RSET\r\n', 250);
      state = 'idle';
      content = '';
    } else if (verb === 'MAIL') {
      say('MAIL FROM:<a@b.example>\r\n', state === 'idle' ? 250 : 503);
      if (state === 'idle') state = 'mail';
    } else if (verb === 'RCPT') {
      const isInTime = state === 'mail' || state === 'rcpt';
      say('RCPT TO:<c@d.example>\r\n', isInTime ? 250 : 503);
      if (isInTime) state = 'rcpt';
    } else if (verb === 'DATA') {
      if (state !== 'rcpt') say('DATA\r\n', state === 'mail' ? 554 : 503);
      else {
        say('DATA\r\nx\r\n.\r\n', 354, 250);
        end('x\r\n');
      }
    } else {
      const isTaken = state === 'rcpt' || state === 'chunks';
      say(`BDAT ${octets.length}${verb.slice(4)}\r\n${octets}`, isTaken ? 250 : state === 'mail' ? 554 : 503);
      if (!isTaken) continue;
      content += octets;
      state = 'chunks';
      if (verb === 'BDAT LAST') end(content);
    }
  }
  return gives;
}

test('replies and messages are those of the commands', async t => {
  const tested = await ServerUnderTest.start(t, { maxErrors: 1000, maxIdleCommands: 1000 });
  const cuts = fc.array(fc.nat({ max: 400 }), { maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(dialog, cuts, async (commands, at) => {
      const { wire, codes, messages } = expected(commands);
      const before = tested.delivered.length;
      const client = await SmtpClient.ready(tested.port);
      const bytes = Buffer.from(`${wire}QUIT\r\n`, 'latin1');
      const positions = [0, ...at.filter(i => i < bytes.length).toSorted((a, b) => a - b), bytes.length];
      for (const [i, to] of positions.slice(1).entries())
        await new Promise<void>(sent => client.socket.write(bytes.subarray(positions[i], to), () => sent()));
      const heard = (await client.closed()).map(line => Number(line.slice(0, 3)));
      assert.deepEqual(heard, [...codes, 221]);
      assert.deepEqual(
        tested.delivered.slice(before).map(d => d.content),
        messages,
      );
    }),
    { numRuns: 300 },
  );
});
