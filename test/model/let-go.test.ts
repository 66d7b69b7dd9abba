// Memory of buffers that passed is given back while the next ones come.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { letGo } from '../../src/model/let-go.ts';

test('buffers that pass do not gather', () => {
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  for (let passed = 0; passed < 400; passed++) {
    const block = Buffer.alloc(64 * 1024);
    letGo(block.length);
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }
  assert.ok(most < 8 * 1024 * 1024, `${most} bytes`);
});
