// What mailauth's types leave out of its verifier: as much of it as is overridden.

declare module 'mailauth/lib/dkim/dkim-verifier.js' {
  import type { Writable } from 'node:stream';
  import type { DKIMVerifyOptions, DKIMVerifyResult } from 'mailauth';

  interface DkimVerifier extends Writable, Pick<DKIMVerifyResult, 'headerFrom' | 'fromFields' | 'results' | 'arc'> {}

  class DkimVerifier {
    constructor(options: DKIMVerifyOptions);
    state: 'header' | 'body';
    /** Looked at so far, one by one. */
    headerBytes: number;
    /** Of what was written so far. */
    lastByte: number | undefined;
    ensureLinebreaks(bytes: Buffer): Iterable<Buffer>;
    processChunk(bytes: Buffer): Promise<void>;
    emitHeaders(last: Buffer): Promise<void>;
    nextChunk(body: Buffer): Promise<void>;
  }
}
