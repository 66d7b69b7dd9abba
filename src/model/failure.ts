// The four failures that the caller cannot use as a value. Expected outcomes (an SPF permerror, a 550) are values instead.

type Fields = Readonly<Record<string, unknown>> & { readonly cause?: unknown };

/** An error with fields for the log: what the client reads is generic, what the log reads is exact. */
abstract class Failure extends Error {
  readonly fields: Readonly<Record<string, unknown>>;
  constructor(message: string, fields: Fields = {}) {
    const { cause, ...rest } = fields;
    super(message, cause === undefined ? undefined : { cause });
    this.fields = rest;
  }
}

/** Try again: something that we depend on did not answer, or not in time. Never to be read as "nothing found". */
export class TemporaryFailure extends Failure {
  override readonly name = 'TemporaryFailure';
}

/** Trying again will not help. */
export class PermanentFailure extends Failure {
  override readonly name = 'PermanentFailure';
}

/** Somebody gave us what we cannot accept: a request, a file, a rule. */
export class BadInput extends Failure {
  override readonly name = 'BadInput';
}

/** The error that `make` makes, which is expected, read by code only and not logged: a stack costs more than what it reports. */
export function withoutStack<E extends Error>(make: () => E): E {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return make();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** The configuration cannot be used; the process refuses to start, or keeps the one in force. */
export class ConfigError extends Failure {
  override readonly name = 'ConfigError';
}
