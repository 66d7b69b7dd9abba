// GTUBE is found wherever a filter would be tried with it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gtubeCheck } from '../../src/checks/gtube.ts';
import { subjectOf } from './mail-scene.ts';

const gtube = 'XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X';

const cases = [
  { name: 'in the text', mail: `Subject: x\n\n${gtube}\n`, found: true },
  { name: 'in the subject', mail: `Subject: ${gtube}\n\nHello\n`, found: true },
  {
    name: 'in base64',
    mail: `Content-Transfer-Encoding: base64\n\n${Buffer.from(gtube).toString('base64')}\n`,
    found: true,
  },
  { name: 'in HTML', mail: `Content-Type: text/html\n\n<p>${gtube.replace('*', '&#42;')}</p>\n`, found: true },
  { name: 'one character short', mail: `Subject: x\n\n${gtube.slice(0, -1)}\n`, found: false },
];

for (const c of cases) {
  test(`${c.name}: ${c.found ? 'found' : 'not found'}`, async () => {
    assert.deepEqual(await gtubeCheck.observe(subjectOf(c.mail)), { found: c.found });
  });
}
