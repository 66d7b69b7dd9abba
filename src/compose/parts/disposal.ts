// Disposition: where copies go, which fields they are given, and what follows when a check could not run.

import { authenticationResults } from '../../auth/results.ts';
import type { Config } from '../../config/schema.ts';
import { type Dispose, type DisposeDeps, disposer, type FieldsInput } from '../../dispose/dispose.ts';
import type { Shown } from '../../dispose/entries.ts';
import type { FailurePolicyOf } from '../../dispose/failed-checks.ts';
import type { FieldEdits } from '../../dispose/relay.ts';
import type { Evidence } from '../../model/evidence.ts';
import type { Profile } from '../../rules/profile.ts';
import type { RuleSet } from '../../rules/rule.ts';
import { editsFor, type SpamResult } from '../../smtp/trace-fields.ts';
import { greylistingOf } from './greylisting.ts';

type Given = Omit<DisposeDeps, 'fieldsFor' | 'failurePolicyOf' | 'greylisting' | 'shownOf'>;

export function disposalOf(config: Config, rulesInForce: () => RuleSet, given: Given): Dispose {
  return disposer(
    { contact: config.contact ?? null },
    {
      ...given,
      fieldsFor: input => fieldsFor(input, config),
      failurePolicyOf: failurePolicyOf(config, rulesInForce),
      greylisting: greylistingOf(config, name => rulesInForce().profiles.get(name)?.neverDefers === true),
      shownOf,
    },
  );
}

function fieldsFor({ envelope, message, evidence, group, action }: FieldsInput, config: Config): FieldEdits {
  const wasInspected = config.checks === 'all';
  const { verdict } = group;
  const spam: SpamResult = {
    isSpam: action !== 'deliver' || verdict.action !== 'deliver',
    score: verdict.score,
    threshold: verdict.thresholds.tag,
    symbols: verdict.hits.map(hit => hit.symbol),
  };
  return editsFor(message, {
    envelope,
    hostname: config.hostname,
    receivedAt: envelope.startedAt,
    authenticationResults: wasInspected ? authenticationResults(evidence.facts) : [],
    spam: wasInspected ? spam : null,
  });
}

function failurePolicyOf(config: Config, rulesInForce: () => RuleSet): FailurePolicyOf {
  const byDefault: NonNullable<ReturnType<Profile['onFailure']['get']>> = {
    deferForMs: config.on_failure.defer_for,
    attempts: config.on_failure.attempts,
    // biome-ignore lint/suspicious/noThenProperty: the word of DESIGN.md section 5
    then: config.on_failure.then,
  };
  return (profileName, check) => {
    const profile = rulesInForce().profiles.get(profileName);
    const { deferForMs, attempts, then: afterwards } = profile?.onFailure.get(check) ?? byDefault;
    return profile?.neverDefers === true
      ? { deferForMs: 0, attempts: 1, afterwards }
      : { deferForMs, attempts, afterwards };
  };
}

/** Subject and From as the checks decoded them; empty where they could not. */
export function shownOf({ facts }: Evidence): Shown {
  return { subject: textOf(facts.message, 'subject'), headerFrom: textOf(facts.from, 'address') };
}

function textOf(observation: Evidence['facts'][string] | undefined, field: string): string {
  if (observation?.state !== 'observed') return '';
  const value = (observation.value as Readonly<Record<string, unknown>>)[field];
  return typeof value === 'string' ? value : '';
}
