// For machines that watch us: liveness, readiness, metrics.

import { type Route, route } from '../route.ts';
import { aliveSchema, readySchema } from '../schemas.ts';

const alive = route({
  method: 'GET',
  path: '/healthz',
  operationId: 'isAlive',
  about: 'Whether the gateway lives: the thread that speaks SMTP has answered.',
  scope: null,
  answers: { 200: { about: 'It lives.', content: aliveSchema } },
  answer: async (_, { main }) => {
    await main.alive();
    return { status: 200, body: { status: 'alive' } };
  },
});

const ready = route({
  method: 'GET',
  path: '/readyz',
  operationId: 'isReady',
  about: 'Whether mail can be accepted, and which of our parts work.',
  scope: null,
  answers: {
    200: { about: 'Mail can be accepted; single parts may be down.', content: readySchema },
    503: { about: 'No mail can be accepted.', content: readySchema },
  },
  answer: async (_, { main }) => {
    const { isReady, components } = await main.health();
    return { status: isReady ? 200 : 503, body: { status: isReady ? 'ready' : 'not ready', components } };
  },
});

const metrics = route({
  method: 'GET',
  path: '/metrics',
  operationId: 'metrics',
  about: 'Metrics in Prometheus’ text format. On a loopback listener no token is needed.',
  scope: 'metrics:read',
  answers: { 200: { about: 'The metrics.', content: 'text/plain; version=0.0.4; charset=utf-8' } },
  answer: async (_, { main }) => ({
    status: 200,
    body: await main.exposition(),
    type: 'text/plain; version=0.0.4; charset=utf-8',
  }),
});

export const serviceRoutes: readonly Route[] = [alive, ready, metrics];
