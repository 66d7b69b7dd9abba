// The HTTP side: Fastify with our table of routes, the guard before it, and every failure as a problem (RFC 9457).

import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import { BadInput, TemporaryFailure } from '../model/failure.ts';
import { newId } from '../model/ids.ts';
import type { ApiRequest } from '../observe/metrics.ts';
import { guard, routeKey } from './guard.ts';
import type { ApiLimits } from './limits.ts';
import { problem, problemType } from './problem.ts';
import { type Answer, type ApiDeps, fastifyPath, notFound, problemAnswer, type Route } from './route.ts';
import { routes, routesWithoutToken, routesWithoutTokenOnLoopback } from './routes.ts';
import type { Bearer } from './tokens.ts';

export interface ApiOptions {
  /** Only this machine can connect: metrics then need no token. */
  readonly isOnLoopback: boolean;
  readonly limits: ApiLimits;
}

export interface ServerDeps extends ApiDeps {
  /** Told of each request when it has been answered. */
  readonly answered: (request: ApiRequest) => void;
}

/** The app, not yet listening. */
export function buildApi(options: ApiOptions, deps: ServerDeps): FastifyInstance {
  const app = fastify(serverOptions(options.limits, deps));
  app.server.maxConnections = options.limits.connections;
  const bearers = new WeakMap<FastifyRequest, Bearer>();
  needHost(app);
  admitOnly(app, options, deps, bearers);
  takeJsonOnly(app);
  app.addHook('onResponse', async (request, reply) => account(request, reply, bearers.get(request) ?? null, deps));
  app.setNotFoundHandler((request, reply) => send(reply, noSuchRoute(request)));
  app.setErrorHandler((error, request, reply) => send(reply, answerToError(error, request, deps)));
  for (const route of routes) serve(app, route, deps, request => bearers.get(request)?.name ?? '');
  return app;
}

function serverOptions(limits: ApiLimits, { clock, random }: ServerDeps) {
  return {
    logger: false,
    genReqId: () => newId(clock, random),
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.requestTimeoutMs,
    connectionTimeout: limits.idleTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    // Ends idle connections at once when closing; a request that is being answered is waited for.
    forceCloseConnections: 'idle' as const,
    clientErrorHandler: refuseUnparsable,
    frameworkErrors: (error: FastifyError, _: FastifyRequest, reply: FastifyReply) =>
      // A parameter longer than any id of ours names nothing.
      void send(reply, error.code === 'FST_ERR_BAD_URL' ? badRequest('The path cannot be decoded.') : notFound),
    http: {
      // Node would refuse it without a body; `needHost` does it as a problem.
      requireHostHeader: false,
      headersTimeout: limits.headersTimeoutMs,
      // How often the two timeouts above are looked at.
      connectionsCheckingInterval: Math.min(5000, limits.headersTimeoutMs),
    },
  };
}

function serve(app: FastifyInstance, route: Route, deps: ApiDeps, askedBy: (request: FastifyRequest) => string): void {
  app.route({
    method: route.method,
    url: fastifyPath(route.path),
    handler: async (request, reply) => {
      const { params, query, headers, body } = request;
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort());
      const asked = { params, query, headers, body, askedBy: askedBy(request), gone: gone.signal };
      return send(reply, await route.answer(asked, deps));
    },
  });
}

/** RFC 9112 §3.2. */
function needHost(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    if (request.raw.httpVersion === '1.0' || request.headers.host !== undefined) return;
    reply.header('connection', 'close');
    return send(reply, badRequest('A request needs a Host field.'));
  });
}

/** Hooks run in this order: who asks comes before what is asked. */
function admitOnly(
  app: FastifyInstance,
  options: ApiOptions,
  deps: ServerDeps,
  bearers: WeakMap<FastifyRequest, Bearer>,
): void {
  const withoutToken = [...routesWithoutToken, ...(options.isOnLoopback ? routesWithoutTokenOnLoopback : [])];
  const admit = guard({ routes, withoutToken, lockout: options.limits.lockout }, deps);
  app.addHook('onRequest', async (request, reply) => {
    if (request.is404) return;
    const admission = admit(request);
    if ('refusal' in admission) return send(reply, admission.refusal);
    if (admission.bearer !== null) bearers.set(request, admission.bearer);
  });
}

/**
 * A body is JSON under exactly that name, or it is refused before anything reads it: nothing is left to how a parser for
 * media types reads a tab or a space (THREATS.md 13).
 */
