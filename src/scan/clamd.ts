// clamd through the clamscan package. Only clamd's explicit OK is clean; all else that it says, or does not say in time, is not.

import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import NodeClam from 'clamscan';
import type { ScanResult } from '../model/ask.ts';
import type { Clock } from '../model/clock.ts';
import { TemporaryFailure } from '../model/failure.ts';
import { inTime } from '../model/in-time.ts';
import { letGo } from '../model/let-go.ts';
import { errorText } from '../model/thrown.ts';
import { type ClamdAddress, command } from './clamd-command.ts';
import { QuietSocket } from './quiet-socket.ts';
import { Slots } from './slots.ts';

export interface ClamdOptions {
  readonly address: ClamdAddress;
  /** From the first attempt to connect to the answer, waiting for a free slot apart. */
  readonly timeoutMs: number;
  /** Scans at the same time: at most clamd's MaxThreads. */
  readonly concurrency: number;
  /** clamd's StreamMaxLength, which no command of its own tells: larger content is not sent, and is `unscannable`. */
  readonly maxStreamBytes: number;
}

export interface ClamdStatus {
  /** `ClamAV 1.4.6`. */
  readonly version: string;
  /** The number of the signature database; null where clamd has none with a number. */
  readonly signatures: number | null;
  /** Seconds since the signatures were made; null where clamd does not say. */
  readonly signatureAgeS: number | null;
}

export interface ClamdScanner {
  scan(content: Uint8Array): Promise<ScanResult>;
  /** @throws TemporaryFailure when clamd cannot be reached or is not understood. */
  status(): Promise<ClamdStatus>;
  /**
   * Whether clamd takes a stream of `bytes`: sends as many zeros and looks for its complaint. For the start, once.
   * @throws TemporaryFailure when clamd cannot be reached.
   */
  accepts(bytes: number): Promise<boolean>;
  /** Waiting scans fail; running ones end by themselves or by their deadline. */
  close(): void;
}

export function clamdScanner(options: ClamdOptions, deps: { readonly clock: Clock }): ClamdScanner {
  const slots = new Slots(options.concurrency);
  const scan = (content: Streamed, maxBytes: number) =>
    slots.run(() => scanOnce(options, content, maxBytes), failed('the scanner was closed'));
  return {
    scan: content => scan(streamed(content), options.maxStreamBytes),
    status: async () => statusOf(await command(options.address, 'VERSION', options.timeoutMs), deps.clock),
    accepts: async bytes => {
      await command(options.address, 'PING', options.timeoutMs);
      const result = await scan({ sizeBytes: bytes, pieces: () => zeros(bytes) }, bytes);
      // Having answered, and then cutting the stream off, is its other way of saying that it is too long.
      if (result.status === 'unscannable' || (result.status === 'failed' && cutOff.test(result.reason))) return false;
      if (result.status === 'failed')
        throw new TemporaryFailure('clamd failed', { scanner: 'clamd', cause: result.reason });
      return true;
    },
    close: () => slots.close(),
  };
}

async function scanOnce(options: ClamdOptions, content: Streamed, maxBytes: number): Promise<ScanResult> {
  // clamd takes an empty stream for a syntax error.
  if (content.sizeBytes === 0) return { status: 'clean' };
  if (content.sizeBytes > maxBytes) return { status: 'unscannable', reason: `larger than ${maxBytes} bytes` };
  const deadline = new AbortController();
  const late = () => failed(`no answer within ${options.timeoutMs} ms`);
  try {
    return await inTime(() => attempts(options, content, deadline.signal), options.timeoutMs, late);
  } finally {
    deadline.abort();
  }
}

const failed = (reason: string): ScanResult => ({ status: 'failed', reason: reason.slice(0, 200) });

/** clamd's queue of connections may be full for a moment, or clamd be starting again. */
const passing = /\b(?:EAGAIN|ECONNREFUSED|ECONNRESET|EPIPE)\b/;
const cutOff = /\b(?:ECONNRESET|EPIPE)\b/;
const attemptDelaysMs = [20, 100, 400];

