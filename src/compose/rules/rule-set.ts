// The rules in force: the shipped ones and the operator's, checked against the evidence that our checks declare.

import { checks } from '../../checks/index.ts';
import {
  includedSpamAssassinFile,
  overridesName,
  readFitRecords,
  readOverrides,
  readRuleFiles,
  readSpamAssassinFiles,
} from '../../config/rule-files.ts';
import type { Config } from '../../config/schema.ts';
import { supportedEvals } from '../../content/spamassassin-texts.ts';
import { ConfigError } from '../../model/failure.ts';
import { type EntryPlaces, entryPlaces } from '../../rules/entry-places.ts';
import { type FitNotes, readFitRecord } from '../../rules/fit-record.ts';
import { loadRules } from '../../rules/load.ts';
import type { RuleSet } from '../../rules/rule.ts';
import { runRuleTests } from '../../rules/rule-tests.ts';
import type { SourceFile } from '../../rules/source.ts';
import { importSpamAssassin, type SpamAssassinImport } from '../../rules/spamassassin/import.ts';
import { inShort, unusedLines } from '../../rules/spamassassin/report.ts';
import { applicable } from '../../rules/stale-overrides.ts';
import { expectNamedProfiles } from './profiles-only.ts';

export interface Overriding {
  /** The text of the overrides that are in force; those of the data_dir, where left out. */
  readonly overrides?: string;
  /** Hears of overrides that name nothing any more, a line each. */
  readonly setAside?: (lines: readonly string[]) => void;
  /** Hears in short of lines of SpamAssassin's files that do nothing, each with its place. */
  readonly unused?: (lines: readonly string[]) => void;
}

/**
 * `changes` win over the overrides, and those over the files of the configuration.
 * @throws ConfigError for rules that do not load, and for profiles that the configuration names and nobody wrote.
 */
export function ruleSetOf(
  config: Config,
  changes: readonly SourceFile[] = [],
  { overrides = readOverrides(config.data_dir), setAside = () => {}, unused = () => {} }: Overriding = {},
): RuleSet {
  const files = ruleSourcesOf(config);
  let doNothing: readonly string[] = [];
  const imported = (taken: ReadonlySet<string>) => {
    const theirs = importedRules(config.rules.spamassassin, taken);
    doNothing = inShort(unusedLines(theirs));
    return theirs.rules;
  };
  const load = (text: string): RuleSet => {
    const overriding = text === '' ? [] : [{ path: overridesName, text }];
    return loadRules(files, { evidence: checks, changes: [...overriding, ...changes], imported });
  };
  const rules = withoutStale(load, overrides, setAside);
  expectNamedProfiles(config, rules);
  if (doNothing.length > 0) unused(doNothing);
  return rules;
}

/** An override whose symbol went with an upgrade is no reason not to start. */
function withoutStale(
  load: (overrides: string) => RuleSet,
  overrides: string,
  setAside: (lines: readonly string[]) => void,
): RuleSet {
  try {
    return load(overrides);
  } catch (error) {
    if (overrides === '') throw error;
    const { text, aside } = applicable(overrides, load(''));
    if (aside.length === 0) throw error;
    const rules = load(text);
    setAside(aside);
    return rules;
  }
}

/** SpamAssassin's rules in `paths`, beside rules whose symbols are `taken`. @throws ConfigError when one is not there. */
export function importedRules(paths: readonly string[], taken: ReadonlySet<string>): SpamAssassinImport {
  const files = readSpamAssassinFiles(paths);
  return importSpamAssassin(files, { taken, evals: supportedEvals, include: includedSpamAssassinFile });
}

/** All files that `config` names, and what it says itself of lists. */
export const ruleSourcesOf = (config: Config): readonly SourceFile[] => [
  ...readRuleFiles(config.rules.folders),
  ...configuredLists(config),
];

/** Where each entry of each list stands. */
export const entryPlacesOf = (config: Config): EntryPlaces =>
  entryPlaces(ruleSourcesOf(config), { path: overridesName, text: readOverrides(config.data_dir) });

/** What the configuration adds to the lists of the rules. */
function configuredLists({ arc, lists, forwarders }: Config): readonly SourceFile[] {
  const entries: Readonly<Record<string, readonly string[]>> = {
    'trusted-sealers': arc.trusted_sealers,
    'known-lists': lists.known,
    'forwarder-networks': forwarders.flatMap(({ networks }) => networks ?? []),
    'forwarder-spf-domains': forwarders.flatMap(({ spf_domain }) => spf_domain ?? []),
    'forwarder-dkim-domains': forwarders.flatMap(({ dkim_domain }) => dkim_domain ?? []),
  };
  return Object.entries(entries).map(([name, of]) => ({
    path: `configuration/${name}.txt`,
    text: [...new Set(of.map(entry => entry.toLowerCase()))].join('\n'),
  }));
}

/** What fits of these rules noted, by symbol. @throws ConfigError where a record cannot be read. */
export const fitNotesOf = ({ rules }: Config): FitNotes =>
  new Map(readFitRecords(rules.folders).flatMap(file => [...readFitRecord(file)]));

/** A set whose tests fail never replaces the one in force. @throws ConfigError too where a test fails. */
export function testedRuleSetOf(config: Config, overriding: Overriding = {}): RuleSet {
  const rules = ruleSetOf(config, [], overriding);
  const { failures } = runRuleTests(rules);
  if (failures.length === 0) return rules;
  throw new ConfigError(
    failures.map(({ at, symbol, expected, got }) => `${at}: ${symbol}: expected a ${expected}, got ${got}`).join('\n'),
  );
}
