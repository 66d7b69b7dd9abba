// What the routes for trials take and give: replays of a change, and the report on what is on trial.

import { z } from 'zod';
import { actions } from '../model/verdict.ts';

const time = z.iso.datetime({ offset: true });
const points = z.number().meta({ description: 'Points; at most three decimals.' });
const verdicts = z.int().meta({ description: 'Verdicts: one for each message and policy group of its recipients.' });
const action = z.enum(actions);

const since = time
  .meta({ description: 'Messages received at or after; of the last seven days when left out.', format: 'date-time' })
  .transform(text => Date.parse(text))
  .optional();

const file = z.strictObject({
  path: z
    .string()
    .regex(/^[\w./-]{1,200}\.(?:yaml|yml|txt)$/, 'expected a name such as rules/own.yaml or lists/freemail.txt')
    .meta({ description: 'Its name: problems are said with it, and a list is called by it.' }),
  text: z.string(),
});

export const replayBody = z
  .strictObject({
    files: z
      .array(file)
      .max(100)
      .default([])
      .meta({ description: 'Files of rules, profiles and lists, as in a folder of `rules.folders`, that would win.' }),
    overrides: z
      .record(z.string(), z.unknown())
      .optional()
      .meta({ description: '`scores`, `profiles` and `lists` that would win; docs/rules.md has their form.' }),
    since,
    baseline: z
      .enum(['in_force', 'recorded'])
      .default('in_force')
      .meta({ description: 'Compared with what the rule files say today, or with what was said then.' }),
    named: z.int().min(0).max(1000).default(20).meta({ description: 'How many messages that flip are named.' }),
  })
  .meta({ id: 'ReplayRequest' });

export const shadowQuery = z.strictObject({ since });

const flips = z.array(z.object({ from: action, to: action, verdicts }));

const share = z.object({ name: z.string(), verdicts, stricter: z.int(), milder: z.int(), unknown: z.int() });

const namedFlip = z.object({
  id: z.string().meta({ description: 'The message’s id in the ledger.' }),
  at: time,
  reverse_path: z.string(),
  recipient_domains: z.array(z.string()),
  profile: z.string(),
  from: action,
  to: action,
  score_before: points,
  score_after: points,
  moved: z
    .array(z.object({ symbol: z.string(), before: points, after: points }))
    .meta({ description: 'Symbols whose points differ; 0 where one did not fire.' }),
});

export const replaySchema = z
  .object({
    since: time,
    before: time,
    baseline: z.enum(['in_force', 'recorded']),
    messages: z.int(),
    verdicts,
    unchanged: z.int(),
    flipped: z.int(),
    unknown: z.object({ patterns: z.int(), profile: z.int(), pruned: z.int() }).meta({
      description: 'Patterns that nobody sought in them, a profile that is no more, records deleted meanwhile.',
    }),
    told: z.object({ hits: z.int(), facts: z.int(), texts: z.int(), bytes: z.int() }).meta({
      description:
        'From what the changed rules were told: hits or facts on record, texts that were kept (`ledger.keep_texts`), or bytes in the quarantine.',
    }),
    actions: z.array(z.object({ action, before: z.int(), after: z.int() })),
    flips,
    profiles: z.array(share),
    recipient_domains: z.array(share),
    other_domains: z.int(),
    symbols: z
      .array(z.object({ symbol: z.string(), verdicts }))
      .meta({ description: 'Symbols that had other points in verdicts that flip.' }),
    named: z.array(namedFlip),
  })
  .meta({ id: 'Replay', description: 'What a change would have done.' });

const shadowShare = z
  .object({
    name: z.string(),
    verdicts,
    stricter: z.int(),
    milder: z.int(),
    flips,
    released: z.int().meta({ description: 'Of these verdicts, those whose mail reviewers have released.' }),
    deleted: z.int(),
    flips_released: z.int().meta({ description: 'The same of those that would have gone another way.' }),
    flips_deleted: z.int(),
  })
  .meta({ id: 'ShadowShare' });

export const shadowSchema = z
  .object({
    since: time,
    before: time,
    messages: z.int(),
    rules: z.array(shadowShare).meta({ description: 'Rules on trial that fired: if their points counted.' }),
    profiles: z.array(shadowShare).meta({ description: '`default > stricter`: if the second took the first’s place.' }),
  })
  .meta({ id: 'ShadowReport', description: 'What rules and profiles on trial would have done.' });

export type ReplayView = z.infer<typeof replaySchema>;
export type ShadowView = z.infer<typeof shadowSchema>;
