// What the world gives us beside bytes: the time, random bytes, and (in tests) faults. All three are passed in.

/** Milliseconds since the Unix epoch. */
export type EpochMs = number;

export interface Clock {
  /** The wall clock. */
  now(): EpochMs;
  /** A clock that never jumps, for durations; milliseconds, fractional. */
  monotonic(): number;
}

export const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() };

/** `n` random bytes. */
export type Random = (n: number) => Uint8Array;

/**
 * The named states of THREATS.md ("Where to be killed"), and the failures that a test may inject there.
 * R: relay, Q: quarantine, L: release, D: expiry, M: mixed verdicts. Q5 is R6, of mail that is kept; M4 follows it, with
 * the receipts not yet consumed. A: a configuration that is applied, of which A4, A5 and A9 come with each
 * file or folder.
 */
export type FaultPoint =
  | 'R0-connected'
  | 'R1-envelope'
  | 'R2-content-arriving'
  | 'R3-content-complete'
  | 'R4-verdict'
  | 'R5a-next-hop-data'
  | 'R5b-final-dot-sent'
  | 'R5c-next-hop-replied'
  | 'R6-client-answered'
  | 'Q1-blob-written'
  | 'Q2-blob-synced'
  | 'Q3-directory-synced'
  | 'Q4-row-committed'
  | 'L1-release-requested'
  | 'L2-next-hop-replied'
  | 'L3-row-marked'
  | 'D1-row-deleted'
  | 'D2-blob-deleted'
  | 'M1-pending-committed'
  | 'M2-next-hop-replied'
  | 'M3-flip-committed'
  | 'M4-client-answered'
  | 'A0-claiming'
  | 'A1-staging'
  | 'A2-staged'
  | 'A3-committed'
  | 'A4-old-aside'
  | 'A5-one-moved'
  | 'A6-all-moved'
  | 'A7-taken'
  | 'A8-putting-back'
  | 'A9-new-aside'
  | 'A10-put-back';

/** Called at each named state. A test's version may throw there, never return, or kill the process. */
export type Faults = (point: FaultPoint) => void | Promise<void>;

export const noFaults: Faults = () => {};
