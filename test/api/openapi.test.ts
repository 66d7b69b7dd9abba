// The OpenAPI document says what is served: no more, no less.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openApiDocument, sharedAnswers } from '../../src/api/openapi.ts';
import { routes, routesWithoutToken } from '../../src/api/routes.ts';
import { startTestApi } from './support.ts';

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly security: readonly { readonly bearer: readonly string[] }[];
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly required: boolean }[];
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: object }>>;
}
interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

const document = JSON.parse(JSON.stringify(openApiDocument(routes, routesWithoutToken))) as Document;
const operationOf = (method: string, path: string) => document.paths[path]?.[method.toLowerCase()];

test('it is served as it is, and is OpenAPI 3.1', async t => {
  const api = await startTestApi(t);
  const { json } = await api.ask('GET', '/v1/openapi.json', { token: null });
  assert.deepEqual(json, document);
  assert.match(document.openapi, /^3\.1\./);
});

test('it has every route, each of its answers, and its scope', () => {
  const operations = Object.values(document.paths).flatMap(path => Object.keys(path));
  assert.equal(operations.length, routes.length);
  for (const route of routes) {
    const operation = operationOf(route.method, route.path);
    assert.ok(operation, `${route.method} ${route.path}`);
    const isOpen = routesWithoutToken.includes(`${route.method} ${route.path}`);
    const expected = Object.keys({ ...route.answers, ...sharedAnswers(route, isOpen) });
    assert.deepEqual(Object.keys(operation.responses).sort(), expected.sort());
    assert.deepEqual(operation.security, isOpen ? [] : [{ bearer: [route.scope] }]);
    for (const { description } of Object.values(operation.responses)) assert.notEqual(description, '');
  }
});

test('a route without a scope is on the list of open routes, and the reverse', () => {
  const unguarded = routes.filter(route => route.scope === null).map(route => `${route.method} ${route.path}`);
  assert.deepEqual(unguarded.sort(), [...routesWithoutToken].sort());
});

test('every parameter of a path is declared, required, and no other is', () => {
  for (const [path, operations] of Object.entries(document.paths))
    for (const { parameters, operationId } of Object.values(operations)) {
      const inPath = parameters.filter(parameter => parameter.in === 'path').map(parameter => parameter.name);
      assert.deepEqual(
        inPath,
        [...path.matchAll(/\{(\w+)\}/g)].map(match => match[1]),
        operationId,
      );
      for (const { name, in: where, required } of parameters) assert.equal(required, where === 'path', name);
    }
});

test('operation ids are unique, and every reference leads somewhere', () => {
  const ids = Object.values(document.paths).flatMap(path =>
    Object.values(path).map(operation => operation.operationId),
  );
  assert.equal(new Set(ids).size, ids.length);
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)];
  assert.ok(references.length > 20);
  for (const [, name = ''] of references) assert.ok(name in document.components.schemas, name);
});

test('readiness may be a problem as well as a report when it is 503', () => {
  const content = operationOf('GET', '/readyz')?.responses['503']?.content ?? {};
  assert.deepEqual(Object.keys(content), ['application/json', 'application/problem+json']);
});
