// Allow and block entries: list, show, add, remove. An entry never changes, so that two who edit cannot undo each other.

import type { AddResult, KeptAccessEntry } from '../../store/access.ts';
import { problem, problemSchema } from '../problem.ts';
import { type Answer, notFound, present, problemAnswer, type Route, route } from '../route.ts';
import {
  accessBody,
  accessEntryPage,
  accessEntrySchema,
  accessQuery,
  idempotencyHeaders,
  idParams,
} from '../schemas.ts';
import { accessEntryView } from '../views.ts';

const list = route({
  method: 'GET',
  path: '/v1/access',
  operationId: 'listAccessEntries',
  about: 'Entries that were added here and match all filters, newest first. Those of files are not among them.',
  scope: 'access:read',
  query: accessQuery,
  answers: { 200: { about: 'A page of entries.', content: accessEntryPage } },
  answer: async ({ query }, { store }) => {
    const { limit, cursor = null, recipients, ...same } = query;
    const page = await store.access.list(present({ ...same, scope: recipients }), limit, cursor);
    return { status: 200, body: { items: page.items.map(accessEntryView), cursor: page.cursor } };
  },
});

const show = route({
  method: 'GET',
  path: '/v1/access/{id}',
  operationId: 'showAccessEntry',
  about: 'One entry.',
  scope: 'access:read',
  params: idParams,
  answers: {
    200: { about: 'The entry.', content: accessEntrySchema },
    404: { about: 'There is no such entry, or no longer.', content: problemSchema },
  },
  answer: async ({ params }, { store }) => {
    const entry = await store.access.get(params.id);
    return entry === null ? notFound : { status: 200, body: accessEntryView(entry) };
  },
});

const add = route({
  method: 'POST',
  path: '/v1/access',
  operationId: 'addAccessEntry',
  about: 'Adds an entry, in force for the next message.',
  scope: 'access:write',
  headers: idempotencyHeaders,
  body: accessBody,
  answers: {
    201: { about: 'The entry.', content: accessEntrySchema },
    409: {
      about: 'There is one already (`id`), there are too many, or the idempotency key was used for another request.',
      content: problemSchema,
    },
  },
  answer: async ({ headers, body, askedBy }, { main, clock }) => {
    const { match, recipients, expires_at: expiresAt, ...same } = body;
    if (expiresAt !== null && expiresAt <= clock.now()) return isOver;
    const entry = { ...same, ...match, scope: recipients, expiresAt };
    return addAnswer(await main.addAccess(entry, askedBy, headers['idempotency-key'] ?? null));
  },
});

function addAnswer(result: AddResult): Answer {
  switch (result.status) {
    case 'added':
      return { status: 201, body: accessEntryView(result.entry), headers: { location: placeOf(result.entry) } };
    case 'exists': {
      const detail = 'There is such an entry already; remove it first to give it another end or comment.';
      return problemAnswer(problem(409, 'entry_exists', detail, { id: result.entry.id }));
    }
    case 'full':
      return problemAnswer(
        problem(409, 'too_many_entries', 'There are as many entries as access.max_entries lets be.'),
      );
    case 'key reused':
      return problemAnswer(
        problem(409, 'idempotency_key_reused', 'This idempotency key was used before, for another request.'),
      );
  }
}

const placeOf = ({ id }: KeptAccessEntry): string => `/v1/access/${id}`;

const isOver = problemAnswer(
  problem(400, 'invalid_request', 'The request is not what this route takes.', {
    errors: [{ at: 'body.expires_at', detail: 'expected a time to come' }],
  }),
);

const remove = route({
  method: 'DELETE',
  path: '/v1/access/{id}',
  operationId: 'removeAccessEntry',
  about: 'Removes an entry; the next message is judged without it.',
  scope: 'access:write',
  params: idParams,
  answers: {
    204: { about: 'Removed.', content: null },
    404: { about: 'There is no such entry.', content: problemSchema },
  },
  answer: async ({ params }, { main }) =>
    (await main.removeAccess(params.id)) ? { status: 204, body: null } : notFound,
});

export const accessRoutes: readonly Route[] = [list, show, add, remove];
