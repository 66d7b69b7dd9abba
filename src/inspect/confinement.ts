// What a worker thread may do: read our code. Node's permission model takes files, child processes, native addons and, from 25 on, the network.

import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** `src`, or `dist` in the package. */
const code = dirname(import.meta.dirname);

/** Where the packages lie, ours among them where it is itself installed as one. */
function packages(): string {
  const path = fileURLToPath(import.meta.resolve('mailauth/package.json'));
  return path.slice(0, path.indexOf('node_modules') + 'node_modules'.length);
}

/** Our own `node_modules` too: it may be a link to where the packages lie, and is read by the path of the link. */
const readableFolders = (checksModule: string): ReadonlySet<string> =>
  new Set([code, packages(), join(dirname(code), 'node_modules'), dirname(fileURLToPath(checksModule))]);

export const confinement = {
  /** Beside us: `worker.ts` in the source, `worker.js` in the package. */
  entry: new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url),
  /** Node 24 leaves the network open, and the files below the working directory: to be said at start. */
  hasNetwork: Number(process.versions.node.split('.')[0]) < 25,
} as const;

/** Options of a thread that may read code and nothing else: not even the files that lie beside it. */
export function confined(checksModule: string): string[] {
  const folders = [...readableFolders(checksModule)].map(folder => join(folder, '*'));
  return ['--permission', ...[...folders, join(dirname(code), 'package.json')].map(path => `--allow-fs-read=${path}`)];
}

/**
 * Node grants a thread that starts under `--permission` its working directory, and all below it, as if that were the program it runs;
 * where it is `/`, that is every file. A thread gives it back before it reads a message (Node 24 cannot).
 */
export function giveBackWorkingDirectory(checksModule: string): void {
  const directory = process.cwd();
  // It would lose the code together with it.
  if (!readableFolders(checksModule).has(directory)) process.permission?.drop?.('fs.read', directory);
}
