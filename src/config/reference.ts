// The reference page and the example file, made from the schema.

import { z } from 'zod';
import { schema } from './schema.ts';

/** What of JSON Schema (draft 2020-12) our schema uses. */
interface Node {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly format?: string;
  /** In place of a default that differs from machine to machine. */
  readonly shownDefault?: string;
  readonly enum?: readonly string[];
  readonly const?: string;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly additionalProperties?: Node | boolean;
  readonly items?: Node;
  readonly anyOf?: readonly Node[];
  readonly required?: readonly string[];
}

interface Setting {
  /** `smtp.listen[].tls.cert`, `domains.NAME.profile`. */
  readonly key: string;
  readonly type: string;
  readonly preset: string;
  readonly about: string;
}

const root = (): Node => z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Node;

/** docs/configuration.md: a row for each key. */
export function configurationPage(): string {
  const rows = settings('', root()).map(s => `| \`${s.key}\` | ${s.type} | ${s.preset} | ${s.about} |`);
  return [
    '# Configuration',
    '',
    'Generated from the schema by `npm run docs`; do not edit. One YAML file, given by `--config`; without it these',
    'defaults hold. Units stand in the values (`45s`, `50MiB`). Secrets may be given as `env:NAME` or `file:PATH`. Every key',
    'can be overridden by the environment: `POSTERN_SMTP__MAX_RECIPIENTS=100` sets `smtp.max_recipients`; the value is',
    'read as YAML. Unknown keys are errors with file, line and the nearest valid name: `postern config check`.',
    '',
    '| key | type | default | meaning |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

function settings(prefix: string, node: Node): Setting[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const key = prefix === '' ? name : `${prefix}.${name}`;
    const nested = nestedSettings(key, child);
    const isPlainGroup = child.properties !== undefined && child.description === undefined;
    return isPlainGroup ? nested : [{ key, ...described(child) }, ...nested];
  });
}

function nestedSettings(key: string, node: Node): Setting[] {
  if (node.properties !== undefined) return settings(key, node);
  if (node.items?.properties !== undefined) return settings(`${key}[]`, node.items);
  const values = node.additionalProperties;
  return typeof values === 'object' ? settings(`${key}.NAME`, values) : [];
}

function described(node: Node) {
  return { type: typeName(node), preset: presetText(node), about: (node.description ?? '').replaceAll('|', '\\|') };
}

function typeName(node: Node): string {
  if (node.anyOf !== undefined) return [...new Set(node.anyOf.map(typeName))].join(' or ');
  if (node.enum !== undefined) return node.enum.map(word => `\`${word}\``).join(', ');
  if (node.const !== undefined) return `\`${node.const}\``;
  if (node.format === 'duration' || node.format === 'size' || node.format === 'percentage') return node.format;
  if (node.type === 'array') return `list of ${node.items?.type ?? 'value'}s`;
  if (node.type === 'object') return 'mapping';
  return node.type ?? 'value';
}

function presetText(node: Node): string {
  if (node.shownDefault !== undefined) return node.shownDefault;
  if (node.type === 'object' || node.default === undefined) return '–';
  const isWord = typeof node.default === 'string' && node.default !== '';
  return `\`${isWord ? node.default : JSON.stringify(node.default)}\``.replaceAll('|', '\\|');
}

/** postern.example.yaml: every key with its default, commented out, after what it means. */
export function exampleFile(): string {
  return [
    '## Every key that Postern knows, with its default. Generated from the schema by `npm run docs`; do not edit.',
    '## Lines with ## explain, lines with # are settings: remove the # of those that you want to change, in a copy of this',
    '## file. The reference page is docs/configuration.md.',
    '',
    ...exampleLines(root(), 0),
  ].join('\n');
}

const wide = 116;

function exampleLines(node: Node, depth: number): string[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const indent = '  '.repeat(depth);
    const about = wrapped(child.description ?? '', wide - indent.length).map(line => `## ${indent}${line}`);
    const rest = exampleValue(name, child, depth);
    return depth === 0 ? [...about, ...rest, ''] : [...about, ...rest];
  });
}

function exampleValue(name: string, node: Node, depth: number): string[] {
  const indent = '  '.repeat(depth);
  if (node.properties !== undefined) return [`# ${indent}${name}:`, ...exampleLines(node, depth + 1)];
  const item = node.items?.properties ?? (node.additionalProperties as Node | undefined)?.properties;
  const value = node.default === undefined || node.shownDefault !== undefined ? '' : ` ${JSON.stringify(node.default)}`;
  const line = `# ${indent}${name}:${value}`;
  if (item === undefined) return [line];
  return [line, `# ${indent}  # with the keys: ${Object.keys(item).join(', ')}`];
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ').filter(w => w !== '')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
