// The configuration in force as an administrator would have written it: units in the values, secrets masked.

import { stringify } from 'yaml';
import { z } from 'zod';
import { type Config, schema } from './schema.ts';
import { showDuration, showPercent, showSize } from './units.ts';
import { type OriginOf, withOrigins } from './with-origins.ts';

interface Node {
  readonly format?: string;
  readonly secret?: boolean;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly additionalProperties?: Node;
  readonly items?: Node;
}

export const printConfig = (config: Config): string => stringify(writtenConfig(config));

/** The same with the origin of each value beside it, as a comment. */
export const printOrigins = (config: Config, originOf: OriginOf): string =>
  withOrigins(writtenConfig(config), originOf);

/** As it would be written, secrets masked. */
export const writtenConfig = (config: Config): unknown =>
  written(config, z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Node);

function written(value: unknown, node: Node): unknown {
  if (node.secret === true) return '(secret)';
  if (typeof value === 'number') return withUnit(value, node.format);
  if (Array.isArray(value)) return value.map(item => written(item, node.items ?? {}));
  if (typeof value !== 'object' || value === null) return value;
  const pairs = Object.entries(value).map(([key, item]) => [
    key,
    written(item, node.properties?.[key] ?? node.additionalProperties ?? {}),
  ]);
  return Object.fromEntries(pairs);
}

function withUnit(value: number, format: string | undefined): unknown {
  if (format === 'duration') return showDuration(value);
  if (format === 'percentage') return showPercent(value);
  return format === 'size' ? showSize(value) : value;
}
