// The size of a folder of few and large files, for a metric.

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes of the files right in `folder`; null while there is no such folder. A file that goes away meanwhile counts nothing. */
export async function folderBytes(folder: string): Promise<number | null> {
  const names = await readdir(folder).catch(() => null);
  if (names === null) return null;
  const sizes = await Promise.all(names.map(name => fileBytes(join(folder, name))));
  return sizes.reduce((sum, size) => sum + size, 0);
}

const fileBytes = (file: string): Promise<number> =>
  stat(file).then(
    found => (found.isFile() ? found.size : 0),
    () => 0,
  );
