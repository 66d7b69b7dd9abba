// The list of all routes, and of those that need no token.

import { openApiDocument } from './openapi.ts';
import { type Route, route } from './route.ts';
import { accessRoutes } from './routes/access.ts';
import { messageRoutes } from './routes/messages.ts';
import { quarantineRoutes } from './routes/quarantine.ts';
import { reviewRoutes } from './routes/review.ts';
import { serviceRoutes } from './routes/service.ts';
import { settingRoutes } from './routes/settings.ts';
import { tokenRoutes } from './routes/tokens.ts';
import { trialRoutes } from './routes/trials.ts';

const openApi = route({
  method: 'GET',
  path: '/v1/openapi.json',
  operationId: 'openApi',
  about: 'This document.',
  scope: null,
  answers: { 200: { about: 'OpenAPI 3.1.', content: 'application/json' } },
  answer: () => ({ status: 200, body: openApiDocument(routes, routesWithoutToken) }),
});

export const routes: readonly Route[] = [
  ...quarantineRoutes,
  ...messageRoutes,
  ...reviewRoutes,
  ...accessRoutes,
  ...settingRoutes,
  ...trialRoutes,
  ...tokenRoutes,
  ...serviceRoutes,
  openApi,
];

/** All that can be asked for without a token (THREATS.md 12). A route that is not here is guarded. */
export const routesWithoutToken: readonly string[] = ['GET /healthz', 'GET /readyz', 'GET /v1/openapi.json'];

/** Asked for without a token too, where the API listens on loopback only. */
export const routesWithoutTokenOnLoopback: readonly string[] = ['GET /metrics'];
