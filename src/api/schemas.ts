// What the API takes and gives, once: validation, TypeScript's types and the OpenAPI document all come from these.

import { z } from 'zod';
import {
  accessKinds,
  accessScope,
  accessScopeWords,
  accessSubjects,
  accessValue,
  accessValueWords,
} from '../model/access.ts';
import { type Id, isId } from '../model/ids.ts';
import { actions } from '../model/verdict.ts';
import { settingChangeKinds } from '../rules/setting-changes.ts';
import { scopes } from './tokens.ts';

const idPattern = '^[0-9a-hjkmnp-tv-z]{20}$';
const path = z.string().min(1).max(1024);
const time = z.iso.datetime({ offset: true });
const points = z.number().meta({ description: 'Points; at most three decimals.' });

// Taken.

export const idParams = z.strictObject({
  id: z
    .string()
    .meta({ description: 'An id that we gave.', pattern: idPattern })
    .transform((text, context): Id => {
      if (isId(text)) return text;
      context.addIssue('not an id');
      return z.NEVER;
    }),
});

/** Milliseconds since the epoch, from a time in a query. */
const queryTime = (about: string) =>
  time
    .meta({ description: about, format: 'date-time' })
    .transform(text => Date.parse(text))
    .optional();

export const paging = {
  limit: z.coerce.number().int().min(1).max(200).default(50).meta({ description: 'Items on a page.' }),
  cursor: z.string().min(1).max(1024).optional().meta({ description: 'Where the page before ended: its `cursor`.' }),
};

/** States that are shown: a `pending` entry belongs to a transaction that is not finished. */
const shownStates = ['held', 'releasing', 'released'] as const;
const reasons = ['policy', 'undelivered', 'unscannable'] as const;
const word = (about: string) => z.string().min(1).max(1024).optional().meta({ description: about });

const reversePath = z
  .string()
  .max(1024)
  .optional()
  .meta({ description: 'The reverse-path, as written in the envelope; empty for `<>`.' });

export const entryQuery = z.strictObject({
  state: z.enum(shownStates).optional(),
  reason: z.enum(reasons).optional(),
  recipient: word('A recipient, as written in the envelope.'),
  recipient_domain: word('The domain of a recipient.'),
  reverse_path: reversePath,
  symbol: word('A symbol among the hits.'),
  text: word('Part of the subject or the header From; case does not matter.'),
  since: queryTime('Received at or after.'),
  before: queryTime('Received before.'),
  ...paging,
});

export const messageQuery = z.strictObject({
  kind: z.enum(['message', 'refusal']).optional(),
  client_address: word('The client’s address.'),
  reverse_path: reversePath,
  recipient: word('A recipient, as written in the envelope.'),
  action: z.enum(actions).optional(),
  symbol: word('A symbol among the hits.'),
  since: queryTime('Received at or after.'),
  before: queryTime('Received before.'),
  ...paging,
});

export const releaseBody = z
  .strictObject({
    recipients: z
      .array(path)
      .min(1)
      .max(1000)
      .optional()
      .meta({ description: 'Recipients of the entry, as written in the envelope; all when left out.' }),
  })
  .meta({ id: 'ReleaseRequest' });

export const idempotencyHeaders = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,128}$/, 'expected 1 to 128 printable ASCII characters')
    .optional()
    .meta({ description: 'The same key and request again give the same answer and one release.' }),
});

const matchOf = (subject: (typeof accessSubjects)[number]) =>
  z.string().max(1024).optional().meta({ description: accessValueWords[subject] });

const accessMatch = z.strictObject({
  aligned_domain: matchOf('aligned_domain'),
  dkim_signer: matchOf('dkim_signer'),
  network: matchOf('network'),
  envelope_from: matchOf('envelope_from'),
  header_from: matchOf('header_from'),
});

const accessRecipients = z
  .string()
  .max(1024)
  .meta({ description: 'Whom it is for: `all`, an address, or `@domain`.' })
  .transform((written, context) => {
    const scope = accessScope(written);
    if (scope !== null) return scope;
    context.addIssue(accessScopeWords);
    return z.NEVER;
  });

