// What a check leaves is held to what it declared, and all that a message leaves to its size.

import type { Facts, Observation } from '../model/evidence.ts';
import { type Field, fieldsOf, type Shape } from '../model/shape.ts';

/** Of all facts of a message as JSON, and what the fact `dns` may take of it. */
export const factsBytes = 32 * 1024;
export const dnsFactBytes = 4 * 1024;

/** Characters of one string: evidence points at what was seen, it does not keep it. */
const maxText = 1000;

/** Why `value` is not of `shape`, or null. A field too many or too few is a bug of the check. */
export function misfit(value: unknown, shape: Shape): string | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'not a record';
  for (const name of Object.keys(value)) if (!Object.hasOwn(shape, name)) return `${name}: not declared`;
  for (const [name, field] of fieldsOf(shape)) {
    const why = Object.hasOwn(value, name) ? misfitOfField((value as Record<string, unknown>)[name], field) : 'missing';
    if (why !== null) return `${name}: ${why}`;
  }
  return null;
}

function misfitOfField(value: unknown, field: Field): string | null {
  switch (field.kind) {
    case 'text':
      return typeof value === 'string' ? null : 'not a text';
    case 'choice':
      return typeof value === 'string' && field.of.includes(value) ? null : `not one of ${field.of.join(', ')}`;
    case 'count':
      return Number.isSafeInteger(value) && Number(value) >= 0 ? null : 'not a count';
    case 'number':
      return Number.isFinite(value) ? null : 'not a number';
    case 'flag':
      return typeof value === 'boolean' ? null : 'not a flag';
    case 'texts':
      return Array.isArray(value) && value.every(item => typeof item === 'string') ? null : 'not a list of texts';
    case 'records':
      return Array.isArray(value) ? misfitOfRecords(value, field.of) : 'not a list of records';
  }
}

function misfitOfRecords(list: readonly unknown[], shape: Shape): string | null {
  for (const [index, record] of list.entries()) {
    const why = misfit(record, shape);
    if (why !== null) return `${index}: ${why}`;
  }
  return null;
}

/** `value` with every string cut to what evidence may hold; nearly always itself. */
export function withBoundedTexts(value: unknown): unknown {
  return isBounded(value) ? value : bounded(value);
}

function isBounded(value: unknown): boolean {
  if (typeof value === 'string') return value.length <= maxText && value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  return (Array.isArray(value) ? value : Object.values(value)).every(isBounded);
}

function bounded(value: unknown): unknown {
  if (typeof value === 'string') return cut(value, maxText);
  if (Array.isArray(value)) return value.map(bounded);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, bounded(field)]));
}

/** At most `length` characters of `text`, with an ellipsis where some are missing; no half of a surrogate pair. */
export function cut(text: string, length: number): string {
  return (text.length <= length ? text : `${text.slice(0, length - 1)}…`).toWellFormed();
}

/**
 * `facts` within `maxBytes` of JSON: the largest observations become `failed`, never a part of one, and those in `lastToGo`
 * after all others. A sender chooses what is large, and must not choose what is missing.
 */
export function withinSize(facts: Facts, maxBytes: number, lastToGo: ReadonlySet<string>): Facts {
  // Most facts fit by far.
  if (Buffer.byteLength(JSON.stringify(facts)) <= maxBytes) return facts;
  const sizes = Object.entries(facts).map(([name, fact]) => ({ name, bytes: jsonBytes(name, fact) }));
  let total = sizes.reduce((sum, { bytes }) => sum + bytes, 2);
  const kept: Record<string, Observation> = { ...facts };
  const rank = (name: string): number => (lastToGo.has(name) ? 1 : 0);
  for (const { name, bytes } of sizes.sort((a, b) => rank(a.name) - rank(b.name) || b.bytes - a.bytes)) {
    if (total <= maxBytes) break;
    const fact = facts[name];
    const truncated: Observation = {
      state: 'failed',
      ms: fact !== undefined && 'ms' in fact ? fact.ms : 0,
      reason: 'truncated',
    };
    kept[name] = truncated;
    total += jsonBytes(name, truncated) - bytes;
  }
  return kept;
}

const jsonBytes = (name: string, fact: Observation): number => Buffer.byteLength(JSON.stringify({ [name]: fact })) - 1;
