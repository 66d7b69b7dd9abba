// What is proposed, copied beside what it is to replace: durable, readable by the same users, and without touching what a folder
// holds beside rules.

import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  copyFileSync,
  cpSync,
  existsSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { incoming, outgoing, type SwapTarget } from '../../config/swap-journal.ts';

/** What is to stand somewhere, and where its content is now. */
export interface Replacement extends SwapTarget {
  readonly by: string;
}

export function stage({ kind, at, by }: Replacement): void {
  const copy = incoming(at);
  for (const left of [copy, outgoing(at)]) rmSync(left, { recursive: true, force: true });
  if (kind === 'file') copyFileSync(by, copy, constants.COPYFILE_EXCL);
  else {
    // Nobody else gets into it before all in it is done: who may write there could put links where modes and owners are set.
    mkdirSync(copy, { mode: 0o700 });
    cpSync(by, copy, {
      recursive: true,
      dereference: true,
      filter: path => path === by || isOfRules(within(by, path)),
    });
    keepOthers(at, copy);
  }
  alike(copy, at);
  syncAll(copy);
  syncPath(dirname(copy));
}

/** As rules are read: nothing that is hidden, and nothing in what is. */
const isRuleFile = (name: string): boolean => /^[^.].*\.(?:ya?ml|txt)$/.test(name);
const isHidden = (name: string): boolean => name.startsWith('.');

const isOfRules = (path: string): boolean =>
  statSync(path).isDirectory() ? !isHidden(basename(path)) : isRuleFile(basename(path));

/** @throws where a link leads out of what is proposed: who applies may read more than who proposes, and than who reads lists. */
function within(folder: string, path: string): string {
  if (realpathSync(path).startsWith(realpathSync(folder) + sep)) return path;
  throw new Error(`${path} is a link that leads out of ${folder}`);
}

/** What is no rule file, profile or list is none of our business, and stays: a repository, remarks. */
function keepOthers(from: string, to: string, isOthers = false): void {
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [old, kept] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) {
      const isNew = !existsSync(kept);
      mkdirSync(kept, { recursive: true });
      keepOthers(old, kept, isOthers || isHidden(entry.name));
      if (isNew && readdirSync(kept).length === 0 && readdirSync(old).length > 0) rmSync(kept, { recursive: true });
      continue;
    }
    if ((isRuleFile(entry.name) && !isOthers) || existsSync(kept)) continue;
    if (entry.isSymbolicLink()) symlinkSync(readlinkSync(old), kept);
    else linkSync(old, kept);
  }
}

/** Owner and mode; of what stands in a folder those of its own kind at the same path, or else of the folder. */
function alike(copy: string, model: string): void {
  const { mode, uid, gid } = statSync(model);
  const isFolder = statSync(copy).isDirectory();
  for (const entry of isFolder ? readdirSync(copy, { withFileTypes: true }) : []) {
    if (entry.isSymbolicLink()) continue;
    const [inCopy, other] = [join(copy, entry.name), join(model, entry.name)];
    if (existsSync(other) && statSync(other).isDirectory() === entry.isDirectory()) alike(inCopy, other);
    else likeNew(inCopy, { mode, uid, gid });
  }
  own(copy, mode & (isFolder ? 0o7777 : 0o777), uid, gid);
}

/** What was kept has its owner and mode, by whatever name it came here. */
function own(path: string, mode: number, uid: number, gid: number): void {
  const of = lstatSync(path);
  if (of.isSymbolicLink() || (of.isFile() && of.nlink > 1)) return;
  chmodSync(path, mode);
  if (process.getuid?.() === 0) chownSync(path, uid, gid);
}

function likeNew(path: string, folder: { readonly mode: number; readonly uid: number; readonly gid: number }): void {
  const isFolder = statSync(path).isDirectory();
  // Whoever may search the folder may read its files; who may write in it, write them.
  const fileMode = ((folder.mode & 0o111) << 2) | (folder.mode & 0o222);
  if (isFolder) for (const name of readdirSync(path)) likeNew(join(path, name), folder);
  own(path, isFolder ? folder.mode & 0o7777 : fileMode, folder.uid, folder.gid);
}

function syncAll(path: string): void {
  if (statSync(path).isDirectory())
    for (const entry of readdirSync(path, { withFileTypes: true }))
      if (!entry.isSymbolicLink()) syncAll(join(path, entry.name));
  syncPath(path);
}

/** What was written, renamed or made there is there after a power cut. */
export function syncPath(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
