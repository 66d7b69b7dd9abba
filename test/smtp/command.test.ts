import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { hasArguments, parseHelo, parseMail, parseRcpt, verbOf } from '../../src/smtp/command.ts';
import { takeLine } from '../../src/smtp/lines.ts';
import { replies } from '../../src/smtp/replies.ts';

suite('MAIL', () => {
  const reads = [
    { line: 'MAIL FROM:<a@b.example>', gives: { reversePath: 'a@b.example', is8bit: false } },
    { line: 'mail  from: <a@b.example>  ', gives: { reversePath: 'a@b.example', is8bit: false } },
    { line: 'MAIL FROM:<> SIZE=0 BODY=7bit', gives: { reversePath: '', is8bit: false } },
    {
      line: 'MAIL FROM:<a@b.example>\tbody=8BITMIME  Size=1000',
      gives: { reversePath: 'a@b.example', is8bit: true },
    },
  ];
  for (const { line, gives } of reads) {
    test(JSON.stringify(line), () => assert.deepEqual(parseMail(line, 1000), { read: gives, refusal: null }));
  }
  const refusals = [
    { line: 'MAIL', reply: replies.badReversePath },
    { line: 'MAIL FROM', reply: replies.badReversePath },
    { line: 'MAILFROM:<a@b.example>', reply: replies.badReversePath },
    { line: 'MAIL TO:<a@b.example>', reply: replies.badReversePath },
    { line: 'MAIL FROM:<a@b.example> SIZE=1001', reply: replies.tooLarge },
    { line: 'MAIL FROM:<a@b.example> X=1', reply: replies.unknownParameter },
    { line: 'MAIL FROM:<a@b.example> __proto__=1', reply: replies.badParameter },
    { line: 'MAIL FROM:<a@b.example> constructor', reply: replies.unknownParameter },
    { line: 'MAIL FROM:<a@b.example> SIZE=1 X=\x07', reply: replies.badParameter },
    { line: 'MAIL FROM:<a@b.example>,<c@d.example>', reply: replies.badParameter },
  ];
  for (const { line, reply } of refusals) {
    test(JSON.stringify(line), () => assert.deepEqual(parseMail(line, 1000), { refusal: reply }));
  }
});

suite('RCPT', () => {
  test('the path', () => assert.deepEqual(parseRcpt('RCPT TO:<a@b.example>'), { read: 'a@b.example', refusal: null }));
  test('a parameter is not known', () =>
    assert.deepEqual(parseRcpt('RCPT TO:<a@b.example> X'), { refusal: replies.unknownParameter }));
  test('nothing', () => assert.deepEqual(parseRcpt('RCPT TO:<>'), { refusal: replies.badForwardPath }));
});

suite('HELO and EHLO', () => {
  const cases = [
    { line: 'EHLO Client.Example', name: 'Client.Example' },
    { line: 'EHLO  [192.0.2.1] ', name: '[192.0.2.1]' },
    { line: 'EHLO a_b', name: 'a_b' },
    { line: 'EHLO', name: null },
    { line: 'EHLO ', name: null },
    { line: 'EHLO a b', name: null },
    { line: 'EHLO b\xfccher', name: null },
    { line: `EHLO ${'a'.repeat(256)}`, name: null },
  ];
  for (const { line, name } of cases) test(line.slice(0, 40), () => assert.equal(parseHelo(line), name));
});

test('the verb is the first word, in upper case', () => {
  assert.deepEqual(['noop x', 'QUIT', '', ' RSET', 'mail\tfrom'].map(verbOf), ['NOOP', 'QUIT', '', '', 'MAIL']);
  assert.deepEqual(['RSET', 'RSET ', 'RSET x'].map(hasArguments), [false, false, true]);
});

suite('command lines', () => {
  const cases = [
    { bytes: 'NOOP\r\nQUIT\r\n', state: 'line' },
    { bytes: '\r\n', state: 'line' },
    { bytes: 'NOOP\r', state: 'partial' },
    { bytes: '', state: 'partial' },
    { bytes: 'NOOP\n', state: 'bare-newline' },
    { bytes: '\n', state: 'bare-newline' },
    { bytes: 'NO\rOP\r\n', state: 'bare-newline' },
    { bytes: 'NOOP\r\r\n', state: 'bare-newline' },
    { bytes: `${'x'.repeat(18)}\r\n`, state: 'line' },
    { bytes: `${'x'.repeat(19)}\r\n`, state: 'too-long' },
    { bytes: 'x'.repeat(19), state: 'partial' },
    { bytes: 'x'.repeat(20), state: 'too-long' },
  ];
  for (const { bytes, state } of cases) {
    test(JSON.stringify(bytes), () => assert.equal(takeLine(Buffer.from(bytes), 20).state, state));
  }
  test('text is one character a byte, and the rest is left', () => {
    const taken = takeLine(Buffer.from('A\xff\0\r\nB', 'latin1'), 20);
    assert.deepEqual(taken, { state: 'line', text: 'A\xff\0', rest: Buffer.from('B') });
  });
});
