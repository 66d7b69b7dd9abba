import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Envelope } from '../../src/model/envelope.ts';
import type { Id } from '../../src/model/ids.ts';
import { type Message, outgoingChunks } from '../../src/model/message.ts';
import { countReceived, editsFor, forgedFields, type TraceInput, traceFields } from '../../src/smtp/trace-fields.ts';

const id = '01jdz6c3m0abcdefghjk' as Id;

const envelope: Envelope = {
  id,
  connection: {
    id,
    clientAddress: '192.0.2.1',
    clientPort: 4711,
    clientName: null,
    spokeEarly: false,
    direction: 'inbound',
    connectedAt: 0,
  },
  helo: 'client.example',
  protocol: 'ESMTP',
  tls: null,
  reversePath: 'a@b.example',
  is8bit: false,
  isUtf8: false,
  parameters: [],
  recipients: [{ path: 'c@d.example', parameters: [] }],
  startedAt: 0,
};

const input: TraceInput = {
  envelope,
  hostname: 'gate.example',
  receivedAt: Date.UTC(2026, 10, 21, 12, 0, 0),
  authenticationResults: [],
  spam: null,
};

const fieldNamed = (text: string, name: string): string =>
  text.split(/\r\n(?![ \t])/).find(field => field.startsWith(`${name}:`)) ?? '';
const received = (changes: Partial<Envelope>): string =>
  fieldNamed(traceFields({ ...input, envelope: { ...envelope, ...changes } }), 'Received');

