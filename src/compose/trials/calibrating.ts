// Calibration of a profile over this installation: the ledger with what reviewers said of it, or mail that was sorted into folders.

import { existsSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Config } from '../../config/schema.ts';
import type { EpochMs } from '../../model/clock.ts';
import { BadInput } from '../../model/failure.ts';
import { didYouMean } from '../../model/nearest.ts';
import type { Points } from '../../model/verdict.ts';
import { brokenInvariants } from '../../rules/broken-invariants.ts';
import type { Override, Profile } from '../../rules/profile.ts';
import type { RuleSet } from '../../rules/rule.ts';
import type { ReviewsReader } from '../../store/reviews.ts';
import { databaseFile, ledgerDir } from '../../store/sqlite/layout.ts';
import { ledgerLines } from '../../store/sqlite/ledger-lines.ts';
import { openStoreReader } from '../../store/sqlite/reader.ts';
import { calibrate, type InForce } from '../../trial/calibrate.ts';
import type { CalibrationReport, CalibrationSource } from '../../trial/calibration-lines.ts';
import { experienceOf } from '../../trial/experience.ts';
import type { Reviewed } from '../../trial/reviewed.ts';
import { reviewedInFolders } from '../../trial/reviewed-folders.ts';
import { type LedgerReviews, reviewedInLedger, weightsOf } from '../../trial/reviewed-ledger.ts';
import { ruleSetOf } from '../rules/rule-set.ts';
import { labelledEvidence } from '../stored/labelled-mail.ts';
import { storedJudging } from '../stored/stored-line.ts';
import { judgingUnder } from './replays.ts';

export interface CalibratingOptions {
  readonly profile: string;
  /** Of wanted mail, the share that may be stopped. */
  readonly target: number;
  readonly confidence: number;
  /** A data_dir, or folders of sorted mail; empty for the ledger of the configuration. */
  readonly from: readonly string[];
  /** Of the ledger, samples of mail since then. */
  readonly since: EpochMs;
  /** Counts what is known of the profile’s industry beside what was seen. */
  readonly withExperience: boolean;
}

interface Gathered {
  readonly reviewed: Reviewed;
  readonly source: CalibrationSource;
}

/** @throws BadInput where there is no such profile, or no mail in the folders. */
export async function calibrating(config: Config, options: CalibratingOptions): Promise<CalibrationReport> {
  const rules = ruleSetOf(config);
  const profile = rules.profiles.get(options.profile);
  if (profile === undefined)
    throw new BadInput(`there is no profile ${options.profile}${didYouMean(options.profile, rules.profiles.keys())}`);
  const dataDir = dataDirIn(config, options.from);
  const { reviewed, source } =
    dataDir === null
      ? await sortedMail(config, rules, profile, options.from)
      : await ledgerMail(config, rules, profile, dataDir, options);
  const experience = options.withExperience ? experienceOf(profile.name) : null;
  const { target, confidence } = options;
  return {
    profile: profile.name,
    target,
    inForce: profile.thresholds,
    source,
    calibration: calibrate(reviewed, inForceOf(profile, rules), { target, confidence, experience }),
  };
}

function inForceOf(profile: Profile, rules: RuleSet): InForce {
  return {
    thresholds: profile.thresholds,
    weights: weightsOf(profile),
    keepsPromises: (thresholds, weights) => {
      const moved = {
        ...profile,
        thresholds,
        weights: new Map([...weights].map(([group, value]) => [group, own(value)])),
      };
      return brokenInvariants({ ...rules, profiles: new Map([[profile.name, moved]]) }).length === 0;
    },
  };
}

const own = (value: Points): Override => ({ value, why: '', setBy: '' });

/** Null where `from` names folders of mail. */
function dataDirIn({ data_dir }: Config, from: readonly string[]): string | null {
  const [first, ...others] = from;
  if (first === undefined) return data_dir;
  if (others.length > 0) return null;
  if (existsSync(ledgerDir(first))) return first;
  return basename(first) === basename(ledgerDir('')) && existsSync(databaseFile(dirname(first)))
    ? dirname(first)
    : null;
}

async function sortedMail(
  config: Config,
  rules: RuleSet,
  profile: Profile,
  paths: readonly string[],
): Promise<Gathered> {
  const { mails, late } = await labelledEvidence(config, rules, paths, { offline: true, sample: 1 });
  const judged = await storedJudging({ ...config, profile: profile.name }, {}, rules);
  const sorted = mails.map(({ label, body, evidence }) => ({
    label,
    body,
    facts: evidence.facts,
    verdict: judged(evidence).verdict,
  }));
  return {
    reviewed: reviewedInFolders(sorted, rules.lists.get('freemail')),
    source: { kind: 'folders', messages: mails.length, late },
  };
}

/** A data_dir may be that of a gateway that runs: it is only read. */
async function ledgerMail(
  config: Config,
  rules: RuleSet,
  profile: Profile,
  dataDir: string,
  { since, confidence }: CalibratingOptions,
): Promise<Gathered> {
  const reviews = await reviewsIn(dataDir, profile.name, since);
  const { samples } = reviews;
  const judging = judgingUnder(config, rules);
  const reviewed = await reviewedInLedger(ledgerLines(dataDir), judging, reviews, profile, confidence);
  const { messages, open, underOtherRules } = reviewed;
  const times = { since: samples.at(-1)?.since ?? since, before: samples[0]?.before ?? since };
  return { reviewed, source: { kind: 'ledger', samples: samples.length, ...times, messages, open, underOtherRules } };
}

async function reviewsIn(dataDir: string, profile: string, since: EpochMs): Promise<LedgerReviews> {
  if (!existsSync(databaseFile(dataDir))) return { labels: new Map(), samples: [] };
  const store = openStoreReader(dataDir);
  try {
    return await reviewsOf(store.reviews, profile, since);
  } finally {
    store.close();
  }
}

async function reviewsOf(reviews: ReviewsReader, profile: string, since: EpochMs): Promise<LedgerReviews> {
  const labels = await reviews.labels();
  const samples = (await reviews.samples()).filter(
    sample => sample.since >= since && sample.bands.some(band => band.profile === profile),
  );
  const drawn = samples.map(async sample => {
    const messages = (await reviews.sampled(sample.id)).filter(message => message.profile === profile);
    return { ...sample, drawn: new Set(messages.map(({ message }) => message)) };
  });
  return { labels: new Map(labels.map(label => [label.message, label])), samples: await Promise.all(drawn) };
}
