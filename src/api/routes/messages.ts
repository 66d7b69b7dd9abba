// The ledger: search what came through, and explain one message.

import type { LedgerRecord, RefusalRecord } from '../../model/disposition.ts';
import type { MainThread } from '../ports.ts';
import { problemSchema } from '../problem.ts';
import { notFound, present, type Route, route } from '../route.ts';
import { explainedSchema, idParams, messageQuery, recordPage } from '../schemas.ts';
import { explainedView, type ProfilesInForce, recordView } from '../views.ts';

const search = route({
  method: 'GET',
  path: '/v1/messages',
  operationId: 'searchMessages',
  about: 'Messages and refusals that match all filters, newest first.',
  scope: 'ledger:read',
  query: messageQuery,
  answers: { 200: { about: 'A page of records.', content: recordPage } },
  answer: async ({ query }, { store }) => {
    const { limit, cursor = null, reverse_path, client_address, ...same } = query;
    const filter = present({ ...same, reversePath: reverse_path, clientAddress: client_address });
    const page = await store.ledger.search(filter, limit, cursor);
    return { status: 200, body: { items: page.items.map(recordView), cursor: page.cursor } };
  },
});

const explain = route({
  method: 'GET',
  path: '/v1/messages/{id}',
  operationId: 'explainMessage',
  about:
    'What was seen of one message, every point of its verdicts, what would have changed them, and what became of each copy.',
  scope: 'ledger:read',
  params: idParams,
  answers: {
    200: { about: 'The record.', content: explainedSchema },
    404: { about: 'The ledger has no such record, or no longer.', content: problemSchema },
  },
  answer: async ({ params }, { store, main }) => {
    const record = await store.ledger.get(params.id);
    if (record === null) return notFound;
    return { status: 200, body: explainedView(record, await profilesOf(record, main)) };
  },
});

async function profilesOf(record: LedgerRecord | RefusalRecord, main: MainThread): Promise<ProfilesInForce> {
  const names = new Set(record.kind === 'message' ? record.groups.map(({ profile }) => profile) : []);
  const found = [...names].map(async name => [name, await main.profileInForce(name)] as const);
  return new Map(await Promise.all(found));
}

export const messageRoutes: readonly Route[] = [search, explain];
