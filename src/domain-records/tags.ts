// Lists of tags, `v=DMARC1; p=none`, as DKIM keys, DMARC and TLS-RPT records are written (RFC 6376 §3.2).

export interface TagList {
  readonly tags: ReadonlyMap<string, string>;
  readonly faults: readonly string[];
}

/** White space around names and values is no part of them. The first of two equal tags is kept, and said. */
export function tagList(text: string): TagList {
  const tags = new Map<string, string>();
  const faults: string[] = [];
  for (const part of text.replace(/;\s*$/, '').split(';')) {
    const equals = part.indexOf('=');
    const name = part.slice(0, equals).trim();
    if (equals < 0 || !/^[A-Za-z][A-Za-z0-9_]*$/.test(name)) faults.push(`"${shortened(part.trim())}" is no tag=value`);
    else if (tags.has(name)) faults.push(`the tag ${name} is there twice (RFC 6376 §3.2)`);
    else tags.set(name, part.slice(equals + 1).trim());
  }
  return { tags, faults };
}

const shortened = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}...` : text);
