// The kill harness is worth something only if it finds what is wrong: gateways that are wrong on purpose.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { type FaultKind, faultKinds } from './account.ts';
import { killRun } from './kill-run.ts';

const cases: readonly { contact: string; finds: readonly FaultKind[] }[] = [
  { contact: 'none', finds: [] },
  { contact: 'acknowledges early', finds: ['lost', 'misplaced'] },
  { contact: 'damages', finds: ['damaged'] },
  { contact: 'forgets', finds: ['lost'] },
  { contact: 'relays twice', finds: ['excess'] },
];

const program = join(import.meta.dirname, 'fake-gateway.ts');
for (const { contact, finds } of cases) {
  test(`a gateway whose fault is: ${contact}`, async t => {
    const { account, deaths } = await killRun(t, { seconds: 1, seed: 1, program, config: { contact } });
    assert.deepEqual(
      faultKinds.filter(kind => account.faults[kind].length > 0),
      finds,
      JSON.stringify(account.faults),
    );
    assert.ok(deaths > 0);
  });
}
