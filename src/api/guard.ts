// The guard before every route: who asks, and may they? Whatever is not on the list of open routes needs a token.

import type { FastifyRequest } from 'fastify';
import type { Clock } from '../model/clock.ts';
import type { Log } from '../observe/log.ts';
import type { LockoutLimits } from './limits.ts';
import { lockout } from './lockout.ts';
import { problem } from './problem.ts';
import { type Answer, fastifyPath, problemAnswer, type Route } from './route.ts';
import { sourceOf } from './source.ts';
import type { Bearer, Scope, Tokens } from './tokens.ts';

export interface GuardOptions {
  readonly routes: readonly Route[];
  /** `GET /healthz`. */
  readonly withoutToken: readonly string[];
  readonly lockout: LockoutLimits;
}

/** Who asks; or the refusal. */
export type Admission = { readonly bearer: Bearer | null } | { readonly refusal: Answer };

type Deps = { readonly tokens: Tokens; readonly clock: Clock; readonly log: Log };

export function guard(options: GuardOptions, { tokens, clock, log }: Deps): (request: FastifyRequest) => Admission {
  const scopeOf = new Map(options.routes.map(r => [`${r.method} ${fastifyPath(r.path)}`, r.scope]));
  const open = new Set(options.withoutToken);
  const sources = lockout(options.lockout, clock);

  return request => {
    const key = routeKey(request);
    if (open.has(key)) return { bearer: null };
    const source = sourceOf(request.socket.remoteAddress ?? '');
    const lockedMs = sources.lockedFor(source);
    if (lockedMs > 0) return { refusal: lockedOut(lockedMs) };
    const secret = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (secret === undefined) return { refusal: unauthorized('Bearer realm="postern"') };
    const bearer = tokens.bearerOf(secret);
    if (bearer === null) {
      if (sources.failed(source)) log.warn({ source, failures: options.lockout.failures }, 'api_locked_out');
      return { refusal: unauthorized('Bearer realm="postern", error="invalid_token"') };
    }
    // A route that the table does not know is for nobody but an administrator.
    const scope = scopeOf.get(key) ?? 'admin';
    return mayUse(bearer, scope) ? { bearer } : { refusal: outOfScope(scope) };
  };
}

/** `GET /v1/quarantine/:id`: the route, not the path. HEAD is asked as GET is. */
export function routeKey(request: FastifyRequest): string {
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  return `${method} ${request.routeOptions.url ?? ''}`;
}

const mayUse = (bearer: Bearer, scope: Scope): boolean =>
  bearer.scopes.includes(scope) || bearer.scopes.includes('admin');

/** RFC 6750 §3: a request without a token is told no error code. */
const unauthorized = (challenge: string): Answer =>
  problemAnswer(problem(401, 'unauthorized', 'A valid bearer token is needed in the Authorization field.'), {
    'www-authenticate': challenge,
  });

const outOfScope = (scope: Scope): Answer =>
  problemAnswer(problem(403, 'insufficient_scope', `The token lacks the scope ${scope}.`, { scope }), {
    'www-authenticate': `Bearer realm="postern", error="insufficient_scope", scope="${scope}"`,
  });

const lockedOut = (ms: number): Answer =>
  problemAnswer(problem(429, 'locked_out', 'Too many wrong tokens from this address; wait.'), {
    'retry-after': String(Math.ceil(ms / 1000)),
  });
