// Numbered mail: each number gives the same mail in every run with the same seed, and knows where its copies must go.

import { createHash } from 'node:crypto';

export const kinds = ['plain', 'large', 'many', 'kept', 'mixed', 'refused'] as const;
/**
 * plain: one recipient, relayed. large: more than the 256 KiB that stay in memory. many: several recipients, relayed.
 * kept: quarantined for all. mixed: quarantined for one recipient, relayed to the other. refused: 550.
 */
export type Kind = (typeof kinds)[number];

export type Place = 'next hop' | 'quarantine' | 'nowhere';

/** What is sent to one or several recipients. */
export interface Mail {
  readonly name: string;
  readonly reversePath: string;
  readonly recipients: readonly string[];
  /** Made or read anew at each call. Lines end in CRLF; no dot-stuffing. */
  content(): Buffer;
}

export interface NumberedMail extends Mail {
  readonly kind: Kind;
  /** Where each recipient's copy belongs. */
  readonly places: ReadonlyMap<string, Place>;
}

/**
 * How the gateway must be configured for the places to be right: GTUBE is refused by score in `strict.test`, kept where
 * the profile refuses nothing, and goes through where the gateway only observes.
 */
export const domains = {
  'strict.test': {},
  'keeping.test': { profile: 'keeping' },
  'observed.test': { mode: 'observe' },
} as const;

/** A profile of a folder of rules: quarantines where the default would refuse. */
export const keepingProfile = {
  profile: 'keeping',
  extends: 'default',
  thresholds: { tag: 5, quarantine: 8, reject: 'none' },
  always: { GTUBE: 'quarantine' },
};

const gtube = 'XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X';

const recipientsOf: Readonly<Record<Kind, readonly (readonly [string, Place])[]>> = {
  plain: [['a@strict.test', 'next hop']],
  large: [['a@strict.test', 'next hop']],
  many: [
    ['a@strict.test', 'next hop'],
    ['b@strict.test', 'next hop'],
    ['c@keeping.test', 'next hop'],
  ],
  kept: [['k@keeping.test', 'quarantine']],
  mixed: [
    ['k@keeping.test', 'quarantine'],
    ['o@observed.test', 'next hop'],
  ],
  refused: [['a@strict.test', 'nowhere']],
};

/** What all mail of one run has in common. */
export interface Run {
  readonly seed: number;
  readonly startedAt: Date;
}

export function numberedMail(run: Run, number: number, kind: Kind): NumberedMail {
  const places = new Map(recipientsOf[kind]);
  const name = `n${number}`;
  return {
    name,
    kind,
    reversePath: `${name}@sender.test`,
    recipients: [...places.keys()],
    content: () => content(run, number, kind),
    places,
  };
}

/** Every sixth is spooled to a file, a third is kept in part or whole, the rest is relayed. */
export function kindOf(seed: number, number: number): Kind {
  const dice = below(seed, number, 'kind', 12);
  const table: readonly Kind[] = ['large', 'large', 'kept', 'kept', 'mixed', 'mixed', 'refused', 'many', 'many'];
  return table[dice] ?? 'plain';
}

function content(run: Run, number: number, kind: Kind): Buffer {
  const isJunk = kind === 'kept' || kind === 'mixed' || kind === 'refused';
  const size = below(run.seed, number, 'size', 20_000) + (kind === 'large' ? 300_000 : 0);
  const text = `${header(run, `n${number}`)}\r\n${isJunk ? `${gtube}\r\n` : ''}${body(run.seed, number, size)}`;
  return Buffer.from(text, 'latin1');
}

const header = (run: Run, name: string): string =>
  [
    `From: Torture <${name}@sender.test>`,
    'To: Somebody <a@strict.test>',
    `Subject: Numbered mail ${name} of run ${run.seed}`,
    `Date: ${run.startedAt.toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <${name}.${run.seed}@sender.test>`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=us-ascii',
    '',
  ].join('\r\n');

/** Lines of 0 to 76 characters, about a fifth of which start with a dot or are one. */
function body(seed: number, number: number, size: number): string {
  const letters = createHash('sha512').update(`${seed} ${number}`).digest('base64').repeat(2);
  const lines: string[] = [];
  for (let length = 0, i = 0; length < size; i++) {
    const start = (i * 7) % 64;
    const line = `${i % 5 === 0 ? '.' : ''}${letters.slice(start, start + ((i * 31) % 76))}`;
    lines.push(line);
    length += line.length + 2;
  }
  return `${lines.join('\r\n')}\r\n`;
}

/** An integer from 0 up and below `limit`, the same for the same arguments. */
function below(seed: number, number: number, purpose: string, limit: number): number {
  const digest = createHash('sha256').update(`${seed} ${number} ${purpose}`).digest();
  return digest.readUInt32BE(0) % limit;
}
