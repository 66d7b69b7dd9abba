// Patterns as SpamAssassin's users have them: the `body NAME /.../` lines of rule files that V8 compiles as they stand.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type PatternSpec, patternDefect } from '../src/rules/patterns/patterns.ts';

/** Of the files of `folders`, in their order, at most `count`; tags of replace_rules are written out. */
export function bodyPatterns(folders: readonly string[], count: number): readonly PatternSpec[] {
  const text = folders
    .flatMap(filesOf)
    .map(file => readFileSync(file, 'latin1'))
    .join('\n');
  const tags = new Map(
    [...text.matchAll(/^\s*replace_tag\s+(\S+)\s+(.+?)\s*$/gm)].map(([, name = '', of = '']) => [name, of]),
  );
  const withTags = new Set(
    [...text.matchAll(/^\s*replace_rules\s+(.+)$/gm)].flatMap(([, names = '']) => names.trim().split(/\s+/)),
  );
  const specs = new Map<string, PatternSpec>();
  for (const [, symbol = '', written = '', flags = ''] of text.matchAll(/^\s*body\s+(\S+)\s+\/(.+)\/([a-z]*)\s*$/gm)) {
    const source = withTags.has(symbol)
      ? written.replace(/<(\w+)>/g, (tag, name: string) => tags.get(name) ?? tag)
      : written;
    const spec: PatternSpec = { symbol, field: 'text', source, flags };
    if (patternDefect(source, flags) === null) specs.set(symbol, spec);
  }
  return [...specs.values()].slice(0, count);
}

const filesOf = (folder: string): readonly string[] =>
  readdirSync(folder)
    .filter(name => name.endsWith('.cf'))
    .sort()
    .map(name => join(folder, name));
