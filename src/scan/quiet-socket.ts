// A socket whose errors are kept and end it like its peer would: for a package that prints them and never hears of others.

import { Socket } from 'node:net';
import type { ClamdAddress } from './clamd-command.ts';

export class QuietSocket extends Socket {
  /** Why it ended, where that was an error. */
  fault: Error | null = null;

  /** `signal` destroys it. */
  constructor(signal: AbortSignal) {
    super({ signal });
  }

  /** Resolves with itself when connected; rejects with the error. */
  open(address: ClamdAddress): Promise<this> {
    return new Promise((resolve, reject) => {
      this.once('close', () => reject(this.fault ?? new Error('closed')));
      this.once('connect', () => resolve(this));
      this.connect(address);
    });
  }

  override emit(event: string | symbol, ...values: unknown[]): boolean {
    if (event !== 'error') return super.emit(event, ...values);
    this.fault ??= values[0] instanceof Error ? values[0] : new Error(String(values[0]));
    return super.emit('end');
  }
}
