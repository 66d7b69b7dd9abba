// Why a rule fired, in its own words: text with `{auth.spf.domain}` for facts and `{saw}` for what a pattern matched.

import type { Facts, PatternHit } from '../model/evidence.ts';
import { didYouMean } from '../model/nearest.ts';
import type { Vocabulary } from './evidence-types.ts';
import { visible } from './visible.ts';
import type { YamlValue } from './yaml-value.ts';

const maxValue = 120;
const maxLength = 400;
const maxListed = 3;

/** Literal text and paths by turns. */
export type Template = readonly (
  | { readonly text: string }
  | { readonly saw: true }
  | { readonly fact: string; readonly field: string }
)[];

/** The template in `value`; unknown paths are recorded there. */
export function parseTemplate(value: YamlValue, vocabulary: Vocabulary): Template {
  const parts: Template[number][] = [];
  for (const part of (value.text() ?? '').split(/(\{[^{}]*\})/)) {
    const path = /^\{(.*)\}$/.exec(part)?.[1];
    const named = path === undefined ? null : vocabulary.field(path);
    if (path === undefined) parts.push({ text: part });
    else if (path === 'saw') parts.push({ saw: true });
    else if (named !== null && named.shape.kind !== 'records')
      parts.push({ fact: named.type.name, field: named.field });
    else
      value.problem(
        `{${path}} names no field that can be shown${didYouMean(path, ['saw', ...shownPaths(vocabulary)])}`,
      );
  }
  return parts;
}

const shownPaths = (vocabulary: Vocabulary) =>
  vocabulary.paths.filter(path => vocabulary.field(path)?.shape.kind !== 'records');

/** Bounded, on one line, with nothing invisible in it: values come from the message. */
export function render(template: Template, facts: Facts, saw: PatternHit | null): string {
  const parts = template.map(part => {
    if ('text' in part) return part.text;
    return 'saw' in part ? (saw?.saw ?? '?') : shown(fieldValue(facts, part.fact, part.field));
  });
  return visible(parts.join(''), maxLength);
}

function fieldValue(facts: Facts, fact: string, field: string): unknown {
  const observation = facts[fact];
  const value = observation?.state === 'observed' ? observation.value : null;
  return typeof value === 'object' && value !== null && Object.hasOwn(value, field)
    ? (value as Record<string, unknown>)[field]
    : undefined;
}

function shown(value: unknown): string {
  if (Array.isArray(value)) {
    const more = value.length > maxListed ? `, and ${value.length - maxListed} more` : '';
    return (
      value
        .slice(0, maxListed)
        .map(item => visible(String(item), maxValue))
        .join(', ') + more
    );
  }
  return value === undefined ? '?' : visible(String(value), maxValue);
}
