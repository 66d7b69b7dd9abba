// What was thrown may be anything: in the two words that are asked of it.

export const errorText = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

/** `ENOENT`, as Node and the system have it; `''` where it has none. */
export const errorCode = (thrown: unknown): string =>
  thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';
