// Mail that people sorted into folders, as far as its evidence: what rules are measured and fitted on.

import { createHash } from 'node:crypto';
import { cacheFolder } from '../../config/cache-folder.ts';
import type { Config } from '../../config/schema.ts';
import type { Evidence } from '../../model/evidence.ts';
import { BadInput } from '../../model/failure.ts';
import type { RuleSet } from '../../rules/rule.ts';
import { isBareText, withPlainHeader } from '../../trial/bare-text.ts';
import { type Labelled, labelOf } from '../../trial/label.ts';
import { likeness } from '../../trial/likeness.ts';
import { type MailClass, mailClass } from '../../trial/mail-class.ts';
import { evidenceCache, isRepeatable, type KeptEvidence, noEvidenceKept, type PatternCosts } from './evidence-cache.ts';
import { type StoredLine, startStoredLine } from './stored-line.ts';
import { type StoredMail, storedMails } from './stored-mail.ts';

export interface LabelledOptions {
  /** Ask no DNS. Only then can evidence be kept: an answer is of its time. */
  readonly offline: boolean;
  /** Every N-th message. */
  readonly sample: number;
  /** Where evidence is kept; otherwise where commands keep such. */
  readonly cache?: string;
}

export interface LabelledMail extends Labelled {
  readonly name: string;
  /** SHA-256 of what was inspected. */
  readonly digest: string;
  /** Equal for messages that say the same. */
  readonly body: string;
  readonly kind: MailClass;
  readonly bytes: Buffer;
}

export interface InspectedMail extends Labelled {
  readonly name: string;
  readonly digest: string;
  readonly body: string;
  readonly kind: MailClass;
  readonly evidence: Evidence;
}

export interface LabelledEvidence {
  readonly mails: readonly InspectedMail[];
  readonly costs: PatternCosts;
  /** How many of them had no evidence yet. */
  readonly inspected: number;
  /** Of how many some evidence is missing because it came too late. */
  readonly late: number;
}

/** The mail below `paths`. @throws BadInput where a path cannot be read. */
export async function* labelledMails(paths: readonly string[], sample = 1): AsyncGenerator<LabelledMail> {
  let number = 0;
  for (const path of paths) {
    for await (const mail of storedMails(path)) {
      const labelled = labelOf(mail.name);
      if (labelled === null || number++ % sample !== 0) continue;
      const bytes = isBareText(mail.bytes) ? withPlainHeader(mail.bytes) : mail.bytes;
      const digest = createHash('sha256').update(bytes).digest('hex');
      const kind = mailClass(labelled.label, bytes);
      yield { name: mail.name, ...labelled, bytes, digest, body: likeness(bytes), kind };
    }
  }
}

/** @throws BadInput where there is no labelled mail. */
export async function labelledEvidence(
  config: Config,
  rules: RuleSet,
  paths: readonly string[],
  { offline, sample, cache: folder }: LabelledOptions,
): Promise<LabelledEvidence> {
  const cache = offline && isAlone(config) ? cacheFor(config, rules, folder) : null;
  const reader = new Reader(cache?.read() ?? noEvidenceKept, () => startStoredLine(config, { offline }, rules));
  const mails = await reader.readAll(labelledMails(paths, sample));
  if (mails.length === 0) throw new BadInput(`no mail in a folder ham, bounce, spam or phish: ${paths.join(', ')}`);
  if (reader.inspected > 0) cache?.write({ evidence: reader.evidence, costs: reader.costs });
  const late = mails.filter(({ evidence }) => !isRepeatable(evidence)).length;
  return { mails, costs: reader.costs, inspected: reader.inspected, late };
}

/** Whether evidence follows from the message alone: ClamAV's signatures and files of entries change without us. */
const isAlone = ({ clamd, access }: Config): boolean => clamd === undefined && access.files.length === 0;

const cacheFor = (config: Config, rules: RuleSet, folder = cacheFolder()) =>
  evidenceCache(folder, [rules.patternDigest, JSON.stringify({ ...config, rules: null })]);

/** Messages at once: more than the workers serve, so that none waits for a file. */
const atOnce = 64;

/** Takes the evidence of each message from what is kept, or else has it inspected; workers start when the first is. */
class Reader {
  readonly #evidence: Map<string, Evidence>;
  readonly #kept: PatternCosts;
  readonly #start: () => Promise<StoredLine>;
  #line: Promise<StoredLine> | null = null;
  #spent: ReadonlyMap<string, number> = new Map();
  #inspected = 0;

  constructor(kept: KeptEvidence, start: () => Promise<StoredLine>) {
    this.#evidence = new Map(kept.evidence);
    this.#kept = kept.costs;
    this.#start = start;
  }

  get evidence(): ReadonlyMap<string, Evidence> {
    return this.#evidence;
  }

  get inspected(): number {
    return this.#inspected;
  }

  get costs(): PatternCosts {
    const ms = new Map(this.#kept.ms);
    for (const [symbol, spent] of this.#spent) ms.set(symbol, (ms.get(symbol) ?? 0) + spent);
    return { mails: this.#kept.mails + this.#inspected, ms };
  }

  /** In the order of `mails`. */
  async readAll(mails: AsyncGenerator<LabelledMail>): Promise<readonly InspectedMail[]> {
    const read: InspectedMail[] = [];
    let number = 0;
    const runner = async () => {
      for (let next = await mails.next(); next.done !== true; next = await mails.next()) {
        const place = number++;
        const { bytes, ...mail } = next.value;
        read[place] = { ...mail, evidence: await this.#evidenceOf(mail.digest, { name: mail.name, bytes }) };
      }
    };
    try {
      await Promise.all(Array.from({ length: atOnce }, runner));
    } finally {
      const line = await this.#line;
      this.#spent = line?.patternCosts() ?? this.#spent;
      await line?.close();
    }
    return read;
  }

  async #evidenceOf(digest: string, mail: StoredMail): Promise<Evidence> {
    const kept = this.#evidence.get(digest);
    if (kept !== undefined) return kept;
    this.#line ??= this.#start();
    const evidence = await (await this.#line).inspect(mail);
    this.#inspected += 1;
    // Its like may have been inspected beside it: of two readings one is the message's.
    const first = this.#evidence.get(digest) ?? evidence;
    this.#evidence.set(digest, first);
    return first;
  }
}
