// clamd, where it is configured: the scanner, what it has scanned, and whether it takes what we accept.

import type { Config } from '../../config/schema.ts';
import { hostAndPort } from '../../config/values.ts';
import type { ScanResult } from '../../model/ask.ts';
import type { Clock } from '../../model/clock.ts';
import { ConfigError } from '../../model/failure.ts';
import type { Component } from '../../observe/health.ts';
import type { Log } from '../../observe/log.ts';
import { type ClamdOptions, type ClamdStatus, clamdScanner } from '../../scan/clamd.ts';

export interface Antivirus {
  scan(content: Uint8Array): Promise<ScanResult>;
  /** Scans so far, by what clamd said. */
  readonly counts: ReadonlyMap<ScanResult['status'], number>;
  /** What it last said of its signatures; null until it has said so. */
  readonly lastStatus: () => ClamdStatus | null;
  health(): Promise<Component>;
  close(): void;
}

/** Null where no clamd is configured, which is said once. */
export function antivirusOf(config: Config, clock: Clock, log: Log): Antivirus | null {
  if (config.clamd === undefined) {
    log.info({}, 'antivirus skipped: no clamd is configured');
    return null;
  }
  const options: ClamdOptions = {
    address: clamdAddress(config.clamd.address),
    timeoutMs: config.clamd.timeout,
    concurrency: config.clamd.connections,
    maxStreamBytes: config.smtp.max_message_size,
  };
  const scanner = clamdScanner(options, { clock });
  const counts = new Map<ScanResult['status'], number>();
  let last: ClamdStatus | null = null;
  scanner
    .accepts(config.smtp.max_message_size)
    .then(fits => {
      if (!fits) log.warn({ bytes: config.smtp.max_message_size }, 'clamd StreamMaxLength is below max_message_size');
    })
    .catch(cause => log.warn({ cause }, 'clamd not reached at start'));
  return {
    counts,
    lastStatus: () => last,
    scan: async content => {
      const result = await scanner.scan(content);
      counts.set(result.status, (counts.get(result.status) ?? 0) + 1);
      return result;
    },
    health: async () => {
      last = null;
      last = await scanner.status();
      return { state: 'up', reason: null, figures: figuresOf(last) };
    },
    close: () => scanner.close(),
  };
}

function figuresOf({ signatures, signatureAgeS }: ClamdStatus): Readonly<Record<string, number>> {
  return {
    ...(signatures === null ? {} : { signatures }),
    ...(signatureAgeS === null ? {} : { signature_age_seconds: Math.round(signatureAgeS) }),
  };
}

/** @throws ConfigError for anything but `tcp://host:port` and `unix:/path`. */
function clamdAddress(text: string): ClamdOptions['address'] {
  const socket = /^unix:(?:\/\/)?(\/.+)$/.exec(text)?.[1];
  if (socket !== undefined) return { path: socket };
  const tcp = /^tcp:\/\/(.+:\d+)$/.exec(text)?.[1];
  if (tcp === undefined) throw new ConfigError(`clamd.address: expected tcp://host:port or unix:/path, got ${text}`);
  return hostAndPort(tcp);
}
