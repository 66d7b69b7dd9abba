// Where each value of a configuration comes from: the file and line, a variable of the environment, or the default.

import { isMap, isNode, isSeq, LineCounter, parseDocument } from 'yaml';
import { type Environment, variableOf } from './load.ts';
import type { OriginOf } from './with-origins.ts';

/** `text` is that of the file `name`, which has been read without a complaint. */
export function configOrigins(text: string, name: string, environment: Environment = process.env): OriginOf {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  return path => {
    const variable = variableOf(path, environment);
    if (variable !== null) return variable;
    const node = writtenAt(document.contents, path);
    return isNode(node) && node.range ? `${name}:${lines.linePos(node.range[0]).line}` : 'default';
  };
}

/** What says the value at `path`: its own node, or one above it that is short for it. Null where it is left out. */
function writtenAt(root: unknown, path: readonly (string | number)[]): unknown {
  let at = root;
  for (const key of path) {
    if (!isMap(at) && !isSeq(at)) return at;
    const below = at.get(key, true);
    if (below === undefined) return isMap(at) ? null : at;
    at = below;
  }
  return at;
}
