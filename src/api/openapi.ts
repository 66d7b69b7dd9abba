// The OpenAPI 3.1 document, made from the table of routes.

import { z } from 'zod';
import { problemSchema, problemType } from './problem.ts';
import type { AnswerKind, Route } from './route.ts';

/** The version of the API; the gateway's own is in `postern_build_info`. */
const apiVersion = '1.0.0';

export function openApiDocument(routes: readonly Route[], withoutToken: readonly string[]): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    const isOpen = withoutToken.includes(`${route.method} ${route.path}`);
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(route, isOpen) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Postern', version: apiVersion, description: 'The API of a filtering gateway for mail.' },
    paths,
    components: {
      schemas: componentSchemas(),
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', description: 'A token with the scope named.' } },
    },
  };
}

function operation(route: Route, isOpen: boolean): object {
  return {
    operationId: route.operationId,
    summary: route.about,
    security: isOpen || route.scope === null ? [] : [{ bearer: [route.scope] }],
    parameters: [
      ...parameters('path', route.params),
      ...parameters('query', route.query),
      ...parameters('header', route.headers),
    ],
    ...(route.body === null ? {} : { requestBody: requestBody(route.body) }),
    responses: responses(route, isOpen),
  };
}

function parameters(where: 'path' | 'query' | 'header', schema: z.ZodObject): object[] {
  return Object.entries(schema.shape).map(([name, field]) => {
    const { description, ...rest } = schemaOf(field);
    const isRequired = where === 'path' || !z.object({ field }).safeParse({}).success;
    return { name, in: where, required: isRequired, description, schema: rest };
  });
}

const requestBody = (schema: z.ZodType): object => ({
  required: !schema.safeParse(undefined).success,
  content: { 'application/json': { schema: schemaOf(schema) } },
});

/** What any route may answer, whatever it is about. */
export function sharedAnswers(route: Route, isOpen: boolean): Readonly<Record<number, AnswerKind>> {
  const answer = (about: string): AnswerKind => ({ about, content: problemSchema });
  const guarded = {
    401: answer('No token, or one that nobody has.'),
    403: answer('The token lacks the scope.'),
    429: answer('Too many wrong tokens from this address; Retry-After says how long.'),
  };
  return {
    400: answer('The request is not what the route takes; `errors` says where.'),
    ...(isOpen ? {} : guarded),
    ...(route.body === null ? {} : { 413: answer('The body is too large.') }),
    415: answer('A body that is not application/json, or one where none belongs.'),
    500: answer('A fault of ours; it is in the log under the `incident`.'),
    503: answer('A part of the gateway did not answer; try again.'),
  };
}

function responses(route: Route, isOpen: boolean): Record<string, object> {
  const all: Record<string, { description: string; content?: Record<string, object> }> = {};
  for (const answers of [route.answers, sharedAnswers(route, isOpen)])
    for (const [status, { about, content }] of Object.entries<AnswerKind>(answers)) {
      const before = all[status];
      const description = before === undefined ? about : `${before.description} Or: ${about}`;
      all[status] =
        content === null ? { description } : { description, content: { ...before?.content, ...mediaType(content) } };
    }
  return all;
}

function mediaType(content: z.ZodType | string): Record<string, object> {
  if (typeof content === 'string') return { [content]: {} };
  return { [content === problemSchema ? problemType : 'application/json']: { schema: schemaOf(content) } };
}

const reference = (id: string): string => `#/components/schemas/${id}`;

/** A schema that has an id by reference, any other in place. */
function schemaOf(schema: z.ZodType): Record<string, unknown> {
  const id = idOf(schema);
  if (id !== undefined) return { $ref: reference(id) };
  return withoutMeta(z.toJSONSchema(schema, { io: 'input' }));
}

function idOf(schema: z.ZodType): string | undefined {
  const named = schema instanceof z.ZodOptional ? (schema.unwrap() as z.ZodType) : schema;
  return z.globalRegistry.get(named)?.id;
}

function componentSchemas(): Record<string, object> {
  const { schemas } = z.toJSONSchema(z.globalRegistry, { uri: reference, io: 'input' });
  return Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, withoutMeta(schema)]));
}

/** Without what says where the schema is: the document says so itself. */
const withoutMeta = ({ $schema, $id, id, ...schema }: Record<string, unknown>): Record<string, unknown> => schema;
