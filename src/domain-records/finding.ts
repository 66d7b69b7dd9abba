// What is published under one name, held against what should be: found, missing, wrong, or not to be found out.

import { TemporaryFailure } from '../model/failure.ts';

export type Standing = 'ok' | 'missing' | 'wrong' | 'unknown';

/** A record as zone files have it, but for TXT, whose `value` is the text itself. Names are absolute, without the last dot. */
export interface DnsRecord {
  readonly name: string;
  readonly type: 'MX' | 'A' | 'AAAA' | 'PTR' | 'TXT' | 'TLSA';
  readonly value: string;
}

export interface WebFile {
  readonly url: string;
  readonly text: string;
}

export interface Subject {
  /** `MX`, `SPF`, `MTA-STS policy`. */
  readonly record: string;
  readonly name: string;
  /** What should be there, where that can be said. */
  readonly publish: readonly DnsRecord[];
  /** The same for what is published on the web. */
  readonly file?: WebFile;
  /** What has to be known before it is published. */
  readonly advice?: string;
  /** May be missing: what it is for is then not there, and nothing else is broken. */
  readonly isOptional?: boolean;
  /** Only some can keep it: `advice` says who. */
  readonly isConditional?: boolean;
}

export interface Judgement {
  readonly standing: Standing;
  readonly found: readonly string[];
  /** A sentence; with the RFC where something is not as it should be. */
  readonly because: string;
}

export interface Finding extends Subject, Judgement {}

/** What `look` says of `subject`; `unknown` where a lookup failed. `look` may know better what to publish. */
export async function finding(
  subject: Subject,
  look: () => Promise<Judgement & { readonly publish?: readonly DnsRecord[] }>,
): Promise<Finding> {
  try {
    const seen = await look();
    if (seen.standing !== 'ok') return { ...subject, ...seen };
    // What is right is what should be: nobody is told to go back to what we would begin with.
    const { file: _, ...rest } = subject;
    return { ...rest, publish: asFound(subject, seen.found), ...seen };
  } catch (error) {
    if (!(error instanceof TemporaryFailure)) throw error;
    return { ...subject, standing: 'unknown', found: [], because: error.message };
  }
}

function asFound({ name, publish: [first] }: Subject, found: readonly string[]): readonly DnsRecord[] {
  return first === undefined ? [] : found.map(value => ({ name, type: first.type, value }));
}

export const isGood = ({ standing, isOptional }: Finding): boolean =>
  standing === 'ok' || (standing === 'missing' && isOptional === true);

export const missing = (because: string): Judgement => ({ standing: 'missing', found: [], because });

/** `wrong` for the faults that there are, `ok` with the notes where there are none. */
export function judged(found: readonly string[], faults: readonly string[], notes: readonly string[] = []): Judgement {
  return faults.length > 0
    ? { standing: 'wrong', found, because: faults.join('; ') }
    : { standing: 'ok', found, because: notes.join('; ') };
}
