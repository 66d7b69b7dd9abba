import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  hasArguments,
  type Offer,
  parseBdat,
  parseHelo,
  parseMail,
  parseRcpt,
  verbOf,
} from '../../src/smtp/command.ts';
import { takeLine } from '../../src/smtp/lines.ts';
import { replies } from '../../src/smtp/replies.ts';

/** Everything is offered. */
const offer: Offer = { maxBytes: 1000, isUtf8: true, isDsn: true };
const plainOffer: Offer = { ...offer, isUtf8: false, isDsn: false };
/** As it comes: one character a byte. */
const wire = (text: string) => Buffer.from(text).toString('latin1');

suite('MAIL', () => {
  const plain = { reversePath: 'a@b.example', is8bit: false, isUtf8: false, parameters: [] };
  const reads = [
    { line: 'MAIL FROM:<a@b.example>', gives: plain },
    { line: 'mail  from: <a@b.example>  ', gives: plain },
    { line: 'MAIL FROM:<> SIZE=0 BODY=7bit', gives: { ...plain, reversePath: '' } },
    { line: 'MAIL FROM:<a@b.example>\tbody=8BITMIME  Size=1000', gives: { ...plain, is8bit: true } },
    { line: 'MAIL FROM:<a@b.example> smtputf8', gives: { ...plain, isUtf8: true } },
    {
      line: wire('MAIL FROM:<jörg@bücher.example> BODY=8BITMIME SMTPUTF8'),
      gives: { reversePath: 'jörg@bücher.example', is8bit: true, isUtf8: true, parameters: [] },
    },
    // Quotes do not end where a parameter seems to begin.
    { line: 'MAIL FROM:<"> SMTPUTF8 "@b.example>', refusal: replies.badReversePath },
    // RFC 3461: as written, whatever the case and the order.
    {
      line: 'MAIL FROM:<a@b.example> envid=QQ314159+2Bx ret=hdrs',
      gives: { ...plain, parameters: ['ret=hdrs', 'envid=QQ314159+2Bx'] },
    },
    {
      line: `MAIL FROM:<> ENVID=${'x'.repeat(100)}`,
      gives: { ...plain, reversePath: '', parameters: [`ENVID=${'x'.repeat(100)}`] },
    },
  ];
  for (const { line, gives, refusal } of reads) {
    const expected = gives === undefined ? { refusal } : { read: gives, refusal: null };
    test(JSON.stringify(line).slice(0, 70), () => assert.deepEqual(parseMail(line, offer), expected));
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
    { line: 'MAIL FROM:<a@b.example> SIZE=1\x0b', reply: replies.badParameter },
    { line: 'MAIL FROM:<a@b.example>,<c@d.example>', reply: replies.badParameter },
    { line: 'MAIL FROM:<a@b.example> BODY=BINARYMIME', reply: replies.badParameter },
    // RFC 6531 §3.4 and §3.5.
    { line: 'MAIL FROM:<a@b.example> SMTPUTF8=yes', reply: replies.badParameter },
    { line: 'MAIL FROM:<a@b.example> SMTPUTF8 SMTPUTF8', reply: replies.badParameter },
    { line: wire('MAIL FROM:<jörg@b.example>'), reply: replies.addressNotAscii },
    // A byte order mark is not skipped: another parser would see a character before the path.
    { line: wire('MAIL FROM:\ufeff<a@b.example> SMTPUTF8'), reply: replies.addressNotAscii },
    { line: 'MAIL FROM:<j\xf6rg@b.example> SMTPUTF8', reply: replies.addressNotAscii },
    { line: 'MAIL FROM:<j\xc3@b.example> SMTPUTF8', reply: replies.addressNotAscii },
    { line: 'MAIL FROM:<\xc0\xbca@b.example> SMTPUTF8', reply: replies.addressNotAscii },
    { line: 'MAIL FROM:<\xed\xa0\x80@b.example> SMTPUTF8', reply: replies.addressNotAscii },
    // RFC 3461 §4.3 and §4.4.
    { line: 'MAIL FROM:<a@b.example> RET', reply: replies.badParameter },
    { line: 'MAIL FROM:<a@b.example> RET=BOTH', reply: replies.badParameter },
    { line: 'MAIL FROM:<a@b.example> RET=FULL RET=HDRS', reply: replies.badParameter },
    { line: 'MAIL FROM:<a@b.example> ENVID=', reply: replies.badParameter },
    { line: 'MAIL FROM:<a@b.example> ENVID=a+b', reply: replies.badParameter },
    { line: 'MAIL FROM:<a@b.example> ENVID=a+2', reply: replies.badParameter },
    { line: 'MAIL FROM:<a@b.example> ENVID=a+0D+0ASubject:', reply: replies.badParameter },
    { line: 'MAIL FROM:<a@b.example> ENVID=a+7F', reply: replies.badParameter },
    { line: wire('MAIL FROM:<a@b.example> ENVID=ü SMTPUTF8'), reply: replies.badParameter },
    { line: `MAIL FROM:<a@b.example> ENVID=${'x'.repeat(101)}`, reply: replies.badParameter },
  ];
  for (const { line, reply } of refusals) {
    test(JSON.stringify(line).slice(0, 70), () => assert.deepEqual(parseMail(line, offer), { refusal: reply }));
  }
  for (const parameter of ['SMTPUTF8', 'RET=FULL', 'ENVID=x', 'NOTIFY=NEVER']) {
    test(`${parameter} where it was not offered`, () =>
      assert.deepEqual(parseMail(`MAIL FROM:<a@b.example> ${parameter}`, plainOffer), {
        refusal: replies.unknownParameter,
      }));
  }
});

