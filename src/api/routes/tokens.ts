// Tokens: list, make, revoke.

import { problemSchema } from '../problem.ts';
import { notFound, type Route, route } from '../route.ts';
import { idParams, newTokenSchema, tokenBody, tokenList } from '../schemas.ts';
import { createToken } from '../tokens.ts';
import { tokenView } from '../views.ts';

const list = route({
  method: 'GET',
  path: '/v1/tokens',
  operationId: 'listTokens',
  about: 'Tokens, without their secrets. The one of the configuration is not among them.',
  scope: 'admin',
  answers: { 200: { about: 'All tokens.', content: tokenList } },
  answer: (_, { tokens }) => ({ status: 200, body: { items: tokens.list().map(tokenView) } }),
});

const create = route({
  method: 'POST',
  path: '/v1/tokens',
  operationId: 'createToken',
  about: 'Makes a token. Its secret is in the answer and nowhere else.',
  scope: 'admin',
  body: tokenBody,
  answers: { 201: { about: 'The token.', content: newTokenSchema } },
  answer: async ({ body }, { tokens, clock, random }) => {
    const { token, secret } = createToken(body.name, body.scopes, clock, random);
    await tokens.add(token);
    return { status: 201, body: { ...tokenView(token), token: secret } };
  },
});

const revoke = route({
  method: 'DELETE',
  path: '/v1/tokens/{id}',
  operationId: 'revokeToken',
  about: 'Revokes a token at once.',
  scope: 'admin',
  params: idParams,
  answers: {
    204: { about: 'Revoked.', content: null },
    404: { about: 'There is no such token.', content: problemSchema },
  },
  answer: async ({ params }, { tokens }) => ((await tokens.revoke(params.id)) ? { status: 204, body: null } : notFound),
});

export const tokenRoutes: readonly Route[] = [list, create, revoke];
