// What the routes of settings take and give.

import { z } from 'zod';
import type { Points } from '../model/verdict.ts';

/** Decimals of at most three places, as the files have them; in thousandths. */
const points = (about: string, least = -1000, most = 1000) =>
  z
    .number()
    .min(least)
    .max(most)
    .meta({ description: `${about} At most three decimals.` })
    .transform((value, context): Points => {
      const thousandths = Math.round(value * 1000);
      if (Math.abs(value * 1000 - thousandths) < 1e-6) return thousandths;
      context.addIssue('points have at most three decimals');
      return z.NEVER;
    });

const why = z.string().trim().min(1).max(500).meta({ description: 'For people; shown where the setting is.' });
const entries = (about: string) =>
  z.array(z.string().trim().min(1).max(1024)).max(10_000).default([]).meta({ description: about });

export const nameParams = z.strictObject({
  name: z.string().min(1).max(200).meta({ description: 'The symbol, profile or list.' }),
});

export const weightParams = z.strictObject({
  name: z.string().min(1).max(200).meta({ description: 'The profile.' }),
  group: z.string().min(1).max(200).meta({ description: 'The group of rules.' }),
});

export const versionHeaders = z.object({
  'if-match': z.string().max(1024).optional().meta({
    description: 'The ETag of what the change is about (RFC 9110 section 13.1.1); `*` for whatever it is now.',
  }),
});

export const scoreBody = z.strictObject({ score: points('The score.'), why }).meta({ id: 'ScoreRequest' });
export const thresholdsBody = z
  .strictObject({
    tag: points('From here on mail is tagged.'),
    quarantine: points('From here on it is kept.'),
    reject: points('From here on it is refused; null for never by score.').nullable(),
    why,
  })
  .meta({ id: 'ThresholdsRequest' });
export const weightBody = z
  .strictObject({
    weight: points(
      'By what the points of the group are multiplied; 1 leaves them as they are, 0 takes them away.',
      0,
      100,
    ),
    why,
  })
  .meta({ id: 'WeightRequest' });
export const listBody = z
  .strictObject({
    add: entries('All that the list has beside the entries of its file.'),
    remove: entries('All of its file’s entries that do not count.'),
    why,
  })
  .meta({ id: 'ListEntriesRequest' });

const made = z
  .object({
    why: z.string(),
    by: z.string().meta({ description: 'The name of the token.' }),
    at: z.string().meta({ description: 'RFC 3339.' }),
  })
  .meta({ id: 'Made', description: 'How an override came to be; what was written by hand has no token and no time.' });
const setBy = z.string().meta({ description: 'File and line, and for an override the token and the time.' });
const override = made.nullable().meta({ description: 'Null where what the files say is in force.' });

export const scoreSettingSchema = z
  .object({
    symbol: z.string(),
    score: z.number(),
    set_by: setBy,
    override,
    profiles: z
      .array(z.object({ profile: z.string(), score: z.number(), set_by: z.string() }))
      .meta({ description: 'Profiles with a score of their own for it, which wins.' }),
  })
  .meta({ id: 'ScoreSetting' });
export const thresholdsSettingSchema = z
  .object({
    profile: z.string(),
    tag: z.number(),
    quarantine: z.number(),
    reject: z.number().nullable(),
    set_by: setBy,
    override,
  })
  .meta({ id: 'ThresholdsSetting' });
export const weightSettingSchema = z
  .object({
    profile: z.string(),
    group: z.string(),
    weight: z.number(),
    set_by: setBy.nullable(),
    override,
  })
  .meta({ id: 'WeightSetting' });
const madeEntries = z.array(made.extend({ entry: z.string() }));
export const listSettingSchema = z
  .object({
    list: z.string(),
    entries: z.array(z.string()).meta({ description: 'All in force.' }),
    added: madeEntries,
    removed: madeEntries,
  })
  .meta({ id: 'ListSetting' });

export type ScoreView = z.infer<typeof scoreSettingSchema>;
export type ThresholdsView = z.infer<typeof thresholdsSettingSchema>;
export type WeightView = z.infer<typeof weightSettingSchema>;
export type ListView = z.infer<typeof listSettingSchema>;
