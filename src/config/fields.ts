// Kinds of settings with their units, each with the words that an administrator reads when one does not fit.

import { z } from 'zod';
import { parseDuration, parsePercent, parseSize, showSize } from './units.ts';

const aDuration = 'expected a duration above zero, such as 500ms, 45s, 5m, 1h, 30d';
const aPercentage = 'expected a percentage of at most 100%, such as 0%, 0.5%, 1%';
const aSize = 'expected a size above zero, such as 512KiB, 50MiB, 10GiB';

/** A duration such as `45s`; milliseconds once parsed. No duration of ours has a use for zero. */
export const duration = (preset: string, about: string) =>
  z
    .string(aDuration)
    .meta({ description: about, format: 'duration' })
    .transform((text, context) => parseDuration(text) || fail(context, aDuration))
    .prefault(preset);

/** A duration that may be left out: then there is none of what it times. */
export const durationOrNone = (about: string) =>
  z
    .string(aDuration)
    .meta({ description: about, format: 'duration' })
    .transform((text, context) => parseDuration(text) || fail(context, aDuration))
    .optional();

/** A size such as `50MiB`; bytes once parsed. */
export const size = (preset: string, about: string, leastBytes = 1) =>
  z
    .string(aSize)
    .meta({ description: about, format: 'size' })
    .transform((text, context) => parseSize(text) || fail(context, aSize))
    .refine(bytes => bytes >= leastBytes, `expected at least ${showSize(leastBytes)}`)
    .prefault(preset);

/** A percentage such as `0.5%`; a share of 1 once parsed. */
export const percentage = (preset: string, about: string) =>
  z
    .string(aPercentage)
    .meta({ description: about, format: 'percentage' })
    .transform((text, context) => parsePercent(text) ?? fail(context, aPercentage))
    .prefault(preset);

export const count = (preset: number, about: string, least = 1) =>
  z.int().min(least).meta({ description: about }).prefault(preset);

export const strings = (about: string, each: z.ZodString = z.string()) =>
  z.array(each).meta({ description: about }).prefault([]);

function fail(context: { addIssue(message: string): void }, message: string): never {
  context.addIssue(message);
  return z.NEVER;
}
