// Real components come from Debian's packages. Where one is missing the test is skipped with the reason, except in CI:
// there a missing component is a failure.

import { accessSync, constants, existsSync } from 'node:fs';
import { join } from 'node:path';

/** The value for node:test's `skip` option: false, or why. @throws in CI. */
export function missing(program: string, debianPackage: string): string | false {
  if (findProgram(program) !== null) return false;
  const reason = `${program} is not installed (Debian package ${debianPackage})`;
  if (process.env.CI === 'true') throw new Error(reason);
  return reason;
}

/** The path of a program, daemon directories included; null when it is not there. */
export function findProgram(program: string): string | null {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin', '/usr/lib/postfix/sbin'];
  for (const folder of folders) {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return join(folder, program);
    } catch {}
  }
  return null;
}

/** `../shared` beside the checkout, or why tests that need it are skipped. It is never required, not even in CI. */
export const sharedFolder = join(import.meta.dirname, '../../../shared');
export const missingShared = (): string | false =>
  existsSync(sharedFolder) ? false : 'the folder ../shared is not beside this checkout';
