// Values as YAML with a comment beside each that says where it comes from: what is printed can be read again.

import { Document, isMap, isScalar, isSeq, type Node, Scalar, type ScalarTag } from 'yaml';

/** Keys, and numbers for items of lists, from the outside in. */
export type ValuePath = readonly (string | number)[];
export type OriginOf = (path: ValuePath) => string;

export function withOrigins(value: unknown, originOf: OriginOf): string {
  const document = new Document(value, { customTags: tags => [...tags, emptyTag] });
  document.contents = remarked(document.contents, [], originOf) as Document['contents'];
  return document.toString({ lineWidth: 0 });
}

/** An empty list or mapping, which YAML's printer would put on a line of its own for its comment. */
class Empty {
  readonly text: string;

  constructor(text: '[]' | '{}') {
    this.text = text;
  }
}

const emptyTag: ScalarTag = {
  tag: 'tag:empty',
  default: true,
  identify: value => value instanceof Empty,
  resolve: text => text,
  stringify: ({ value }) => (value instanceof Empty ? value.text : ''),
};

function remarked(node: unknown, path: ValuePath, originOf: OriginOf): unknown {
  if (isMap(node) && node.items.length > 0) {
    for (const pair of node.items) {
      pair.value = remarked(pair.value, [...path, isScalar(pair.key) ? String(pair.key.value) : ''], originOf);
    }
    return node;
  }
  if (isSeq(node) && node.items.length > 0) {
    node.items = node.items.map((item, i) => remarked(item, [...path, i], originOf));
    return node;
  }
  const shown = isMap(node) ? new Scalar(new Empty('{}')) : isSeq(node) ? new Scalar(new Empty('[]')) : (node as Node);
  shown.comment = ` ${originOf(path)}`;
  return shown;
}
