// How much of a text a pattern may need to see at once.

import type { PerlNode } from './perl-regex.ts';

export interface Reach {
  /** Characters from the first to the last that it looks at; infinite where it has no bound. */
  readonly longest: number;
  /** Whether it asks where the text begins or ends. */
  readonly isBoundToEnds: boolean;
}

/** Of what looks at nothing. */
export const none: Reach = { longest: 0, isBoundToEnds: false };

export function reachOf(node: PerlNode): Reach {
  switch (node.kind) {
    case 'set':
      return { longest: 1, isBoundToEnds: false };
    case 'edge':
      return { longest: 1, isBoundToEnds: ['start', 'end', 'lastLineEnd'].includes(node.edge) };
    case 'sequence':
      return node.items.map(reachOf).reduce((all, part) => joined(all, part, all.longest + part.longest), none);
    case 'choice':
      return node.options
        .map(reachOf)
        .reduce((all, part) => joined(all, part, Math.max(all.longest, part.longest)), none);
    case 'capture':
    case 'atomic':
    case 'look':
      return reachOf(node.body);
    case 'repeat': {
      const { longest, isBoundToEnds } = reachOf(node.body);
      return { longest: longest === 0 ? 0 : longest * node.max, isBoundToEnds };
    }
    case 'reference':
      return { longest: Number.POSITIVE_INFINITY, isBoundToEnds: false };
  }
}

const joined = (a: Reach, b: Reach, longest: number): Reach => ({
  longest,
  isBoundToEnds: a.isBoundToEnds || b.isBoundToEnds,
});
