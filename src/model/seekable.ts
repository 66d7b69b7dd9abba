// Bytes that are read where they are asked for, so that those of a large content need not all lie in memory. A Buffer is one.

export interface Seekable {
  readonly length: number;
  /** The first offset from `from` on at which `needle`, of a few bytes, stands; else -1. */
  indexOf(needle: Uint8Array, from?: number): number;
  /** The bytes of a range, as much of it as there is; all of them when it is left out. */
  subarray(start?: number, end?: number): Buffer;
}

export const seekable = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
