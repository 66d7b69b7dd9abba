// postern docs: writes the generated reference pages, or says which are not what the code says now (CI checks that).

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checks } from '../checks/index.ts';
import { fitNotesOf, ruleSetOf } from '../compose/rules/rule-set.ts';
import { parseConfig } from '../config/load.ts';
import { configurationPage, exampleFile } from '../config/reference.ts';
import type { Cli } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { profilesPage } from './profiles-page.ts';
import { evidencePage, metricsPage, openApiFile, repliesPage, symbolsPage } from './reference-pages.ts';

const root = join(import.meta.dirname, '../..');

/** Path to text, as the code has it now. */
async function pages(): Promise<Readonly<Record<string, string>>> {
  // With it come the parsers that workers have: not in the gateway's own thread.
  const { evidenceSamples } = await import('./evidence-samples.ts');
  const config = parseConfig('', 'embedded default', {});
  const rules = ruleSetOf(config);
  return {
    'postern.example.yaml': exampleFile(),
    'docs/configuration.md': configurationPage(),
    'docs/symbols.md': symbolsPage(rules, fitNotesOf(config)),
    'docs/profiles.md': profilesPage([...rules.profiles.values()]),
    'docs/evidence.md': evidencePage(checks, await evidenceSamples(checks)),
    'docs/replies.md': repliesPage(),
    'docs/metrics.md': metricsPage(),
    'docs/openapi.json': openApiFile(),
  };
}

export function docsCommand({ program, run, out }: Cli): void {
  program
    .command('docs', { hidden: true })
    .description('write or check the generated reference pages of this checkout')
    .option('--write', 'write them')
    .option('--check', 'exit 65 when one is out of date')
    .action(({ write }: { write?: boolean }) =>
      run(async () => {
        const stale = Object.entries(await pages()).filter(([path, text]) => textAt(path) !== text);
        if (write === true) for (const [path, text] of stale) writeFileSync(join(root, path), text);
        for (const [path] of stale) out(`${path}: ${write === true ? 'written' : 'out of date, run npm run docs'}\n`);
        return write === true || stale.length === 0 ? exitCodes.ok : exitCodes.badInput;
      }),
    );
}

function textAt(path: string): string | null {
  const file = join(root, path);
  return existsSync(file) ? readFileSync(file, 'utf8') : null;
}