export const accessBody = z
  .strictObject({
    kind: z.enum(accessKinds),
    match: accessMatch
      .meta({ description: 'What of a message it names: one of these.' })
      .transform((given, context) => {
        const [subject, another] = accessSubjects.filter(name => given[name] !== undefined);
        if (subject === undefined || another !== undefined) {
          context.addIssue(`expected one of ${accessSubjects.join(', ')}`);
          return z.NEVER;
        }
        const value = accessValue(subject, given[subject] ?? '');
        if (value !== null) return { subject, value };
        context.addIssue({ code: 'custom', path: [subject], message: accessValueWords[subject] });
        return z.NEVER;
      }),
    recipients: accessRecipients.prefault('all'),
    expires_at: time
      .meta({ description: 'When it ends; never when left out.', format: 'date-time' })
      .transform(text => Date.parse(text))
      .nullable()
      .default(null),
    comment: z.string().max(500).default('').meta({ description: 'For people.' }),
  })
  .meta({ id: 'AccessEntryRequest' });

export const accessQuery = z.strictObject({
  kind: z.enum(accessKinds).optional(),
  subject: z.enum(accessSubjects).optional(),
  value: word('What it names, as it is listed.'),
  recipients: accessRecipients.optional(),
  ...paging,
});

export const tokenBody = z
  .strictObject({ name: z.string().min(1).max(100), scopes: z.array(z.enum(scopes)).min(1) })
  .meta({ id: 'TokenRequest' });

// Given.

const reply = z
  .object({ code: z.int(), enhanced: z.string().nullable(), text: z.array(z.string()) })
  .meta({ id: 'Reply', description: 'An SMTP reply (RFC 5321 section 4.2).' });

const hit = z
  .object({
    symbol: z.string(),
    group: z.string(),
    score: points,
    weight: z.number().meta({ description: 'The profile’s weight for the group; 1 leaves the score as it is.' }),
    points: points.meta({ description: 'The score weighed; these add up to the verdict’s score.' }),
    set_by: z.string().meta({ description: 'File and line that set the score.' }),
    because: z.string(),
  })
  .meta({ id: 'Hit' });

const entryState = z.enum(['pending', ...shownStates]);

const copy = z
  .object({
    path: z.string(),
    state: entryState,
    reply: reply.nullable().meta({ description: 'What the next hop said to the last release.' }),
  })
  .meta({ id: 'Copy' });

export const entrySchema = z
  .object({
    id: z.string(),
    transaction: z.string().meta({ description: 'The message’s id in the ledger.' }),
    received_at: time,
    state: entryState,
    reason: z.enum(reasons),
    refusal: reply.nullable().meta({ description: 'What the next hop said, where the reason is `undelivered`.' }),
    client_address: z.string(),
    reverse_path: z.string(),
    recipients: z.array(copy.extend({ released_at: time.nullable() })),
    header_from: z.string(),
    subject: z.string(),
    size_bytes: z.int(),
    sha256: z.string(),
    profile: z.string(),
    score: points,
    hits: z.array(hit),
  })
  .meta({ id: 'Entry', description: 'Mail in the quarantine.' });

const cursor = z.string().nullable().meta({ description: 'For the next page; null on the last.' });
export const entryPage = z.object({ items: z.array(entrySchema), cursor }).meta({ id: 'EntryPage' });

export const releaseSchema = z
  .object({ id: z.string(), copies: z.array(copy) })
  .meta({ id: 'Release', description: 'The copies that were asked for, and what the next hop said to each.' });

const outcome = z
  .object({
    path: z.string(),
    disposition: z.enum(['relayed', 'relayed-before', 'quarantined', 'rejected', 'deferred']),
    next_hop: z.string().optional(),
    entry: z.string().optional(),
    reply: reply.optional(),
  })
  .meta({ id: 'Outcome', description: 'What became of one recipient’s copy.' });

