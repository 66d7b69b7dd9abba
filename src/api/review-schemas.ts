// What the routes of reviews take and give: labels of messages, and samples.

import { z } from 'zod';
import { actions } from '../model/verdict.ts';
import { labelReasons, messageLabels } from '../store/reviews.ts';
import { paging } from './schemas.ts';

const time = z.iso.datetime({ offset: true });
const label = z.enum(messageLabels);

export const labelBody = z
  .strictObject({ label: label.meta({ description: '`ham` is mail that its recipients want.' }) })
  .meta({ id: 'LabelRequest' });

export const deleteQuery = z.strictObject({
  label: z.literal('spam').optional().meta({ description: 'Labels the message too: it was kept for good reason.' }),
});

export const labelSchema = z
  .object({
    message: z.string(),
    label,
    reason: z.enum(labelReasons).meta({
      description: '`release`: it was released. `sample`: it was drawn for review. `review`: somebody came upon it.',
    }),
    by: z.string().meta({ description: 'The name of the token.' }),
    at: time,
  })
  .meta({ id: 'Label', description: 'What is kept of what somebody said of a message.' });

export const sampleQuery = z.strictObject({
  ...paging,
  all: z
    .enum(['true', 'false'])
    .default('false')
    .transform(text => text === 'true')
    .meta({ description: 'Also messages that have a label already.' }),
});

const band = z.object({
  profile: z.string(),
  action: z.enum(actions),
  messages: z.int(),
  labelled: z.int().meta({ description: 'Of these, before the draw: they speak for themselves.' }),
  drawn: z.int(),
});

const sample = z.object({
  id: z.string(),
  since: time,
  before: time,
  drawn_at: time,
  bands: z.array(band).meta({ description: 'Mail of that time by profile and action; one verdict a message.' }),
});

export const sampleSchema = sample.meta({ id: 'Sample' });

const seen = z
  .object({
    received_at: time,
    client_address: z.string(),
    reverse_path: z.string(),
    recipients: z.array(z.string()),
    from: z.string().meta({ description: 'The address that a reader sees; empty where there is none.' }),
    subject: z.string(),
    score: z.number(),
    hits: z.array(z.object({ symbol: z.string(), points: z.number(), because: z.string() })),
    entry: z.string().nullable().meta({ description: 'In the quarantine, where it was kept.' }),
  })
  .meta({
    description:
      'What the ledger has of it, null where that is gone. The text of mail that was delivered or refused is not kept; ' +
      '/v1/messages/{id} has all facts.',
  });

export const sampledPage = z
  .object({
    sample: sample.nullable().meta({ description: 'The newest; null where none was drawn yet.' }),
    items: z.array(
      z.object({
        message: z.string(),
        profile: z.string(),
        action: z.enum(actions),
        weight: z.number().meta({ description: 'How many messages it was drawn for.' }),
        label: label.nullable(),
        seen: seen.nullable(),
      }),
    ),
    cursor: z.string().nullable().meta({ description: 'For the next page; null on the last.' }),
  })
  .meta({ id: 'SampledPage' });

export type LabelView = z.infer<typeof labelSchema>;
export type SampleView = z.infer<typeof sampleSchema>;
export type SampledPageView = z.infer<typeof sampledPage>;
export type SampledView = SampledPageView['items'][number];
