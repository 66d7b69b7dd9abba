// One route: what it takes, what it answers and who may ask. The table of routes is what Fastify serves, what the guard
// enforces and what the OpenAPI document says.

import type { Readable } from 'node:stream';
import { z } from 'zod';
import type { Clock, Random } from '../model/clock.ts';
import type { Log } from '../observe/log.ts';
import type { MainThread, StoreReader } from './ports.ts';
import { type Problem, problem, problemType } from './problem.ts';
import type { Scope, Tokens } from './tokens.ts';

export interface ApiDeps {
  readonly store: StoreReader;
  readonly main: MainThread;
  readonly tokens: Tokens;
  readonly log: Log;
  readonly clock: Clock;
  readonly random: Random;
}

export interface Answer {
  readonly status: number;
  /** A stream goes out as it is, a string too, anything else as JSON; null is no content. */
  readonly body: Readable | string | object | null;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A status that a route may answer with. */
export interface AnswerKind {
  readonly about: string;
  /** The body: JSON of this shape, or the name of a media type; null for none. */
  readonly content: z.ZodType | string | null;
}

/** What came in, before anything of it was checked. */
export interface RawRequest {
  readonly params: unknown;
  readonly query: unknown;
  readonly headers: unknown;
  readonly body: unknown;
  /** The name of the token; `''` on a route without one. */
  readonly askedBy: string;
  /** Aborted when the client is gone, or has its answer. */
  readonly gone: AbortSignal;
}

interface Shape {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** As OpenAPI writes it: `/v1/quarantine/{id}`. */
  readonly path: `/${string}`;
  /** Its name in generated clients. */
  readonly operationId: string;
  readonly about: string;
  /** Who may ask; null only for the routes of `routesWithoutToken`. */
  readonly scope: Scope | null;
  /** Its answers, those apart that every route shares. */
  readonly answers: Readonly<Record<number, AnswerKind>>;
}

type Part = z.ZodObject;

interface Checked<P extends Part, Q extends Part, H extends Part, B extends z.ZodType>
  extends Pick<RawRequest, 'askedBy' | 'gone'> {
  readonly params: z.infer<P>;
  readonly query: z.infer<Q>;
  readonly headers: z.infer<H>;
  readonly body: z.infer<B>;
}

interface Definition<P extends Part, Q extends Part, H extends Part, B extends z.ZodType> extends Shape {
  readonly params?: P;
  readonly query?: Q;
  readonly headers?: H;
  readonly body?: B;
  answer(request: Checked<P, Q, H, B>, deps: ApiDeps): Promise<Answer> | Answer;
}

export interface Route extends Shape {
  readonly params: Part;
  readonly query: Part;
  readonly headers: Part;
  /** Null where the route takes no body. */
  readonly body: z.ZodType | null;
  answer(raw: RawRequest, deps: ApiDeps): Promise<Answer>;
}

const nothing = z.strictObject({});

/** Checks what comes in by the schemas of `definition`, so that its `answer` sees only what it declared. */
export function route<
  P extends Part = typeof nothing,
  Q extends Part = typeof nothing,
  H extends Part = typeof nothing,
  B extends z.ZodType = z.ZodUndefined,
>(definition: Definition<P, Q, H, B>): Route {
  const { params = nothing, query = nothing, headers = z.object({}), body = z.undefined() } = definition;
  return {
    ...definition,
    params,
    query,
    headers,
    body: definition.body ?? null,
    answer: async (raw, deps) => {
      const path = params.safeParse(raw.params);
      // An id of the wrong shape is an id that nothing has: it must not be told apart from one (THREATS.md 18).
      if (!path.success) return notFound;
      const request = z.object({ query, headers, body }).safeParse(raw);
      if (!request.success) return invalidRequest(request.error);
      const { askedBy, gone } = raw;
      const checked = { params: path.data, ...request.data, askedBy, gone } as Parameters<typeof definition.answer>[0];
      return definition.answer(checked, deps);
    },
  };
}

/** Fastify's way to write the same path. */
export const fastifyPath = (path: string): string => path.replace(/\{(\w+)\}/g, ':$1');

export function problemAnswer(given: Problem, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status: given.status, body: given, type: problemType, headers };
}

export const notFound = problemAnswer(problem(404, 'not_found', 'There is nothing by this name.'));

/** Says what is wrong and where, and never repeats what was sent. */
function invalidRequest(error: z.ZodError): Answer {
  const errors = error.issues.map(issue => ({ at: issue.path.join('.'), detail: issue.message }));
  return problemAnswer(problem(400, 'invalid_request', 'The request is not what this route takes.', { errors }));
}

/** `values` without those that are undefined: an absent filter and an undefined one are not the same to a store. */
export function present<T extends object>(values: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}