const messageSummary = z
  .object({
    kind: z.literal('message'),
    id: z.string(),
    at: time,
    client_address: z.string(),
    client_name: z.string().nullable(),
    helo: z.string(),
    protocol: z.string(),
    tls: z.object({ version: z.string(), cipher: z.string() }).nullable(),
    reverse_path: z.string(),
    size_bytes: z.int(),
    sha256: z.string(),
    action: z
      .enum(actions)
      .nullable()
      .meta({ description: 'The strongest of the verdicts; null when nothing was judged.' }),
    score: points.nullable().meta({ description: 'The highest of the verdicts.' }),
    outcomes: z.array(outcome),
    reply,
  })
  .meta({ id: 'MessageSummary' });

const refusal = z
  .object({
    kind: z.literal('refusal'),
    id: z.string(),
    at: time,
    client_address: z.string(),
    reverse_path: z.string().nullable(),
    forward_path: z.string().nullable(),
    reply,
    times: z.int().meta({
      description: 'How many it stands for: above 1 where a source had too many in a minute to keep each.',
    }),
  })
  .meta({ id: 'Refusal', description: 'A refused connection, command or recipient.' });

const because = { name: z.string(), action: z.enum(actions), because: z.string() };
const threshold = (about: string) => points.nullable().meta({ description: about });

const settingValue = z.union([z.number(), z.enum(actions)]);

const counterfactuals = z
  .object({
    without: z
      .array(z.object({ symbols: z.array(z.string()), action: z.enum(actions) }))
      .meta({ description: 'The smallest sets of hits whose absence would have changed the action; at most five.' }),
    are_all: z.boolean().meta({ description: 'Whether no other set of their size would have.' }),
    held_by: z.array(z.string()).meta({ description: 'What asks for the action whichever hits are absent.' }),
    settings: z
      .array(
        z.object({
          kind: z.enum(settingChangeKinds),
          name: z.string(),
          from: settingValue,
          to: settingValue.nullable().meta({ description: 'Null where it would have to be taken away.' }),
          action: z.enum(actions),
          set_by: z.string().nullable().meta({ description: 'Where it stands; null where it stands nowhere.' }),
        }),
      )
      .meta({ description: 'Of each kind of setting the one that alone would have, moved only as far as it must.' }),
  })
  .meta({ id: 'Counterfactuals', description: 'What would have made another action of the same message.' });

const judgedGroup = z
  .object({
    profile: z.string(),
    mode: z.enum(['enforce', 'observe']),
    is_role: z.boolean().meta({ description: 'postmaster, abuse, security: never refused or kept by score.' }),
    recipients: z.array(z.string()),
    action: z.enum(actions),
    score: points,
    thresholds: z.object({ tag: points, quarantine: points, reject: threshold('Null: never refused by score.') }),
    margins: z
      .object({ tag: points, quarantine: points, reject: threshold('Null: never refused by score.') })
      .meta({ description: 'Points that were missing to each threshold; 0 or less: reached.' }),
    hits: z.array(hit),
    shadow: z.array(hit).meta({ description: 'What rules on trial would have added: no part of the score.' }),
    trial: z
      .object({ profile: z.string(), action: z.enum(actions), score: points })
      .nullable()
      .meta({ description: 'What the profile on trial would have said; null where there was none.' }),
    floors: z.array(z.object(because)).meta({ description: 'What asked for at least an action, beside the score.' }),
    not_judged: z
      .array(z.object({ symbol: z.string(), reason: z.string() }))
      .meta({ description: 'Rules that could not be decided, because a fact was missing.' }),
    missing: z
      .array(z.object({ check: z.string(), reason: z.string() }))
      .meta({ description: 'Checks that the policy needs and that could not run.' }),
    counterfactuals: counterfactuals
      .nullable()
      .meta({ description: 'Null where the profile or policy has changed since, so that it cannot be told.' }),
  })
  .meta({ id: 'Verdict', description: 'The verdict for one policy group of recipients.' });

const observation = z
  .discriminatedUnion('state', [
    z.object({ state: z.literal('observed'), ms: z.number(), value: z.unknown() }),
    z.object({ state: z.literal('failed'), ms: z.number(), reason: z.string() }),
    z.object({ state: z.literal('skipped'), reason: z.string() }),
  ])
  .meta({ id: 'Observation', description: 'What one check left. Only `observed` says anything of the message.' });

