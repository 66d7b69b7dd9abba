// The quarantine: list, show, raw, release, delete.

import { Readable } from 'node:stream';
import type { Path } from '../../model/address.ts';
import type { Entry, ReleasedCopy } from '../../store/quarantine.ts';
import type { GivenLabel, MessageLabel } from '../../store/reviews.ts';
import type { StoreReader } from '../ports.ts';
import { problem, problemSchema } from '../problem.ts';
import { deleteQuery } from '../review-schemas.ts';
import { type Answer, type ApiDeps, notFound, present, problemAnswer, type Route, route } from '../route.ts';
import {
  entryPage,
  entryQuery,
  entrySchema,
  idempotencyHeaders,
  idParams,
  releaseBody,
  releaseSchema,
} from '../schemas.ts';
import { copyView, entryView } from '../views.ts';

const unknownEntry = { about: 'There is no such entry.', content: problemSchema };

const list = route({
  method: 'GET',
  path: '/v1/quarantine',
  operationId: 'listEntries',
  about: 'Entries that match all filters, newest first.',
  scope: 'quarantine:read',
  query: entryQuery,
  answers: { 200: { about: 'A page of entries.', content: entryPage } },
  answer: async ({ query }, { store }) => {
    const { limit, cursor = null, reverse_path, recipient_domain, ...same } = query;
    const filter = present({ ...same, reversePath: reverse_path, recipientDomain: recipient_domain });
    const page = await store.quarantine.list(filter, limit, cursor);
    return { status: 200, body: { items: page.items.filter(isShown).map(entryView), cursor: page.cursor } };
  },
});

const show = route({
  method: 'GET',
  path: '/v1/quarantine/{id}',
  operationId: 'showEntry',
  about: 'One entry.',
  scope: 'quarantine:read',
  params: idParams,
  answers: { 200: { about: 'The entry.', content: entrySchema }, 404: unknownEntry },
  answer: async ({ params }, { store }) => {
    const entry = await shownEntry(store, params.id);
    return entry === null ? notFound : { status: 200, body: entryView(entry) };
  },
});

const raw = route({
  method: 'GET',
  path: '/v1/quarantine/{id}/raw',
  operationId: 'rawEntry',
  about: 'The message as it was received, byte for byte. Hostile content: save it, do not open it.',
  scope: 'quarantine:read',
  params: idParams,
  answers: { 200: { about: 'The bytes.', content: 'text/plain' }, 404: unknownEntry },
  answer: async ({ params }, { store }) => {
    const entry = await shownEntry(store, params.id);
    const message = entry && (await store.quarantine.message(entry.id));
    if (entry === null || message === null) return notFound;
    const headers = {
      'content-length': String(message.sizeBytes),
      // The name is our id: nothing of the message names a file (THREATS.md 11, 15).
      'content-disposition': `attachment; filename="${entry.id}.eml"`,
      'content-security-policy': "default-src 'none'; sandbox",
    };
    return { status: 200, body: Readable.from(message.chunks()), type: 'text/plain', headers };
  },
});

const release = route({
  method: 'POST',
  path: '/v1/quarantine/{id}/release',
  operationId: 'releaseEntry',
  about:
    'Sends the message, unchanged, to the next hop of each recipient. A copy that was released already is not sent again.',
  scope: 'quarantine:release',
  params: idParams,
  headers: idempotencyHeaders,
  body: releaseBody.optional(),
  answers: {
    200: { about: 'All copies that were asked for are released.', content: releaseSchema },
    202: { about: 'The next hop asked to try again later: tried for 24 hours.', content: releaseSchema },
    404: unknownEntry,
    409: { about: 'The idempotency key was used for another request.', content: problemSchema },
    422: { about: 'Not all of these are recipients of the entry.', content: problemSchema },
    502: { about: 'The next hop refused copies, which stay held: `copies` has its replies.', content: problemSchema },
  },
  answer: async ({ params, headers, body, askedBy }, deps) => {
    const { store, main, log } = deps;
    const entry = await shownEntry(store, params.id);
    if (entry === null) return notFound;
    const strangers = strangersTo(entry, body?.recipients ?? []);
    if (strangers.length > 0) return notRecipients(strangers);
    const result = await main.release(entry.id, body?.recipients ?? 'all', headers['idempotency-key'] ?? null);
    if (result.status === 'unknown entry') return notFound;
    if (result.status === 'key reused') return keyReused;
    // It is released, whether that can be kept or not.
    const given = labelOf(entry, 'ham', 'release', askedBy, deps);
    await main.label(given).catch(err => log.error({ message: given.message, err }, 'label not kept'));
    return releaseAnswer(entry, result.copies);
  },
});

function releaseAnswer(entry: Entry, released: readonly ReleasedCopy[]): Answer {
  const copies = released.map(copyView);
  if (copies.some(copy => copy.state === 'releasing')) return { status: 202, body: { id: entry.id, copies } };
  if (copies.every(copy => copy.state === 'released')) return { status: 200, body: { id: entry.id, copies } };
  return problemAnswer(problem(502, 'release_refused', 'The next hop refused copies; they stay held.', { copies }));
}

const keyReused = problemAnswer(
  problem(409, 'idempotency_key_reused', 'This idempotency key was used before, for another request.'),
);

function notRecipients(strangers: readonly Path[]): Answer {
  const detail = 'Not all of these are recipients of the entry; nothing was released.';
  return problemAnswer(problem(422, 'not_recipients', detail, { recipients: strangers }));
}

function strangersTo(entry: Entry, recipients: readonly Path[]): Path[] {
  const own = new Set(entry.recipients.map(recipient => recipient.path));
  return recipients.filter(path => !own.has(path));
}

const remove = route({
  method: 'DELETE',
  path: '/v1/quarantine/{id}',
  operationId: 'deleteEntry',
  about: 'Deletes an entry with its mail, released or not.',
  scope: 'quarantine:release',
  params: idParams,
  query: deleteQuery,
  answers: { 204: { about: 'Deleted.', content: null }, 404: unknownEntry },
  answer: async ({ params, query, askedBy }, deps) => {
    const entry = await shownEntry(deps.store, params.id);
    if (entry === null) return notFound;
    const { main } = deps;
    if (query.label !== undefined) await main.label(labelOf(entry, query.label, 'review', askedBy, deps));
    return (await main.delete(entry.id)) ? { status: 204, body: null } : notFound;
  },
});

/** What a reviewer does with an entry says what he takes it for. */
const labelOf = (
  { transaction, receivedAt }: Entry,
  label: MessageLabel,
  reason: 'release' | 'review',
  by: string,
  { clock }: ApiDeps,
): GivenLabel => ({ message: transaction, receivedAt, label, reason, by, at: clock.now() });

/** A `pending` entry belongs to a transaction that is not finished: to the outside it is not there yet. */
const isShown = (entry: Entry): boolean => entry.state !== 'pending';

async function shownEntry(store: StoreReader, id: Entry['id']): Promise<Entry | null> {
  const entry = await store.quarantine.get(id);
  return entry !== null && isShown(entry) ? entry : null;
}

export const quarantineRoutes: readonly Route[] = [list, show, raw, release, remove];
