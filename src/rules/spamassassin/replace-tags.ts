// `replace_tag` and its kin: `<A>` in a pattern stands for all that is written for an A.

export interface ReplaceTags {
  readonly start: string;
  readonly end: string;
  readonly tag: ReadonlyMap<string, string>;
  readonly pre: ReadonlyMap<string, string>;
  readonly post: ReadonlyMap<string, string>;
  readonly inter: ReadonlyMap<string, string>;
}

/** What replaces may contain tags again, so many times over. */
const maxPasses = 6;

/** `source` with its tags replaced, in the order in which SpamAssassin does it. */
export function replaceTags(source: string, tags: ReplaceTags): string {
  let text = source;
  for (let pass = 0; pass < maxPasses; pass++) {
    const { replaced, hasMore } = replacedOnce(text, tags);
    text = replaced;
    if (!hasMore) break;
  }
  return text;
}

function replacedOnce(source: string, { start, end, tag, ...around }: ReplaceTags) {
  let text = source;
  /** What `<pre NAME>`, wherever it stands, puts around each tag. It is taken away. */
  const taken = (kind: 'pre' | 'post' | 'inter'): string => {
    const found = new RegExp(`${escaped(start)}${kind} (.+?)${escaped(end)}`).exec(text);
    if (found === null) return '';
    text = text.slice(0, found.index) + text.slice(found.index + found[0].length);
    return around[kind].get(found[1] ?? '') ?? '';
  };
  const pre = taken('pre');
  const post = taken('post');
  const inter = taken('inter');
  const tagged = new RegExp(`${escaped(start)}(.+?)${escaped(end)}`);
  let hasMore = false;
  const parts = text.split(/(<[^<>]+>)/).map((part, i, all) => {
    if (part === '') return i > 0 && i < all.length - 1 ? inter : '';
    const name = tagged.exec(part)?.[1];
    const given = name === undefined ? undefined : tag.get(name);
    const surrounded = part.replace(tagged, found => `${pre}${found}${post}`);
    if (name === undefined || !given) return surrounded;
    hasMore ||= /<[^>]+>/.test(given);
    return surrounded.replaceAll(`${start}${name}${end}`, () => given);
  });
  return { replaced: parts.join(''), hasMore };
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
