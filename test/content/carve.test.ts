// What is carved out of a message that readers disagree about: which lines make a run of base64.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { carve } from '../../src/content/carve.ts';

/** 48 letters: 36 bytes. */
const run = 'QUFB'.repeat(12);
const decoded = 'AAA'.repeat(12);

const cases: { name: string; raw: string; gives: readonly string[] }[] = [
  { name: 'a line', raw: `${run}\r\n`, gives: [decoded] },
  { name: 'lines', raw: `${run}\r\n${run}\r\n`, gives: [decoded + decoded] },
  { name: 'lines that a lone CR ends', raw: `${run}\r${run}`, gives: [decoded + decoded] },
  { name: 'lines that a NUL ends', raw: `${run}\0${run}`, gives: [decoded + decoded] },
  { name: 'white space at the end of a line', raw: `${run} \t\xa0\r\n${run}`, gives: [decoded + decoded] },
  { name: 'white space within a line', raw: `${run} ${run}\r\n`, gives: [] },
  { name: 'an empty line between two runs', raw: `${run}\r\n\r\n${run}`, gives: [decoded, decoded] },
  { name: 'other text between two runs', raw: `${run}\r\n--b\r\n${run}`, gives: [decoded, decoded] },
  { name: 'a run behind a header', raw: `Subject: x\r\n\r\n${run}`, gives: [decoded] },
  { name: 'too little to be worth it', raw: `${'QUFB'.repeat(9)}\r\n`, gives: [] },
  { name: 'lines too short to be base64', raw: 'QUF\r\n'.repeat(20), gives: [] },
  { name: 'nothing', raw: '', gives: [] },
];
for (const { name, raw, gives } of cases)
  test(name, async () => {
    const pieces = await carve(Buffer.from(raw, 'latin1'));
    assert.deepEqual(
      pieces.map(piece => piece().subarray().toString('latin1')),
      gives,
    );
  });
