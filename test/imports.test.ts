// The directions of imports (DESIGN.md section 3): a folder may import what the table says, and nothing else.

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';

const src = join(import.meta.dirname, '../src');

/** Folder of src/ to the folders that it may import, itself and `model` apart. `.` is src/*.ts. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  model: [],
  config: [],
  smtp: [],
  'next-hop': [],
  recipients: [],
  access: [],
  dns: [],
  scan: [],
  content: [],
  rules: [],
  store: [],
  trial: ['rules', 'store'],
  observe: [],
  auth: ['content'],
  alter: ['auth', 'content'],
  'domain-records': ['auth', 'observe'],
  checks: ['auth', 'content', 'scan'],
  inspect: ['alter', 'checks', 'content', 'rules', 'scan', 'dns', 'auth'],
  dispose: ['next-hop', 'store', 'smtp'],
  api: ['store', 'observe', 'rules', 'trial'],
  compose: ['*'],
  cli: ['*'],
  '.': ['*'],
};

/** Packages that only one folder may import. */
const drivers: readonly { readonly pattern: RegExp; readonly only: string }[] = [
  { pattern: /^better-sqlite3$/, only: 'store/sqlite' },
  { pattern: /^smtp-server(\/|$)/, only: 'smtp' },
  { pattern: /^fastify$/, only: 'api' },
  { pattern: /^mailauth(\/|$)/, only: 'auth' },
  { pattern: /^mailparser$/, only: 'content' },
  { pattern: /^clamscan$/, only: 'scan' },
  { pattern: /^ldapts$/, only: 'recipients' },
];

interface Import {
  readonly file: string;
  readonly from: string;
  readonly isType: boolean;
}

const files = globSync('**/*.ts', { cwd: src });
const imports = files.flatMap(importsOf);

function importsOf(file: string): Import[] {
  const text = readFileSync(join(src, file), 'utf8');
  const found = text.matchAll(/^\s*(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?['"]([^'"]+)['"]/gm);
  const dynamic = text.matchAll(/\bimport\(\s*()['"]([^'"]+)['"]/g);
  return [...found, ...dynamic].map(([, type, from = '']) => ({ file, from, isType: (type ?? '') !== '' }));
}

const folderOf = (path: string): string => (path.includes('/') ? (path.split('/')[0] ?? '') : '.');

test('every folder is in the table', () => {
  const unknown = new Set(files.map(folderOf).filter(folder => !(folder in mayImport)));
  assert.deepEqual([...unknown], []);
});

test('imports point down', () => {
  const wrong = imports.filter(({ file, from }) => {
    if (!from.startsWith('.')) return false;
    const target = folderOf(relative(src, join(src, dirname(file), from)));
    const own = folderOf(file);
    const allowed = mayImport[own] ?? [];
    return target !== own && target !== 'model' && !allowed.includes(target) && !allowed.includes('*');
  });
  assert.deepEqual(wrong, []);
});

test('relative imports name their file with its .ts', () => {
  assert.deepEqual(
    imports.filter(({ from }) => from.startsWith('.') && !from.endsWith('.ts')),
    [],
  );
});

test('a driver is imported by the folder that adapts it, and nowhere else', () => {
  const wrong = imports.filter(({ file, from, isType }) =>
    drivers.some(({ pattern, only }) => pattern.test(from) && !isType && !file.startsWith(only)),
  );
  assert.deepEqual(wrong, []);
});

test('only config reads the environment, and only main ends the process', () => {
  const lines = files.flatMap(file =>
    readFileSync(join(src, file), 'utf8')
      .split('\n')
      .filter(line => !line.trimStart().startsWith('//') && !line.trimStart().startsWith('*'))
      .map(line => ({ file, line })),
  );
  const reads = lines.filter(({ file, line }) => /\bprocess\.env\b/.test(line) && !file.startsWith('config/'));
  const ends = lines.filter(({ file, line }) => /\bprocess\.exit\(/.test(line) && file !== 'main.ts');
  assert.deepEqual(reads, []);
  assert.deepEqual(ends, []);
});
