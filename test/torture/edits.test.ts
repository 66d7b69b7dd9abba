// The judge of a relayed message must itself be right: what it lets pass, and what it must find.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unlistedEdit } from './edits.ts';

const received = 'Received: from a by gate.test;\r\n\tSun, 22 Nov 2026 00:00:00 +0000\r\n';
const sent = 'From: a@b.test\r\nSubject: x\r\n\r\nbody\r\n';

const cases: readonly { name: string; sent?: string; stored: string; finds: RegExp | null }[] = [
  { name: 'fields prepended', stored: `X-Spam-Flag: NO\r\n${received}${sent}`, finds: null },
  { name: 'our fields removed', sent: `X-Spam-Flag: YES\r\n${sent}`, stored: `${received}${sent}`, finds: null },
  {
    name: 'a folded field of ours removed from the middle',
    sent: `A: b\r\nX-Spam-Status: Yes,\r\n\tscore=9\r\n${sent}`,
    stored: `${received}A: b\r\n${sent}`,
    finds: null,
  },
  {
    name: 'results under our name removed, those of others kept',
    sent: `Authentication-Results: (hi) gate.test; spf=pass\r\nAuthentication-Results: other.test; spf=pass\r\n${sent}`,
    stored: `${received}Authentication-Results: other.test; spf=pass\r\n${sent}`,
    finds: null,
  },
  { name: 'a message without a header', sent: '\r\nbody\r\n', stored: `${received}\r\nbody\r\n`, finds: null },
  { name: 'a header without a body', sent: 'A: b\r\n', stored: `${received}A: b\r\n`, finds: null },
  { name: 'nothing prepended', stored: sent, finds: /no Received/ },
  {
    name: 'a forged field of ours left',
    sent: `X-Spam-Flag: NO\r\n${sent}`,
    stored: `${received}X-Spam-Flag: NO\r\n`,
    finds: /differs/,
  },
  {
    name: 'a byte changed',
    stored: `${received}${sent.replace('body', 'b0dy')}`,
    finds: /differs 4 bytes before its end/,
  },
  { name: 'the last line lost', stored: `${received}${sent.slice(0, -6)}`, finds: /differs/ },
  { name: 'an empty line added', stored: `${received}${sent}\r\n`, finds: /differs/ },
  { name: 'a field that is not listed', stored: `${received}X-Other: y\r\n${sent}`, finds: /was added: "X-Other/ },
  { name: 'another field removed', sent: `A: b\r\n${sent}`, stored: `${received}${sent}`, finds: /differs/ },
];

for (const c of cases) {
  test(c.name, () => {
    const found = unlistedEdit(Buffer.from(c.sent ?? sent), Buffer.from(c.stored), 'gate.test');
    if (c.finds === null) assert.equal(found, null);
    else assert.match(found ?? '', c.finds);
  });
}
