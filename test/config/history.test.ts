// The settings of history, learning and greylisting: their defaults, and what is refused in words.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from '../../src/config/load.ts';
import { printConfig } from '../../src/config/print.ts';
import { ConfigError } from '../../src/model/failure.ts';

const parsed = (text: string) => parseConfig(text, 'postern.yaml', {});
const day = 24 * 3600 * 1000;

test('history is kept for 90 days, lists are suggested, nothing is greylisted', () => {
  const { history, forwarding, greylist } = parsed('');
  assert.deepEqual(history, { keep: 90 * day, max_entries: 1_000_000 });
  assert.deepEqual(forwarding, { learn: 'suggest' });
  assert.deepEqual(greylist, { from_score: 'off', delay: 300_000, attempts: 10 });
});

test('each is off by that word, which YAML has as a text; and is printed so', () => {
  const text = 'history: { keep: off }\nforwarding: { learn: off }\ngreylist: { from_score: off }';
  const { history, forwarding, greylist } = parsed(text);
  assert.deepEqual([history.keep, forwarding.learn, greylist.from_score], ['off', 'off', 'off']);
  const printed = printConfig(parsed(text));
  for (const line of ['keep: "?off"?', 'learn: "?off"?', 'from_score: "?off"?'])
    assert.match(printed, new RegExp(line));
  assert.equal(parsed(printed).history.keep, 'off');
});

test('a score has decimals, and the environment has words, too', () => {
  assert.equal(parsed('greylist: { from_score: 3.5 }').greylist.from_score, 3.5);
  assert.equal(parseConfig('', 'x', { POSTERN_HISTORY__KEEP: 'off' }).history.keep, 'off');
});

const refused = [
  { text: 'history: { keep: 90 }', message: /:1: history\.keep: / },
  {
    text: 'history: { keep: 1h }',
    message: /:1: history\.keep: expected off, or a duration of at least a day, such as 90d/,
  },
  { text: 'history: { keep: never }', message: /history\.keep: expected off, or a duration/ },
  { text: 'history: { max_entries: 10 }', message: /history\.max_entries/ },
  { text: 'history: { max_entry: 10 }', message: /unknown key "history\.max_entry" \(did you mean max_entries\?\)/ },
  { text: 'forwarding: { learn: always }', message: /forwarding\.learn/ },
  {
    text: 'greylist: { from_score: 0 }',
    message: /greylist\.from_score: expected off, or a score above zero, such as 3/,
  },
  { text: 'greylist: { from_score: on }', message: /greylist\.from_score: expected off, or a score/ },
  { text: 'greylist: { delay: 5h }', message: /greylist\.delay: expected at most 4h/ },
  { text: 'greylist: { attempts: 0 }', message: /greylist\.attempts/ },
  {
    text: 'history: { keep: off }\nforwarding: { learn: trust }',
    message: /forwarding\.learn is "trust" and history\.keep is "off": nothing could be learnt/,
  },
] as const;
for (const { text, message } of refused)
  test(`refused: ${text.replace('\n', ', ')}`, () => {
    assert.throws(
      () => parsed(text),
      error => error instanceof ConfigError && message.test(error.message),
    );
  });
