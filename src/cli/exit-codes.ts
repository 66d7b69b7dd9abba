// What a command's end says: its exit code (sysexits.h), and the words for what went wrong.

import { BadInput, ConfigError, PermanentFailure, TemporaryFailure } from '../model/failure.ts';

export const exitCodes = {
  ok: 0,
  /** What was asked about is so: mail that is not delivered as it is, a verdict that flips, a plan that is refused. */
  found: 1,
  usage: 64,
  badInput: 65,
  noInput: 66,
  unavailable: 69,
  software: 70,
  cannotCreate: 73,
  inputOutput: 74,
  tryLater: 75,
  config: 78,
  /** 128 and the number of SIGPIPE, as a shell shows it. */
  readerGone: 141,
} as const;

export function exitCodeOf(error: unknown): number {
  if (error instanceof ConfigError) return exitCodes.config;
  if (error instanceof BadInput) return exitCodes.badInput;
  if (error instanceof TemporaryFailure) return exitCodes.tryLater;
  if (error instanceof PermanentFailure) return exitCodes.unavailable;
  return exitCodes.software;
}

/** `cannot listen: listen EACCES: permission denied 0.0.0.0:25`: the message, and what the causes add to it. */
export function explained(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { message, cause } = error;
  if (cause === undefined) return message;
  const reason = explained(cause);
  return message.includes(reason) ? message : `${message}: ${reason}`;
}
