// Which process something on disk belongs to, told so that others can see from /proc whether it still lives.

import { readFile, readlink } from 'node:fs/promises';

export interface Owner {
  readonly boot: string;
  readonly namespace: string;
  readonly pid: string;
  /** Clock ticks from boot to the start of the process: a PID is used again, the pair is not. */
  readonly start: string;
}

export async function ownerOf(pid: number): Promise<Owner> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'latin1');
  const namespace = await readlink('/proc/self/ns/pid');
  const start = await startOf(String(pid));
  return { boot: boot.trim(), namespace: namespace.replace(/\D/g, ''), pid: String(pid), start: start ?? '0' };
}

/** In a file's name: `BOOT.NAMESPACE.PID.START`. */
export const ownerName = ({ boot, namespace, pid, start }: Owner): string => [boot, namespace, pid, start].join('.');

/** The owner that `name` tells; null where it is none of `ownerName`. */
export function ownerNamed(name: string): Owner | null {
  const [boot = '', namespace = '', pid = '', start = '', ...more] = name.split('.');
  return /^\d+$/.test(pid) && /^\d+$/.test(start) && more.length === 0 ? { boot, namespace, pid, start } : null;
}

/** Field 22 of /proc/PID/stat (proc(5)); null when there is no such process, or only its zombie. */
export async function startOf(pid: string): Promise<string | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => null);
  // Field 2 is the program's name in parentheses, which may hold spaces and parentheses of its own.
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields === undefined || fields[0] === 'Z' ? null : (fields[19] ?? null);
}

/** `unknown`: it is of another PID namespace, as in a container beside this one. */
export async function lifeOf({ boot, namespace, pid, start }: Owner): Promise<'lives' | 'gone' | 'unknown'> {
  const self = await ownerOf(process.pid);
  if (boot !== self.boot) return 'gone';
  if (namespace !== self.namespace) return 'unknown';
  // Whoever writes it may write anything: what is no PID is no process, and would be a group of them, or all, to kill(2).
  if (!/^[1-9]\d{0,9}$/.test(pid)) return 'gone';
  return (await startOf(pid)) === start ? 'lives' : 'gone';
}

/** The real user of a process (proc(5)); null when there is no such process. */
export async function userOf(pid: string): Promise<number | null> {
  const status = await readFile(`/proc/${pid}/status`, 'latin1').catch(() => '');
  const user = /^Uid:\t(\d+)/m.exec(status)?.[1];
  return user === undefined ? null : Number(user);
}
