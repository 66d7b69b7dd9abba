import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exitCodeOf, explained } from '../../src/cli/exit-codes.ts';
import { BadInput, ConfigError, PermanentFailure, TemporaryFailure } from '../../src/model/failure.ts';

const codes = [
  { error: new ConfigError('x'), code: 78 },
  { error: new BadInput('x'), code: 65 },
  { error: new TemporaryFailure('x'), code: 75 },
  { error: new PermanentFailure('x'), code: 69 },
  { error: new TypeError('x'), code: 70 },
];
for (const { error, code } of codes) {
  test(`${error.name} ends with ${code}`, () => assert.equal(exitCodeOf(error), code));
}

const refusedPort = new Error('listen EACCES: permission denied 0.0.0.0:25');
const texts = [
  { name: 'a message without a cause stands alone', error: new ConfigError('no such file'), text: 'no such file' },
  {
    name: 'a cause says what the message leaves open',
    error: new ConfigError('cannot listen', { cause: refusedPort }),
    text: 'cannot listen: listen EACCES: permission denied 0.0.0.0:25',
  },
  {
    name: 'a cause that the message quotes is not said twice',
    error: new ConfigError('no: listen EACCES: permission denied 0.0.0.0:25', { cause: refusedPort }),
    text: 'no: listen EACCES: permission denied 0.0.0.0:25',
  },
  { name: 'what is no error is shown as it is', error: 'torn', text: 'torn' },
];
for (const { name, error, text } of texts) test(name, () => assert.equal(explained(error), text));
