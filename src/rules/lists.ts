// A list file: one entry a line, in lower case; `#` starts a comment. Rules ask it by `inList('name', value)`.

import { networkOf } from '../model/networks.ts';
import type { Problems, SourceFile } from './source.ts';

/** By name. */
export type Lists = ReadonlyMap<string, ReadonlySet<string>>;

/** Lists by the name of their file without folder and `.txt`. Files of one name are one list: operators add to ours. */
export function readLists(files: readonly SourceFile[], problems: Problems): Lists {
  const lists = new Map<string, Set<string>>();
  for (const file of files) {
    const name = /([^/]*)\.txt$/.exec(file.path)?.[1] ?? '';
    lists.set(name, (lists.get(name) ?? new Set()).union(readList(file, problems)));
  }
  return lists;
}

function readList(file: SourceFile, problems: Problems): Set<string> {
  const entries = new Set<string>();
  for (const [index, line] of file.text.split('\n').entries()) {
    const entry = line.replace(/(?:^|\s)#.*/, '').trim();
    if (entry === '') continue;
    const at = `${file.path}:${index + 1}`;
    const defect = entryDefect(entry);
    if (defect !== null) problems.add(at, defect);
    if (entries.has(entry)) problems.add(at, `${entry} stands in the list already`);
    entries.add(entry);
  }
  return entries;
}

/** Why `entry` would match nothing, for its author; null where it may. */
export function entryDefect(entry: string): string | null {
  if (entry !== entry.toLowerCase()) return `${entry} is not in lower case, so nothing would match it`;
  return entry.includes('/') && networkOf(entry) === null ? `${entry} is no network, such as 192.0.2.0/24` : null;
}