suite('Received (RFC 5321 §4.4)', () => {
  test('the whole field', () => {
    assert.equal(
      received({}),
      'Received: from client.example ([192.0.2.1]) by gate.example (Postern)\r\n' +
        `\twith ESMTP id ${id} for <c@d.example>;\r\n` +
        '\tSat, 21 Nov 2026 12:00:00 +0000',
    );
  });
  test('TLS, name and IPv6 address of the client', () => {
    const connection = { ...envelope.connection, clientAddress: '2001:db8::1', clientName: 'mx.client.example' };
    const text = received({
      connection,
      protocol: 'ESMTPS',
      tls: { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' },
    });
    assert.match(text, /\(mx\.client\.example \[IPv6:2001:db8::1\]\)/);
    assert.match(text, /with ESMTPS \(TLSv1\.3 TLS_AES_256_GCM_SHA384\)/);
  });
  test('no `for` with several recipients: none learns of the others', () => {
    const other = { path: 'e@d.example', parameters: [] };
    assert.doesNotMatch(received({ recipients: [...envelope.recipients, other] }), /for |d\.example/);
  });
  test('RFC 6531 §4.3: UTF8SMTP; a recipient that is not ASCII is left out of a field that is', () => {
    const recipients = [{ path: 'jörg@d.example', parameters: [] }] as const;
    const text = received({ protocol: 'UTF8SMTP', isUtf8: true, recipients });
    assert.match(text, /with UTF8SMTP id \S+;/);
    assert.doesNotMatch(text, /\?|for |d\.example/);
  });
  test('THREATS 21: a HELO that holds comment or field syntax is made harmless', () => {
    assert.match(received({ helo: 'a(b)"c\\d;e' }), /from a\?b\?\?c\?d\?e /);
    assert.equal(received({ helo: 'a\r\nX-Spam-Flag: NO' }).includes('\nX-Spam'), false);
  });
});

suite('result fields', () => {
  test('no results are said to be none (RFC 8601 §2.2)', () => {
    assert.equal(
      fieldNamed(traceFields(input), 'Authentication-Results'),
      'Authentication-Results: gate.example; none',
    );
  });
  test('one result a part, folded at spaces', () => {
    const authenticationResults = [
      'spf=pass smtp.mailfrom=b.example',
      'dkim=pass header.d=b.example header.s=sel',
      'dmarc=pass header.from=b.example',
    ];
    assert.equal(
      fieldNamed(traceFields({ ...input, authenticationResults }), 'Authentication-Results'),
      'Authentication-Results: gate.example; spf=pass smtp.mailfrom=b.example;\r\n' +
        '\tdkim=pass header.d=b.example header.s=sel; dmarc=pass header.from=b.example',
    );
  });
  test('spam fields', () => {
    const text = traceFields({ ...input, spam: { isSpam: true, score: 7250, threshold: 5000, symbols: ['A', 'B'] } });
    assert.equal(fieldNamed(text, 'X-Spam-Flag'), 'X-Spam-Flag: YES');
    assert.equal(fieldNamed(text, 'X-Spam-Score'), 'X-Spam-Score: 7.25');
    assert.equal(fieldNamed(text, 'X-Spam-Level'), 'X-Spam-Level: *******');
    assert.equal(fieldNamed(text, 'X-Spam-Status'), 'X-Spam-Status: Yes, score=7.25 required=5 tests=A,B');
    assert.equal(fieldNamed(text, 'X-Postern-Id'), `X-Postern-Id: ${id}`);
  });
  test('a score below one has no level', () => {
    const text = traceFields({ ...input, spam: { isSpam: false, score: -500, threshold: 5000, symbols: [] } });
    assert.equal(fieldNamed(text, 'X-Spam-Level'), '');
    assert.equal(fieldNamed(text, 'X-Spam-Status'), 'X-Spam-Status: No, score=-0.5 required=5 tests=none');
    assert.equal(fieldNamed(text, 'X-Spam-Flag'), 'X-Spam-Flag: NO');
  });
  test('lines stay within 78 characters where spaces allow it', () => {
    const symbols = Array.from({ length: 60 }, (_, i) => `SYMBOL_NUMBER_${i}`);
    const text = traceFields({ ...input, spam: { isSpam: true, score: 99_000, threshold: 5000, symbols } });
    for (const line of text.split('\r\n')) assert.ok(line.length <= 78, line);
  });
  test('THREATS 21: decoded text cannot begin a field', () => {
    const hostile = 'x\r\nBcc: evil@example\n\rSubject: y\0\u2028z';
    const text = traceFields({
      ...input,
      authenticationResults: [`spf=pass reason="${hostile}"`],
      spam: { isSpam: true, score: 1, threshold: 2, symbols: [hostile] },
    });
    assert.deepEqual(
      text.split('\r\n').filter(line => !/^(?:[A-Z][A-Za-z-]*: |\t)/.test(line)),
      [''],
    );
    assert.doesNotMatch(text, /^(?:Bcc|Subject):/m);
    assert.match(text, /^[\x20-\x7e\t\r\n]*$/);
  });
});

suite('THREATS 22: forged fields are found', () => {
  const cases: readonly { readonly field: string; readonly isForged: boolean }[] = [
    { field: 'Authentication-Results: gate.example; spf=pass', isForged: true },
    { field: 'AUTHENTICATION-RESULTS : GATE.Example; spf=pass', isForged: true },
    { field: 'Authentication-Results: gate.example', isForged: true },
    { field: 'Authentication-Results: gate.example 1; spf=pass', isForged: true },
    { field: 'Authentication-Results: gate.example. ; spf=pass', isForged: true },
    { field: 'Authentication-Results: (a comment (nested)) gate.example (another) ; spf=pass', isForged: true },
    { field: 'Authentication-Results:\r\n\t(x)\r\n gate.example;\r\n\tspf=pass', isForged: true },
    { field: 'Authentication-Results: "gate.example"; spf=pass', isForged: true },
    { field: 'Authentication-Results: "g\\ate.example"; spf=pass', isForged: true },
    { field: 'Authentication-Results: gate.example 1 (x); spf=pass', isForged: true },
    // What cannot be read and mentions us.
    { field: 'Authentication-Results: (open gate.example; spf=pass', isForged: true },
    { field: 'Authentication-Results: =?utf-8?q?x?= gate.example; spf=pass', isForged: true },
    { field: 'Authentication-Results: i=1; gate.example; spf=pass', isForged: true },
    // Somebody else's.
    { field: 'Authentication-Results: other.example; spf=pass smtp.mailfrom=gate.example', isForged: false },
    { field: 'Authentication-Results: gate.example.org; spf=pass', isForged: false },
    { field: 'Authentication-Results: (gate.example) other.example; none', isForged: false },
    { field: 'ARC-Authentication-Results: i=1; gate.example; spf=pass', isForged: false },
    { field: 'X-Spam-Flag: NO', isForged: true },
    { field: 'x-spam-status: No', isForged: true },
    { field: 'X-Spam-Score\t: 0', isForged: true },
    { field: 'X-Spam-Level: ', isForged: true },
    { field: 'X-Spam-Flag\r\n : NO', isForged: true },
    { field: 'Authentication-Results \r\n\t\r\n : gate.example;\r\n spf=pass', isForged: true },
    { field: 'X-Spam-Flag\r\n NO', isForged: false },
    { field: 'X-Postern-Id: 1\r\n 2', isForged: true },
    { field: 'X-Spam-Report: somebody else', isForged: false },
    { field: 'Subject: X-Spam-Flag: NO', isForged: false },
  ];
  for (const { field, isForged } of cases) {
    test(JSON.stringify(field), () => {
      const before = 'From: a@b.example\r\n';
      const header = Buffer.from(`${before}${field}\r\nTo: c@d.example\r\n\r\n`, 'latin1');
      const range = { start: before.length, end: before.length + field.length + 2 };
      assert.deepEqual(forgedFields(header, 'gate.example'), isForged ? [range] : []);
    });
  }
  test('a field that begins the message with a space', () => {
    assert.equal(forgedFields(Buffer.from(' X-Spam-Flag: NO\r\n\r\n'), 'gate.example').length, 1);
  });
  test('beyond the limits that checks keep', () => {
    const many = `${'X: y\r\n'.repeat(3000)}X-Spam-Flag: NO\r\n\r\n`;
    assert.equal(forgedFields(Buffer.from(many), 'gate.example').length, 1);
  });
  test('a field in the body is text', () => {
    assert.deepEqual(forgedFields(Buffer.from('Subject: x\r\n\r\n'), 'gate.example'), []);
  });
});

test('what leaves us is the message without forged fields, behind ours', async () => {
  const header = Buffer.from('X-Spam-Flag: NO\r\nSubject: x\r\nX-Postern-Id: 1\r\n\r\n');
  const body = Buffer.from('text\r\n');
  const message: Message = {
    sizeBytes: header.length + body.length,
    sha256: '',
    hadBareNewlines: false,
    header,
    bytes: () => assert.fail('not needed'),
    chunks: async function* () {
      yield header;
      yield body;
    },
  };
  const chunks: Uint8Array[] = [];
  for await (const chunk of outgoingChunks(editsFor(message, input))) chunks.push(chunk);
  assert.equal(Buffer.concat(chunks).toString(), `${traceFields(input)}Subject: x\r\n\r\ntext\r\n`);
});

test('Received fields are counted by name', () => {
  const header = Buffer.from('Received: a\r\nreceived : b\r\n\tReceived: c\r\nX-Received: d\r\nRECEIVED: e\r\n\r\n');
  assert.equal(countReceived(header), 3);
});
