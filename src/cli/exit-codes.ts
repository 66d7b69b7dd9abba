// What a command's exit code says (sysexits.h).

import { BadInput, ConfigError, PermanentFailure, TemporaryFailure } from '../model/failure.ts';

export const exitCodes = {
  ok: 0,
  /** `check --exit-code` found something that is not delivered as it is. */
  found: 1,
  usage: 64,
  badInput: 65,
  noInput: 66,
  unavailable: 69,
  software: 70,
  tryLater: 75,
  config: 78,
} as const;

export function exitCodeOf(error: unknown): number {
  if (error instanceof ConfigError) return exitCodes.config;
  if (error instanceof BadInput) return exitCodes.badInput;
  if (error instanceof TemporaryFailure) return exitCodes.tryLater;
  if (error instanceof PermanentFailure) return exitCodes.unavailable;
  return exitCodes.software;
}