async function attempts(options: ClamdOptions, content: Streamed, signal: AbortSignal): Promise<ScanResult> {
  let result = await attempt(options, content, signal);
  for (const waitMs of attemptDelaysMs) {
    if (result.status !== 'failed' || !passing.test(result.reason) || signal.aborted) return result;
    await delay(waitMs);
    result = await attempt(options, content, signal);
  }
  return result;
}

async function attempt(options: ClamdOptions, content: Streamed, signal: AbortSignal): Promise<ScanResult> {
  const socket = new QuietSocket(signal);
  try {
    const clam = await new NodeClam().init(settings(options));
    // The package's own sockets print their errors, and outlive our deadline.
    Object.defineProperty(clam, '_initSocket', { value: () => socket.open(options.address) });
    // Its types leave out what tells an answer from none.
    const answer: Answer = await clam.scanStream(Readable.from(content.pieces(), { objectMode: false }));
    return socket.fault === null ? judged(answer) : failed(socket.fault.message);
  } catch (error) {
    return failure(error, socket.fault);
  } finally {
    socket.destroy();
  }
}

interface Answer {
  readonly isInfected: boolean | null;
  readonly viruses: readonly string[];
  readonly resultString?: string;
}

/** What clamd is sent, in small pieces, so that it can refuse before all is sent: the package writes as fast as it reads. */
interface Streamed {
  readonly sizeBytes: number;
  pieces(): Iterable<Buffer>;
}

const pieceBytes = 64 * 1024;
/** Pieces of less are V8's own business. */
const largeBytes = 1024 * 1024;

const streamed = (content: Uint8Array): Streamed => ({ sizeBytes: content.length, pieces: () => slices(content) });

function* slices(content: Uint8Array): Generator<Buffer> {
  for (let at = 0; at < content.length; at += pieceBytes) {
    yield Buffer.from(content.subarray(at, at + pieceBytes));
    if (content.length > largeBytes) letGo(pieceBytes);
  }
}

function* zeros(sizeBytes: number): Generator<Buffer> {
  const piece = Buffer.alloc(pieceBytes);
  for (let left = sizeBytes; left > 0; left -= pieceBytes) yield piece.subarray(0, left);
}

function settings({ address, timeoutMs }: ClamdOptions): NodeClam.Options {
  const place = 'path' in address ? { socket: address.path } : { host: address.host, port: address.port };
  return {
    removeInfected: false,
    debugMode: false,
    preference: 'clamdscan',
    clamscan: { active: false },
    // Without `bypassTest` it pings first, and then refuses to be made at all where clamd is down; with a path it runs what is there
    // to read its version, each time.
    clamdscan: { ...place, path: '', timeout: timeoutMs, localFallback: false, bypassTest: true, active: true },
  };
}

/** Null is what the package resolves with when clamd hung, closed early or answered garbage. */
function judged(answer: Answer): ScanResult {
  const said = answer.resultString ?? '';
  if (answer.isInfected === false && /^stream: OK\0?$/.test(said)) return { status: 'clean' };
  if (answer.isInfected !== true) return failed(said === '' ? 'no answer' : `not understood: ${said}`);
  const [name = 'unnamed'] = answer.viruses;
  if (name.startsWith('Heuristics.Encrypted.')) return { status: 'encrypted' };
  if (name.startsWith('Heuristics.Limits.Exceeded')) return { status: 'unscannable', reason: name };
  return { status: 'malware', name: name.slice(0, 200) };
}

function failure(error: unknown, fault: Error | null): ScanResult {
  const words = errorText(error);
  if (/size limit exceeded/i.test(words)) return { status: 'unscannable', reason: 'larger than clamd takes' };
  return failed(fault?.message ?? words);
}

/** `ClamAV 1.4.6/27500/Fri Nov 20 09:00:00 2026`; without a numbered database only the first. */
function statusOf(answer: string, clock: Clock): ClamdStatus {
  const [version = '', number, made] = answer.split('/');
  if (!version.startsWith('ClamAV'))
    throw new TemporaryFailure('clamd is not understood', { scanner: 'clamd', answer });
  const madeAt = made === undefined ? Number.NaN : Date.parse(`${made} UTC`);
  return {
    version,
    signatures: number === undefined ? null : Number(number),
    signatureAgeS: Number.isNaN(madeAt) ? null : Math.max(0, Math.round((clock.now() - madeAt) / 1000)),
  };
}
