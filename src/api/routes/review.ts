// Reviews: what people say of messages, and the samples that are drawn for them to look at.

import { BadInput } from '../../model/failure.ts';
import type { Id } from '../../model/ids.ts';
import type { Sample } from '../../store/reviews.ts';
import type { StoreReader } from '../ports.ts';
import { problem, problemSchema } from '../problem.ts';
import {
  labelBody,
  labelSchema,
  type SampledPageView,
  type SampledView,
  sampledPage,
  sampleQuery,
  sampleSchema,
} from '../review-schemas.ts';
import { labelView, sampledView, sampleView } from '../review-views.ts';
import { notFound, problemAnswer, type Route, route } from '../route.ts';
import { idParams } from '../schemas.ts';

const label = route({
  method: 'POST',
  path: '/v1/messages/{id}/label',
  operationId: 'labelMessage',
  about: 'Says whether a message is wanted. The same label again changes nothing, another one takes its place.',
  scope: 'quarantine:release',
  params: idParams,
  body: labelBody,
  answers: {
    200: { about: 'What is kept of it.', content: labelSchema },
    404: { about: 'The ledger has no such message, or no longer.', content: problemSchema },
  },
  answer: async ({ params, body, askedBy: by }, { store, main, clock }) => {
    const record = await store.ledger.get(params.id);
    if (record?.kind !== 'message') return notFound;
    const message = { message: record.id, receivedAt: record.at };
    const given = await main.label({ ...message, ...body, reason: 'review', by, at: clock.now() });
    return { status: 200, body: labelView(given) };
  },
});

const show = route({
  method: 'GET',
  path: '/v1/samples',
  operationId: 'showSample',
  about:
    'The newest sample of which messages have no label yet, else the newest: messages drawn by chance that have none, with what the ledger has of them.',
  scope: 'ledger:read',
  query: sampleQuery,
  answers: { 200: { about: 'A page of the sample.', content: sampledPage } },
  answer: async ({ query }, { store }) => {
    const samples = await store.reviews.samples();
    const first = query.all ? samples[0] : ((await newestWaiting(samples, store)) ?? samples[0]);
    const none: SampledPageView = { sample: null, items: [], cursor: null };
    return { status: 200, body: first === undefined ? none : await pageOf(first, query, store) };
  },
});

/** Older ones count in calibrations too: what is left of them comes when the newest is done. */
async function newestWaiting(samples: readonly Sample[], { reviews, ledger }: StoreReader): Promise<Sample | null> {
  for (const sample of samples) {
    for (const { message } of await reviews.sampled(sample.id))
      if ((await reviews.label(message)) === null && (await ledger.get(message)) !== null) return sample;
  }
  return null;
}

interface PageQuery {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly all: boolean;
}

async function pageOf(newest: Sample, { limit, cursor, all }: PageQuery, store: StoreReader): Promise<SampledPageView> {
  const at = cursor === undefined ? { id: newest.id, place: 0 } : positionIn(cursor);
  // A sample that was drawn meanwhile does not mix with the one that is being read.
  const sample = (await store.reviews.samples()).find(({ id }) => id === at.id) ?? newest;
  const messages = await store.reviews.sampled(sample.id);
  const items: SampledView[] = [];
  let place = at.place;
  for (; place < messages.length && items.length < limit; place++) {
    const message = messages[place];
    const given = message === undefined ? null : await store.reviews.label(message.message);
    if (message === undefined || (given !== null && !all)) continue;
    items.push(sampledView(message, given?.label ?? null, await store.ledger.get(message.message)));
  }
  return { sample: sampleView(sample), items, cursor: place < messages.length ? cursorAt(sample.id, place) : null };
}

const cursorAt = (id: Id, place: number): string => Buffer.from(`${id}.${place}`).toString('base64url');

/** @throws BadInput when it is none of ours. */
function positionIn(cursor: string): { readonly id: string; readonly place: number } {
  const [, id, place] = /^(\w{20})\.(\d{1,6})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1')) ?? [];
  if (id === undefined) throw new BadInput('not a cursor of this list', { cursor });
  return { id, place: Number(place) };
}

const draw = route({
  method: 'POST',
  path: '/v1/samples',
  operationId: 'drawSample',
  about: 'Draws a sample now, of the mail since the last one. One is drawn every week without being asked for.',
  scope: 'quarantine:release',
  answers: {
    201: { about: 'The sample.', content: sampleSchema },
    409: { about: 'There is no mail that was not drawn from, or a trial runs.', content: problemSchema },
  },
  answer: async (_, { main }) => {
    const answer = await main.drawSample();
    switch (answer.status) {
      case 'drawn':
        return { status: 201, body: sampleView(answer.sample), headers: { location: '/v1/samples' } };
      case 'nothing':
        return problemAnswer(problem(409, 'nothing_to_draw', 'There is no mail that was not drawn from already.'));
      case 'busy':
        return problemAnswer(problem(409, 'trial_running', 'A trial runs; try again when it is over.'));
    }
  },
});

export const reviewRoutes: readonly Route[] = [label, show, draw];
