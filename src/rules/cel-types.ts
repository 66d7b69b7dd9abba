// The declared evidence as CEL's types: dotted names nest, records are types of their own.

import type { Environment } from '@marcbachmann/cel-js';
import type { Field, Shape } from '../model/shape.ts';
import type { Vocabulary } from './evidence-types.ts';

type CelSchema = { [field: string]: string | CelSchema };

/** Registers the variables that conditions may read. */
export function registerVariables(environment: Environment, vocabulary: Vocabulary): void {
  const root: CelSchema = {};
  for (const type of vocabulary.types) {
    let node = root;
    for (const name of type.name.split('.')) {
      node[name] ??= {};
      node = node[name] as CelSchema;
    }
    Object.assign(node, schemaOf(environment, type.name, type.evidence));
  }
  for (const [name, schema] of Object.entries(root)) {
    environment.registerVariable({ name, schema: schema as CelSchema });
  }
}

function schemaOf(environment: Environment, name: string, shape: Shape): CelSchema {
  return Object.fromEntries(
    Object.entries(shape).map(([field, of]) => [field, celType(environment, `${name}.${field}`, of)]),
  );
}

function celType(environment: Environment, path: string, field: Field): string {
  switch (field.kind) {
    case 'text':
    case 'choice':
      return 'string';
    case 'count':
      return 'int';
    case 'number':
      return 'double';
    case 'flag':
      return 'bool';
    case 'texts':
      return 'list<string>';
    case 'records': {
      const name = `record_${path.replaceAll('.', '_')}`;
      environment.registerType({ name, schema: schemaOf(environment, path, field.of) });
      return `list<${name}>`;
    }
  }
}
