// Analyses of the shipped patterns, made when the package is built and kept beside the code that made them. They are taken
// only where that code and the engine are still the same; what is not among them is found out when it is loaded.

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { type Analysed, analysesOf, recall } from '../../rules/patterns/analysed.ts';
import type { PatternSpec } from '../../rules/patterns/patterns.ts';

interface Shipped {
  readonly madeBy: string;
  readonly analysed: Analysed;
}

/** `src/rules/patterns`, or `dist/rules/patterns` in the package. */
const patternCode = join(import.meta.dirname, '../../rules/patterns');
const fileIn = (folder: string): string => join(folder, 'analysed.bin');

/** By them this thread loads the shipped rules in half of the time. Without them, as in a checkout, it takes the whole. */
export function recallShipped(folder: string = patternCode): void {
  const shipped = readShipped(fileIn(folder));
  if (shipped?.madeBy === makerOf(folder)) recall(shipped.analysed);
}

export function writeShipped(patterns: readonly PatternSpec[], folder: string = patternCode): void {
  const shipped: Shipped = { madeBy: makerOf(folder), analysed: analysesOf(patterns) };
  writeFileSync(fileIn(folder), serialize(shipped));
}

/** Null where there are none that this engine can read. */
function readShipped(file: string): Shipped | null {
  try {
    return existsSync(file) ? (deserialize(readFileSync(file)) as Shipped) : null;
  } catch {
    return null;
  }
}

/** The code that analyses, and what of the engine it builds on: which expressions there are, and the cases of letters. */
function makerOf(folder: string): string {
  const { v8, unicode, icu } = process.versions;
  const code = readdirSync(folder)
    .filter(name => /\.[jt]s$/.test(name))
    .sort();
  const hash = createHash('sha256').update(JSON.stringify([v8, unicode, icu]));
  for (const name of code) hash.update(JSON.stringify([name, readFileSync(join(folder, name), 'utf8')]));
  return hash.digest('hex');
}