const explainedMessage = messageSummary
  .extend({
    verdicts: z.array(judgedGroup),
    alterations: z
      .array(
        z.object({
          recipients: z.array(z.string()),
          what: z.enum(['subject_tag', 'banner', 'arc_seal', 'dkim_signature']),
          is_done: z.boolean(),
          detail: z.string(),
        }),
      )
      .meta({ description: 'What was to be changed in the copies beside fields of ours, and where, how, or why not.' }),
    facts: z.record(z.string(), observation).meta({ description: 'By the name of the check.' }),
    pattern_hits: z.object({
      digest: z.string(),
      hits: z.array(
        z.object({
          symbol: z.string(),
          field: z.string(),
          saw: z.string().meta({ description: 'The first match, at most 60 characters.' }),
          count: z.int().meta({ description: 'Matches in all of the field, where the pattern counts them; else 1.' }),
        }),
      ),
      overran: z.array(z.string()),
    }),
    timings_ms: z.record(z.string(), z.number()),
    check_timings_ms: z.record(z.string(), z.number()),
  })
  .meta({ id: 'ExplainedMessage', description: 'All that was seen of a message, and what was made of it.' });

const recordSummary = z.discriminatedUnion('kind', [messageSummary, refusal]);
export const recordPage = z.object({ items: z.array(recordSummary), cursor }).meta({ id: 'RecordPage' });
export const explainedSchema = z
  .discriminatedUnion('kind', [explainedMessage, refusal])
  .meta({ id: 'ExplainedRecord' });

export const accessEntrySchema = z
  .object({
    id: z.string(),
    kind: z.enum(accessKinds),
    match: accessMatch,
    recipients: z.string().meta({ description: '`all`, an address, or `@domain`.' }),
    expires_at: time.nullable(),
    comment: z.string(),
    added_at: time,
    added_by: z.string().meta({ description: 'The name of the token.' }),
  })
  .meta({ id: 'AccessEntry', description: 'What lets mail in or keeps it out; docs/access.md.' });
export const accessEntryPage = z.object({ items: z.array(accessEntrySchema), cursor }).meta({ id: 'AccessEntryPage' });

const tokenView = z.object({ id: z.string(), name: z.string(), scopes: z.array(z.enum(scopes)), created_at: time });
const tokenSchema = tokenView.meta({ id: 'Token', description: 'A token, without its secret.' });
export const newTokenSchema = tokenView
  .extend({ token: z.string().meta({ description: 'The secret; it is shown this once.' }) })
  .meta({ id: 'NewToken' });
export const tokenList = z.object({ items: z.array(tokenSchema) }).meta({ id: 'TokenList' });

const component = z
  .object({
    state: z.enum(['up', 'degraded', 'down', 'absent']),
    reason: z.string().nullable(),
    figures: z.record(z.string(), z.number()).optional(),
  })
  .meta({ id: 'Component' });
export const aliveSchema = z.object({ status: z.literal('alive') }).meta({ id: 'Alive' });
export const readySchema = z
  .object({ status: z.enum(['ready', 'not ready']), components: z.record(z.string(), component) })
  .meta({ id: 'Readiness' });

export type EntryView = z.infer<typeof entrySchema>;
export type AccessEntryView = z.infer<typeof accessEntrySchema>;
export type HitView = z.infer<typeof hit>;
export type ReplyView = z.infer<typeof reply>;
export type OutcomeView = z.infer<typeof outcome>;
export type VerdictView = z.infer<typeof judgedGroup>;
export type CounterfactualsView = z.infer<typeof counterfactuals>;
export type SummaryView = z.infer<typeof messageSummary>;
export type RefusalView = z.infer<typeof refusal>;
export type ExplainedView = z.infer<typeof explainedMessage>;
export type TokenView = z.infer<typeof tokenSchema>;
export type CopyView = z.infer<typeof copy>;
