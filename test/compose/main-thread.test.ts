// What the gateway's main thread loads: nothing that reads mail or loads rules whole, which is the work of other threads and
// would cost each start its time and memory.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';

const src = join(import.meta.dirname, '../../src');

/** By the files and packages that `start` imports, directly or by others, who imports them. Types are erased. */
function importersFrom(start: string): ReadonlyMap<string, string> {
  const importers = new Map([[start, '']]);
  for (const file of importers.keys()) {
    if (!existsSync(join(src, file))) continue;
    const text = readFileSync(join(src, file), 'utf8');
    const fixed = text.matchAll(/^(?:import|export) (?!type\b)(?:[\w*{][^;'=]*? from )?'([^']+)';$/gm);
    for (const [, from = ''] of [...fixed, ...text.matchAll(/await import\('([^']+)'\)/g)]) {
      const named = from.startsWith('.') ? relative(src, join(src, dirname(file), from)) : from;
      if (!importers.has(named)) importers.set(named, file);
    }
  }
  return importers;
}

const elsewhere: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  { what: 'checks', pattern: /^checks\// },
  { what: 'readers of MIME and HTML', pattern: /^(?:content\/(?:mail|mime|html|texts)\.ts|htmlparser2|mailparser)/ },
  { what: 'authentication', pattern: /^mailauth/ },
  { what: 'the loading of all rules', pattern: /^compose\/rule-set\.ts$/ },
  { what: 'the API', pattern: /^(?:fastify|api\/server\.ts)$/ },
  { what: 'other commands', pattern: /^cli\/commands\.ts$/ },
];

const imported = importersFrom('cli/serve.ts');

test('the walk finds what is there', () => {
  assert.ok(imported.has('compose/gateway.ts'));
  assert.ok(imported.has('smtp-server'));
  assert.ok(imported.has('rules/judge.ts'));
  assert.ok(importersFrom('compose/rules/rules-thread.ts').has('checks/index.ts'));
});

for (const { what, pattern } of elsewhere) {
  test(`not loaded: ${what}`, () => {
    const found = [...imported].filter(([name]) => pattern.test(name)).map(([name, by]) => `${name}, by ${by}`);
    assert.deepEqual(found, []);
  });
}
