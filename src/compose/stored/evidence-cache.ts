// What was seen of stored mail, kept between commands: it follows from the bytes, the code and the patterns, and is looked up
// by the digest of all three, so that a changed score or condition needs no mail to be read again.

import { createHash } from 'node:crypto';
import { globSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Evidence, Observation } from '../../model/evidence.ts';

export interface KeptEvidence {
  /** By the digest of the message. */
  readonly evidence: ReadonlyMap<string, Evidence>;
  /** What patterns took when these messages were inspected. */
  readonly costs: PatternCosts;
}

export interface PatternCosts {
  readonly mails: number;
  /** Milliseconds for all of them, by symbol. */
  readonly ms: ReadonlyMap<string, number>;
}

export interface EvidenceCache {
  /** Nothing where nothing is kept, or what is kept cannot be read. */
  read(): KeptEvidence;
  write(kept: KeptEvidence): void;
}

export const noEvidenceKept: KeptEvidence = { evidence: new Map(), costs: { mails: 0, ms: new Map() } };

/** Every change of code or patterns leaves a file behind. */
const filesKept = 8;

const fileName = /^evidence-[0-9a-f]{32}\.ndjson\.zst$/;

/** `key` names all that the evidence of a message depends on, its bytes apart. */
export function evidenceCache(folder: string, key: readonly string[]): EvidenceCache {
  const digest = createHash('sha256')
    .update(JSON.stringify([codeDigest(), ...key]))
    .digest('hex');
  const file = join(folder, `evidence-${digest.slice(0, 32)}.ndjson.zst`);
  return {
    read: () => {
      try {
        return parsed(zstdDecompressSync(readFileSync(file)).toString('utf8'));
      } catch {
        return noEvidenceKept;
      }
    },
    write: kept => {
      // It tells of mail: nobody else's business.
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const unfinished = `${file}.${process.pid}`;
      writeFileSync(unfinished, zstdCompressSync(printed(kept)), { mode: 0o600 });
      renameSync(unfinished, file);
      dropOldest(folder);
    },
  };
}

function printed({ evidence, costs }: KeptEvidence): string {
  const lines = [...evidence].filter(([, of]) => isRepeatable(of)).map(entry => JSON.stringify(entry));
  return [JSON.stringify({ mails: costs.mails, ms: [...costs.ms] }), ...lines].join('\n');
}

/** Whether it would come out the same another time: what took too long depends on the machine and the hour. */
export function isRepeatable({ facts, patternHits }: Evidence): boolean {
  const isLate = (fact: Observation): boolean =>
    fact.state === 'failed' && /^(?:timeout|deadline|overran)/.test(fact.reason);
  return patternHits.overran.length === 0 && !Object.values(facts).some(isLate);
}

function parsed(text: string): KeptEvidence {
  const [first = '', ...lines] = text.split('\n');
  const costs = JSON.parse(first) as { mails: number; ms: [string, number][] };
  const entries = lines.map(line => JSON.parse(line) as [string, Evidence]);
  return { evidence: new Map(entries), costs: { mails: costs.mails, ms: new Map(costs.ms) } };
}

function dropOldest(folder: string): void {
  const files = readdirSync(folder)
    .filter(name => fileName.test(name))
    .map(name => ({ path: join(folder, name), time: statSync(join(folder, name)).mtimeMs }))
    .sort((a, b) => b.time - a.time);
  for (const { path } of files.slice(filesKept)) rmSync(path, { force: true });
}

/** The code by which evidence comes about. */
const makers = '{{auth,checks,content,inspect,model,rules/patterns,scan}/**/*,compose/stored/*}.{ts,js}';

/** Of that code, the packages that it stands on, and what runs it. */
function codeDigest(): string {
  const source = join(import.meta.dirname, '../..');
  const digest = createHash('sha256').update(process.version);
  for (const file of globSync(makers, { cwd: source }).sort())
    digest.update(`\0${file}\0`).update(readFileSync(join(source, file)));
  return digest.update(readFileSync(join(source, '../package.json'))).digest('hex');
}
