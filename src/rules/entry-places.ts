// Where each entry of a list stands: in which file, or in the overrides.

import { placeOf } from './made.ts';
import { type Place, Problems, type SourceFile } from './source.ts';
import { parseYaml } from './yaml-value.ts';

/** By list, then by entry. Files whose entries overrides take away have them too. */
export type EntryPlaces = ReadonlyMap<string, ReadonlyMap<string, Place>>;

/** Of files and overrides that were loaded without a complaint; the first file that has an entry is named. */
export function entryPlaces(files: readonly SourceFile[], overrides: SourceFile): EntryPlaces {
  const places = new Map<string, Map<string, Place>>();
  const note = (list: string, entry: string, at: Place): void => {
    const of = places.get(list) ?? new Map<string, Place>();
    places.set(list, of.set(entry, of.get(entry) ?? at));
  };
  for (const [list, entry, at] of added(overrides)) note(list, entry, at);
  for (const { path, text } of files) {
    const [, list] = /([^/]*)\.txt$/.exec(path) ?? [];
    if (list === undefined) continue;
    for (const [index, line] of text.split('\n').entries()) {
      const entry = line.replace(/(?:^|\s)#.*/, '').trim();
      if (entry !== '') note(list, entry, path.startsWith('configuration/') ? 'configuration' : `${path}:${index + 1}`);
    }
  }
  return places;
}

function added(overrides: SourceFile): readonly (readonly [list: string, entry: string, at: Place])[] {
  const { lists } = parseYaml(overrides, new Problems())?.fields(['scores', 'profiles', 'lists']) ?? {};
  return (lists?.entries() ?? []).flatMap(([list, value]) => {
    const { add } = value.fields(['add', 'remove']);
    if (add === undefined) return [];
    if (!add.isMapping()) return add.texts().map(entry => [list, entry, add.at] as const);
    return add
      .entries()
      .map(([entry, made, key]) => [list, entry, placeOf(key, made.fields(['why', 'by', 'at']))] as const);
  });
}
