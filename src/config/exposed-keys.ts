// Files with private keys that every user of the machine can read: not refused, since a container may have no others, but said.

import { readFileSync, statSync } from 'node:fs';
import { parse } from 'yaml';

/** Their names, in the order of the configuration, which has been loaded before. */
export function exposedKeyFiles(
  path: string | null,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): readonly string[] {
  const configured = path === null ? [] : strings(parse(readFileSync(path, 'utf8')));
  const overriding = Object.entries(environment).flatMap(([name, value]) =>
    name.startsWith('POSTERN_') && value !== undefined ? strings(parse(value)) : [],
  );
  const files = [...configured, ...overriding].flatMap(text => /^file:(.+)$/s.exec(text)?.[1] ?? []);
  return [...new Set(files)].filter(isExposed);
}

function strings(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(strings) : [];
}

function isExposed(file: string): boolean {
  try {
    return (statSync(file).mode & 0o004) !== 0 && readFileSync(file, 'latin1').includes('PRIVATE KEY-----');
  } catch {
    return false; // Not there for this key: an override may have taken its place.
  }
}