function takeJsonOnly(app: FastifyInstance): void {
  const takesBody = new Set(routes.filter(r => r.body !== null).map(r => `${r.method} ${fastifyPath(r.path)}`));
  app.addHook('onRequest', async (request, reply) => {
    if (request.is404 || !hasBody(request)) return;
    const isJson = /^application\/json(?:; ?charset=utf-8)?$/i.test(request.headers['content-type'] ?? '');
    if (isJson && takesBody.has(routeKey(request))) return;
    reply.header('connection', 'close');
    return send(reply, unsupportedBody);
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, app.getDefaultJsonParser('error', 'error'));
}

const hasBody = ({ headers }: FastifyRequest): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

const unsupportedBody = problemAnswer(
  problem(415, 'unsupported_body', 'A body must be application/json, and be where one belongs.'),
);

const badRequest = (detail: string): Answer => problemAnswer(problem(400, 'bad_request', detail));

function send(reply: FastifyReply, { status, body, type, headers = {} }: Answer): FastifyReply {
  reply.code(status).headers({ ...protectiveHeaders, ...headers });
  if (body === null) return reply.send();
  if (type !== undefined) reply.header('content-type', type);
  if (typeof body === 'string' || body instanceof Readable) return reply.send(body);
  return reply.header('content-type', type ?? 'application/json; charset=utf-8').send(JSON.stringify(body));
}

/** What a browser that is shown one of our answers may do with it: nothing. */
const protectiveHeaders = {
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
};

/** 405 where the path is right and the method is not (RFC 9110 §15.5.6). */
function noSuchRoute(request: FastifyRequest): Answer {
  const path = request.url.split('?')[0] ?? '';
  const methods = routes.filter(route => matches(route.path, path)).map(route => route.method);
  if (methods.length === 0) return notFound;
  const allow = methods.flatMap(method => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ');
  return problemAnswer(problem(405, 'method_not_allowed', `This path takes ${allow}.`), { allow });
}

function matches(pattern: string, path: string): boolean {
  const expected = pattern.split('/');
  const segments = path.split('/');
  return (
    segments.length === expected.length && expected.every((part, i) => part.startsWith('{') || part === segments[i])
  );
}

function answerToError(error: unknown, request: FastifyRequest, { log }: ServerDeps): Answer {
  if (error instanceof BadInput) return badRequest(error.message);
  const refused = refusedByFastify(error);
  if (refused !== null) return refused;
  const failed = { incident: request.id, route: routeKey(request), error };
  if (error instanceof TemporaryFailure) {
    log.warn(failed, 'api_unavailable');
    return problemAnswer(problem(503, 'unavailable', 'A part of the gateway did not answer; try again.'), {
      'retry-after': '5',
    });
  }
  log.error(failed, 'api_failed');
  const detail = 'A fault of ours; the log has it under the incident.';
  return problemAnswer(problem(500, 'internal_error', detail, { incident: request.id }));
}

/** Refusals of the framework: of the request's form, not of what it asks. */
function refusedByFastify(error: unknown): Answer | null {
  if (!(error instanceof Error) || !('statusCode' in error)) return null;
  if (error.statusCode === 413) return problemAnswer(problem(413, 'body_too_large', 'The body is too large.'));
  if (error.statusCode === 415) return unsupportedBody;
  return error.statusCode === 400 ? badRequest('The body cannot be read as JSON.') : null;
}

/** One line for each request that changes something or is refused; the others at debug. Never the query: it holds addresses. */
function account(request: FastifyRequest, reply: FastifyReply, bearer: Bearer | null, deps: ServerDeps): void {
  const { statusCode: status, elapsedTime: ms } = reply;
  const route = request.is404 ? 'none' : (request.routeOptions.url ?? 'none');
  deps.answered({ method: request.is404 ? 'other' : request.method, route, status, ms });
  const asked = { request: request.id, client: request.ip, tokenId: bearer?.id ?? null, method: request.method, route };
  const isRoutine = (request.method === 'GET' || request.method === 'HEAD') && status < 400;
  deps.log[isRoutine ? 'debug' : 'info']({ ...asked, status, ms: Math.round(ms) }, 'api_request');
}

/** What Node's parser refuses never becomes a request; it is answered on the socket, as a problem too. */
function refuseUnparsable(error: { readonly code: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = unparsable[error.code] ?? 400;
  const body = JSON.stringify(problem(status, 'bad_http', 'This is not a request that can be read.'));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `Content-Type: ${problemType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

const unparsable: Readonly<Record<string, number>> = { ERR_HTTP_REQUEST_TIMEOUT: 408, HPE_HEADER_OVERFLOW: 431 };
