// Why a setting was made; and of one that was made over the API by whom and when.

import type { Place } from './source.ts';
import type { YamlValue } from './yaml-value.ts';

export const making = ['why', 'by', 'at'] as const;

/** Where `value` stands, and how it came there: `overrides.yaml:12 (api, desk, 2026-11-22T07:30:00.000Z)`. */
export function placeOf(value: YamlValue, { by, at }: { readonly by?: YamlValue; readonly at?: YamlValue }): Place {
  if (by === undefined || at === undefined) return value.at;
  return `${value.at} (api, ${by.text()}, ${at.text()})`;
}
