import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { reply } from '../../src/model/reply.ts';
import { asRefusal, greeting, heloOk, replies, wireForm } from '../../src/smtp/replies.ts';

suite('every reply that we originate', () => {
  for (const [name, r] of Object.entries(replies)) {
    test(name, () => {
      assert.match(wireForm(r), /^\d{3} [\x20-\x7e]+\r\n$/);
      // RFC 2034 §4: the classes agree, and 3yz has none.
      if (r.enhanced === null) assert.equal(r.code, 354);
      else assert.match(r.enhanced, new RegExp(`^${String(r.code)[0]}\\.\\d{1,3}\\.\\d{1,3}$`));
    });
  }
});

test('greeting and HELO have no enhanced code (RFC 2034 §4)', () => {
  assert.equal(wireForm(greeting('gate.example')), '220 gate.example ESMTP\r\n');
  assert.equal(wireForm(heloOk('gate.example', ['A', 'B'])), '250-gate.example\r\n250-A\r\n250 B\r\n');
});

test('several lines carry the enhanced code on each', () => {
  assert.equal(wireForm(reply(550, '5.7.1', 'one', 'two')), '550-5.7.1 one\r\n550 5.7.1 two\r\n');
});

test('THREATS 21: text from elsewhere cannot split a reply', () => {
  assert.equal(wireForm(reply(550, null, 'a\r\n250 ok\0é')), '550 a??250 ok??\r\n');
});

test('a line is at most 512 octets', () => {
  assert.equal(wireForm(reply(550, '5.7.1', 'x'.repeat(2000))).length, 512);
});

suite('a refusal that a port gives', () => {
  const cases = [
    { given: reply(550, '5.1.1', 'no'), code: 550 },
    { given: reply(450, null, 'later'), code: 450 },
    { given: reply(421, '4.3.2', 'its connection, not ours'), code: 451 },
    { given: reply(354, null, 'odd'), code: 451 },
    { given: reply(0, null, 'odd'), code: 451 },
    { given: reply(600, null, 'odd'), code: 451 },
  ];
  for (const { given, code } of cases)
    test(`${given.code} becomes ${code}`, () => assert.equal(asRefusal(given).code, code));
});

test('a refusal without an enhanced code is given the one that says no more than its code (RFC 2034 §4)', () => {
  assert.equal(wireForm(asRefusal(reply(554, null, 'Refused'))), '554 5.0.0 Refused\r\n');
  assert.equal(wireForm(asRefusal(reply(421, null, 'Busy'))), '451 4.0.0 Busy\r\n');
  assert.equal(wireForm(asRefusal(reply(550, '5.1.1', 'Unknown'))), '550 5.1.1 Unknown\r\n');
});
