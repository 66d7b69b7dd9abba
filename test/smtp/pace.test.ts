import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pace } from '../../src/smtp/pace.ts';

test('waits add up until enough has come; then all the time is given anew', () => {
  const pace = new Pace(100);
  assert.equal(pace.leftMs(1000), 1000);
  pace.came(1, 400);
  assert.equal(pace.leftMs(1000), 600);
  pace.came(98, 500);
  assert.equal(pace.leftMs(1000), 100);
  pace.came(1, 90);
  assert.equal(pace.leftMs(1000), 1000);
});

test('there is never less than nothing left, also where patience shrinks meanwhile', () => {
  const pace = new Pace(100);
  pace.came(1, 400);
  assert.equal(pace.leftMs(300), 0);
});
