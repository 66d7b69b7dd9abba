// What one client of the API may cost: time, bytes, connections, wrong tokens.

export interface LockoutLimits {
  /** So many wrong tokens from one source ... */
  readonly failures: number;
  /** ... within this time, and it is locked out for as long. */
  readonly windowMs: number;
}

export interface ApiLimits {
  /** For the header section of a request, and for the whole request (slow HTTP, THREATS.md 44). */
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** Without a byte in either direction. Longer than a next hop may take to answer a release. */
  readonly idleTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
  readonly bodyBytes: number;
  readonly connections: number;
  readonly lockout: LockoutLimits;
}

/** Protective bounds, not settings: no client of ours comes near them. */
export const apiLimits: ApiLimits = {
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  idleTimeoutMs: 900_000,
  keepAliveTimeoutMs: 30_000,
  bodyBytes: 256 * 1024,
  connections: 256,
  lockout: { failures: 10, windowMs: 60_000 },
};