suite('RCPT', () => {
  const reads = [
    { line: 'RCPT TO:<a@b.example>', gives: { path: 'a@b.example', parameters: [] } },
    { line: wire('RCPT TO:<用户@例子.example>'), gives: { path: '用户@例子.example', parameters: [] } },
    {
      line: 'RCPT TO:<a@b.example> orcpt=rfc822;A+2Bx@b.example Notify=success,DELAY',
      gives: { path: 'a@b.example', parameters: ['Notify=success,DELAY', 'orcpt=rfc822;A+2Bx@b.example'] },
    },
    {
      line: wire('RCPT TO:<a@b.example> ORCPT=utf-8;用户@例子.example'),
      gives: { path: 'a@b.example', parameters: ['ORCPT=utf-8;用户@例子.example'] },
    },
    {
      line: 'RCPT TO:<a@b.example> ORCPT=utf-8;\\x{7528}@b.example',
      gives: { path: 'a@b.example', parameters: ['ORCPT=utf-8;\\x{7528}@b.example'] },
    },
    { line: 'RCPT TO:<a@b.example> NOTIFY=NEVER', gives: { path: 'a@b.example', parameters: ['NOTIFY=NEVER'] } },
  ];
  for (const { line, gives } of reads)
    test(JSON.stringify(line), () => assert.deepEqual(parseRcpt(line, offer, true), { read: gives, refusal: null }));

  const refusals = [
    { line: 'RCPT TO:<>', reply: replies.badForwardPath },
    { line: 'RCPT TO:<a@b.example> X', reply: replies.unknownParameter },
    { line: 'RCPT TO:<a@b.example> RET=FULL', reply: replies.unknownParameter },
    { line: 'RCPT TO:<a@b.example> NOTIFY', reply: replies.badParameter },
    { line: 'RCPT TO:<a@b.example> NOTIFY=ALWAYS', reply: replies.badParameter },
    { line: 'RCPT TO:<a@b.example> NOTIFY=SUCCESS,', reply: replies.badParameter },
    // RFC 3461 §4.1.
    { line: 'RCPT TO:<a@b.example> NOTIFY=NEVER,FAILURE', reply: replies.badParameter },
    { line: 'RCPT TO:<a@b.example> NOTIFY=FAILURE,NEVER', reply: replies.badParameter },
    { line: 'RCPT TO:<a@b.example> NOTIFY=NEVER NOTIFY=FAILURE', reply: replies.badParameter },
    { line: 'RCPT TO:<a@b.example> ORCPT=a@b.example', reply: replies.badParameter },
    { line: 'RCPT TO:<a@b.example> ORCPT=rfc822;', reply: replies.badParameter },
    { line: 'RCPT TO:<a@b.example> ORCPT=;a@b.example', reply: replies.badParameter },
    { line: 'RCPT TO:<a@b.example> ORCPT=rfc822;a+0Ab', reply: replies.badParameter },
    { line: wire('RCPT TO:<a@b.example> ORCPT=rfc822;ü@b.example'), reply: replies.badParameter },
    { line: wire('RCPT TO:<a@b.example> ORCPT=utf-8;a\u2028b@b.example'), reply: replies.badParameter },
    { line: 'RCPT TO:<a@b.example> ORCPT=utf-8;\xff@b.example', reply: replies.badParameter },
    { line: `RCPT TO:<a@b.example> ORCPT=rfc822;${'x'.repeat(494)}`, reply: replies.badParameter },
  ];
  for (const { line, reply } of refusals)
    test(JSON.stringify(line).slice(0, 70), () => assert.deepEqual(parseRcpt(line, offer, true), { refusal: reply }));

  test('ORCPT has 500 octets at most', () =>
    assert.equal(parseRcpt(`RCPT TO:<a@b.example> ORCPT=rfc822;${'x'.repeat(493)}`, offer, false).refusal, null));
  test('no UTF-8 where MAIL did not say SMTPUTF8', () => {
    const line = wire('RCPT TO:<jörg@b.example>');
    assert.deepEqual(parseRcpt(line, offer, false), { refusal: replies.addressNotAscii });
    const orcpt = wire('RCPT TO:<a@b.example> ORCPT=utf-8;jörg@b.example');
    assert.deepEqual(parseRcpt(orcpt, offer, false), { refusal: replies.badParameter });
  });
  for (const parameter of ['NOTIFY=NEVER', 'ORCPT=rfc822;a@b.example'])
    test(`${parameter} where DSN was not offered`, () =>
      assert.deepEqual(parseRcpt(`RCPT TO:<a@b.example> ${parameter}`, plainOffer, false), {
        refusal: replies.unknownParameter,
      }));
});

suite('BDAT', () => {
  const cases = [
    { line: 'BDAT 86', gives: { sizeBytes: 86, isLast: false } },
    { line: 'bdat 0 last', gives: { sizeBytes: 0, isLast: true } },
    { line: 'BDAT  007\tLAST ', gives: { sizeBytes: 7, isLast: true } },
    { line: 'BDAT 9007199254740991', gives: { sizeBytes: 9007199254740991, isLast: false } },
    { line: 'BDAT 9007199254740992', gives: null },
    { line: `BDAT ${'0'.repeat(20)}1`, gives: null },
    { line: 'BDAT', gives: null },
    { line: 'BDAT LAST', gives: null },
    { line: 'BDAT -1', gives: null },
    { line: 'BDAT +1', gives: null },
    { line: 'BDAT 1.5', gives: null },
    { line: 'BDAT 0x10', gives: null },
    { line: 'BDAT 1 FIRST', gives: null },
    { line: 'BDAT 1LAST', gives: null },
    { line: 'BDAT 1 LAST LAST', gives: null },
  ];
  for (const { line, gives } of cases) test(line, () => assert.deepEqual(parseBdat(line), gives));
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
