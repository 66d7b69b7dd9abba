// What mailauth's types leave out of its verifier: as much of it as is overridden.

declare module 'mailauth/lib/dkim/dkim-verifier.js' {
  import type { Writable } from 'node:stream';
  import type { DKIMVerifyOptions, DKIMVerifyResult } from 'mailauth';
  import type { RelaxedHash } from 'mailauth/lib/dkim/body/relaxed.js';

  interface DkimVerifier extends Writable, Pick<DKIMVerifyResult, 'headerFrom' | 'fromFields' | 'results' | 'arc'> {}

  class DkimVerifier {
    constructor(options: DKIMVerifyOptions);
    state: 'header' | 'body';
    /** Looked at so far, one by one. */
    headerBytes: number;
    /** Of what was written so far. */
    lastByte: number | undefined;
    /** By canonicalisation, algorithm and `l=`. */
    bodyHashes: ReadonlyMap<string, RelaxedHash | { update(body: Buffer): void }>;
    ensureLinebreaks(bytes: Buffer): Iterable<Buffer>;
    processChunk(bytes: Buffer): Promise<void>;
    emitHeaders(last: Buffer): Promise<void>;
    nextChunk(body: Buffer): Promise<void>;
    finalChunk(): Promise<void>;
  }
}

declare module 'mailauth/lib/dkim/body/relaxed.js' {
  export class RelaxedHash {
    /** `algorithm` such as `rsa-sha256`; `maxBodyLength` is `l=`. */
    constructor(algorithm: string, maxBodyLength?: number);
    /** Of the body so far, as it came. */
    byteLength: number;
    /** Canonical bytes: all, and those within `l=`. */
    canonicalizedLength: number;
    bodyHashedBytes: number;
    setContentType(type: { readonly value: string; readonly params: { readonly boundary?: string } }): void;
    update(body: Buffer): void;
    /** What is canonical. */
    _pushBodyHash(canonical: Buffer): void;
    digest(encoding: 'base64'): string;
    /** Where in the body its first part begins; -1 where it has none. */
    getMimeStructureStart(): number;
  }
}
