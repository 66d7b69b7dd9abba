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
}

/** A set, and what it leaves out, a line each. */
export interface LoadedRules {
  readonly rules: RuleSet;
  /** Overrides that name nothing any more. */
  readonly setAside: readonly string[];
  /** Lines of SpamAssassin's files that do nothing, in short, each with its place. */
  readonly unused: readonly string[];
}

/**
 * `changes` win over the overrides, and those over the files of the configuration.
 * @throws ConfigError for rules that do not load, and for profiles that the configuration names and nobody wrote.
 */
export function loadedRules(
  config: Config,
  changes: readonly SourceFile[] = [],
  { overrides = readOverrides(config.data_dir) }: Overriding = {},
): LoadedRules {
  const files = ruleSourcesOf(config);
  let unused: readonly string[] = [];
  const imported = (taken: ReadonlySet<string>) => {
    const theirs = importedRules(config.rules.spamassassin, taken);
    unused = inShort(unusedLines(theirs));
    return theirs.rules;
  };
  const load = (text: string): RuleSet => {
    const overriding = text === '' ? [] : [{ path: overridesName, text }];
    return loadRules(files, { evidence: checks, changes: [...overriding, ...changes], imported });
  };
  const { rules, setAside } = withoutStale(load, overrides);
  expectNamedProfiles(config, rules);
  return { rules, setAside, unused };
}

/** Those of `loadedRules`. @throws ConfigError as it does. */
export const ruleSetOf = (...of: Parameters<typeof loadedRules>): RuleSet => loadedRules(...of).rules;

/** An override whose symbol went with an upgrade is no reason not to start. */
function withoutStale(
  load: (overrides: string) => RuleSet,
  overrides: string,
): Pick<LoadedRules, 'rules' | 'setAside'> {
  try {
    return { rules: load(overrides), setAside: [] };
  } catch (error) {
    if (overrides === '') throw error;
    const { text, aside } = applicable(overrides, load(''));
    if (aside.length === 0) throw error;
    return { rules: load(text), setAside: aside };
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

/** A set whose tests fail never replaces the one in force. @throws ConfigError where a test fails. */
export function expectPassingTests(rules: RuleSet): void {
  const { failures } = runRuleTests(rules);
  if (failures.length === 0) return;
  throw new ConfigError(
    failures.map(({ at, symbol, expected, got }) => `${at}: ${symbol}: expected a ${expected}, got ${got}`).join('\n'),
  );
}
