// Log lines: one event each, bounded, nothing secret, nothing that a terminal would obey.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError, TemporaryFailure } from '../../src/model/failure.ts';
import { logger } from '../../src/observe/json-log.ts';
import type { LogFields } from '../../src/observe/log.ts';
import { printable, printableJson } from '../../src/observe/printable.ts';

function logTo(options: { addresses?: 'masked' | 'full'; level?: 'debug' | 'info' } = {}) {
  const lines: string[] = [];
  const { addresses = 'masked', level = 'info' } = options;
  const log = logger({ level, addresses }, { write: line => lines.push(line) });
  return { log, lines };
}

/** What stands under `value` once it was logged. */
function logged(value: unknown, addresses: 'masked' | 'full' = 'masked'): unknown {
  const { log, lines } = logTo({ addresses });
  log.info({ value }, 'e');
  assert.equal(lines.length, 1);
  return JSON.parse(lines[0] ?? '').value;
}

test('a line is JSON with level, time, fields and event, in this order', () => {
  const { log, lines } = logTo();
  log.child({ tx: '1' }).child({ at: 'rcpt' }).warn({ code: 550 }, 'refused');
  const { time, ...rest } = JSON.parse(lines[0] ?? '');
  assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.deepEqual(rest, { level: 'warn', tx: '1', at: 'rcpt', code: 550, event: 'refused' });
  assert.ok(lines[0]?.endsWith('}\n'));
});

test('lines below the level are not written', () => {
  const { log, lines } = logTo();
  log.debug({}, 'quiet');
  log.error({}, 'loud');
  assert.equal(lines.length, 1);
});

const controls = [
  '\r\n{"level":"error","event":"forged"}',
  '\u001b[2J\u001b]0;title\u0007',
  '\u0000\b\u007f',
  '\u0085\u009b31m',
  '\u2028\u2029',
  '\u202egpj.exe\u202c\u2066\u2069',
  'zero\u200bwidth\ufeff',
];
for (const text of controls)
  test(`THREATS 45: ${JSON.stringify(printable(text))} is escaped: one event, one line, the same text`, () => {
    const { log, lines } = logTo();
    log.info({ text, [text]: 1 }, 'e');
    assert.equal(lines.length, 1);
    assert.equal(lines[0]?.indexOf('\n'), (lines[0]?.length ?? 0) - 1);
    assert.match(lines[0]?.slice(0, -1) ?? '', /^[\u0020-\u007e\u00a0-\uffff]*$/);
    assert.equal(JSON.parse(lines[0] ?? '').text, text);
  });

const secrets: LogFields[] = [
  { token: 'SECRET' },
  { Authorization: 'Bearer SECRET' },
  { headers: { cookie: 'SECRET', 'proxy-authorization': 'SECRET' } },
  { config: { bootstrap_token: 'SECRET', tls: [{ passphrase: 'SECRET' }] } },
  { error: new ConfigError('no', { apiToken: 'SECRET' }) },
  { url: 'smtp://user:SECRET@example.com' },
];
for (const [i, fields] of secrets.entries())
  test(`THREATS 45: credentials are masked, wherever they stand (${i + 1})`, () => {
    const { log, lines } = logTo({ level: 'debug' });
    log.child(fields).debug(fields, 'e');
    assert.doesNotMatch(lines[0] ?? '', /SECRET/);
  });

test('the id of a token is no secret', () => {
  const { log, lines } = logTo();
  log.info({ tokenId: 'abc' }, 'e');
  assert.equal(JSON.parse(lines[0] ?? '').tokenId, 'abc');
});

const addresses = [
  { text: 'john.doe@example.com', masked: 'j***@example.com' },
  {
    text: '<john@example.com>: user unknown, <mary@example.com>',
    masked: '<j***@example.com>: user unknown, <m***@example.com>',
  },
  { text: '"john doe"@example.com', masked: 'j***@example.com' },
  { text: '"a\\"b@c"@example.com', masked: 'a***@example.com' },
  { text: 'j***@example.com', masked: 'j***@example.com' },
  { text: 'a@b', masked: 'a***@b' },
  { text: 'nothing to hide', masked: 'nothing to hide' },
  { text: 'node_modules/@scope/name', masked: 'node_modules/@scope/name' },
];
for (const c of addresses)
  test(`THREATS 45: the local part is masked in ${c.text}, and shown where that is asked for`, () => {
    assert.equal(logged(c.text), c.masked);
    assert.equal(logged(c.text, 'full'), c.text);
    assert.deepEqual(logged({ [c.text]: [c.text] }), { [c.masked]: [c.masked] });
  });

test('a failure of ours shows its fields and causes, a bug its stack', () => {
  const bug = new TypeError('x is not a function');
  const failure = new TemporaryFailure('clamd did not answer', { scanner: 'clamd', cause: bug });
  const { cause, ...rest } = logged(failure) as Record<string, unknown> & { cause: Record<string, unknown> };
  assert.deepEqual(rest, { scanner: 'clamd', type: 'TemporaryFailure', message: 'clamd did not answer' });
  assert.deepEqual([cause.type, cause.message], ['TypeError', 'x is not a function']);
  assert.match(String(cause.stack), /log\.test\.ts/);
  const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
  assert.equal((logged(refused) as { code: string }).code, 'ECONNREFUSED');
});

test('a line is bounded, whatever is logged', () => {
  const circle: Record<string, unknown> = {};
  for (let i = 0; i < 200; i++) circle[`field${i}`] = circle;
  const hostile = [
    'x'.repeat(1_000_000),
    Array.from({ length: 100_000 }, (_, i) => i),
    circle,
    Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`k${i}`, i])),
    new Uint8Array(1_000_000),
    `${'a'.repeat(1_000_000)}@example.com`,
  ];
  for (const value of hostile) {
    const { log, lines } = logTo();
    log.info({ value }, 'e');
    assert.ok((lines[0]?.length ?? 0) < 200_000, `${lines[0]?.length}`);
  }
  assert.deepEqual(logged(Array.from({ length: 102 }, () => 1)), [...Array.from({ length: 100 }, () => 1), '[2 more]']);
  assert.equal(logged('y'.repeat(2003)), `${'y'.repeat(2000)}[3 more]`);
});

test('values that JSON has no word for are shown all the same', () => {
  assert.deepEqual(logged([1n, new Map([['a', 1]]), new Uint8Array(3), null, true]), [
    '1',
    { a: 1 },
    '[3 bytes]',
    null,
    true,
  ]);
});

test('THREATS 20: a field called __proto__ is a field', () => {
  const { log, lines } = logTo();
  log.info({ value: JSON.parse('{"__proto__":{"polluted":1}}') }, 'e');
  assert.match(lines[0] ?? '', /"__proto__":\{"polluted":1\}/);
  assert.equal((Object.prototype as { polluted?: number }).polluted, undefined);
});

test('printable text shows what would hide; JSON stays the same value', () => {
  assert.equal(printable('a\u202egpj.exe\n'), 'aU+202Egpj.exeU+000A');
  assert.equal(printable('Grüße, 世界 😀'), 'Grüße, 世界 😀');
  assert.deepEqual(JSON.parse(printableJson(JSON.stringify({ a: '\u009b\u202e' }))), { a: '\u009b\u202e' });
});
