// The tree of a pattern of Perl's: what it is made of, and how long what it matches may be.

import type { PerlNode } from './perl-regex.ts';

export interface Lengths {
  readonly least: number;
  readonly most: number;
}

/** `tree` and all that it is made of. */
export function nodesIn(tree: PerlNode): readonly PerlNode[] {
  const nodes: PerlNode[] = [tree];
  for (const node of nodes) for (const part of partsOf(node)) nodes.push(part);
  return nodes;
}

export function partsOf(node: PerlNode): readonly PerlNode[] {
  switch (node.kind) {
    case 'sequence':
      return node.items;
    case 'choice':
      return node.options;
    case 'capture':
    case 'atomic':
    case 'look':
    case 'repeat':
      return [node.body];
    case 'set':
    case 'edge':
    case 'reference':
      return [];
  }
}

/** Of what it matches, in characters. */
export function lengthsOf(node: PerlNode): Lengths {
  switch (node.kind) {
    case 'set':
      return { least: 1, most: 1 };
    case 'sequence':
      return node.items
        .map(lengthsOf)
        .reduce((all, { least, most }) => ({ least: all.least + least, most: all.most + most }), nothing);
    case 'choice': {
      const all = node.options.map(lengthsOf);
      return { least: Math.min(...all.map(({ least }) => least)), most: Math.max(...all.map(({ most }) => most)) };
    }
    case 'capture':
    case 'atomic':
      return lengthsOf(node.body);
    case 'repeat': {
      const { least, most } = lengthsOf(node.body);
      return { least: least * node.min, most: most === 0 ? 0 : most * node.max };
    }
    case 'look':
    case 'edge':
      return nothing;
    case 'reference':
      return { least: 0, most: Number.POSITIVE_INFINITY };
  }
}

const nothing: Lengths = { least: 0, most: 0 };
