// Loads rules, lists and profiles from their files: everything is checked, all that is wrong is said at once.

import { didYouMean } from '../model/nearest.ts';
import { parseTemplate, type Template } from './because.ts';
import { brokenInvariants } from './broken-invariants.ts';
import { type Condition, ConditionCompiler } from './conditions.ts';
import { type EvidenceType, Vocabulary } from './evidence-types.ts';
import { type Lists, readLists } from './lists.ts';
import { type OverridesDraft, readOverridesFile, withEntries, withScores } from './overrides.ts';
import { patternDigest } from './patterns/patterns.ts';
import { type ProfileDraft, readProfile, resolveProfiles } from './profile.ts';
import type { Rule, RuleSet } from './rule.ts';
import { type RuleDraft, readRules } from './rule-file.ts';
import { Problems, type SourceFile } from './source.ts';
import type { ImportedRule } from './spamassassin/import.ts';
import { joinedRule } from './spamassassin/join.ts';
import { parseYaml, type YamlValue } from './yaml-value.ts';

export interface LoadOptions {
  /** The evidence that conditions may read: the list of checks. */
  readonly evidence: readonly EvidenceType[];
  /**
   * Files that win: their rules, profiles and lists take the place of those of the same name, and what stands in their
   * overrides holds. What each of them is, its form says: they need no folder `profiles/`.
   */
  readonly changes?: readonly SourceFile[];
  /** Rules of another syntax that join those of the files, given the symbols that are taken. */
  readonly imported?: (taken: ReadonlySet<string>) => readonly ImportedRule[];
}

/** Fails when worker threads did not answer for a message: no check's evidence, yet a policy may need it. */
const workerCheck = 'worker';

/**
 * The rule set in `files`: rules in the order given; `profiles/*.yaml` hold profiles, `*.txt` lists.
 * @throws ConfigError whose message has a line for every problem: `file:line: what is wrong`.
 */
export function loadRules(files: readonly SourceFile[], options: LoadOptions): RuleSet {
  const problems = new Problems();
  const vocabulary = new Vocabulary(options.evidence);
  const base = readFiles(files, kindByFolder, vocabulary, problems);
  const change = readFiles(options.changes ?? [], kindByForm, vocabulary, problems);
  const lists = withEntries(new Map([...base.lists, ...change.lists]), change.overrides);
  const own = new Map([...namedOnce(base.drafts), ...namedOnce(change.drafts)]);
  const imported = (options.imported?.(new Set(own.keys())) ?? []).map(rule => [rule.symbol, rule] as const);
  const symbols = withScores(new Map<string, RuleDraft | ImportedRule>([...own, ...imported]), change.overrides);
  const conditions = new ConditionCompiler({ vocabulary, symbols: new Set(symbols.keys()), lists });
  const rules = [...symbols.values()].map(draft =>
    'counting' in draft ? joinedRule(draft, conditions) : compiled(draft, conditions, vocabulary),
  );
  checkStatedHits(own, symbols);
  const judged = inOrderOfUse(rules, own);
  checkTrials(judged, own);
  const profiles = resolveProfiles(
    replaced(base.profileDrafts, change.profileDrafts),
    {
      groups: new Set(rules.map(rule => rule.group)),
      symbols: new Set(symbols.keys()),
      checks: new Set([workerCheck, ...options.evidence.map(type => type.name)]),
    },
    change.overrides.flatMap(({ profiles }) => [...profiles.values()]),
  );
  problems.throwIfAny();
  const patterns = rules.filter(rule => rule.isEnabled).flatMap(rule => rule.patterns);
  const set = {
    rules,
    judged,
    profiles,
    lists,
    patterns,
    patternDigest: patternDigest(patterns),
    vocabulary,
    conditions,
  };
  for (const { at, what } of brokenInvariants(set)) problems.add(at, what);
  problems.throwIfAny();
  return set;
}

/**
 * The profiles in `files` and no rules, for whoever judges nothing: what profiles name in rules is not looked up.
 * @throws ConfigError as `loadRules` does.
 */
export function loadProfiles(files: readonly SourceFile[], changes: readonly SourceFile[]): RuleSet {
  const problems = new Problems();
  const vocabulary = new Vocabulary([]);
  const isProfile = ({ path }: SourceFile) => kindByPath(path) === 'profile';
  const base = readFiles(files.filter(isProfile), () => 'profile', vocabulary, problems);
  const change = readFiles(changes, kindByForm, vocabulary, problems);
  const profiles = resolveProfiles(
    replaced(base.profileDrafts, change.profileDrafts),
    { groups: anyName, symbols: anyName, checks: anyName },
    change.overrides.flatMap(overrides => [...overrides.profiles.values()]),
  );
  problems.throwIfAny();
  const lists: Lists = new Map();
  const conditions = new ConditionCompiler({ vocabulary, symbols: new Set(), lists });
  const nothing = { rules: [], judged: [], lists, patterns: [], patternDigest: patternDigest([]) };
  return { ...nothing, profiles, vocabulary, conditions };
}

const anyName: ReadonlySet<string> = new (class extends Set<string> {
  override has(): boolean {
    return true;
  }
})();

type Kind = 'rules' | 'profile' | 'overrides';

const kindByPath = (path: string): Kind => (/(?:^|\/)profiles\/[^/]*$/.test(path) ? 'profile' : 'rules');

const kindByFolder = (_: YamlValue, { path }: SourceFile): Kind => kindByPath(path);

function kindByForm(document: YamlValue): Kind {
  if (document.isList()) return 'rules';
  return document.entries().some(([name]) => name === 'profile') ? 'profile' : 'overrides';
}

interface Read {
  readonly drafts: readonly RuleDraft[];
  readonly profileDrafts: readonly ProfileDraft[];
  readonly overrides: readonly OverridesDraft[];
  readonly lists: Lists;
}

function readFiles(
  files: readonly SourceFile[],
  kindOf: (document: YamlValue, file: SourceFile) => Kind,
  vocabulary: Vocabulary,
  problems: Problems,
): Read {
  const drafts: RuleDraft[] = [];
  const profileDrafts: ProfileDraft[] = [];
  const overrides: OverridesDraft[] = [];
  for (const file of files.filter(f => /\.ya?ml$/.test(f.path))) {
    const document = parseYaml(file, problems);
    if (document === null) continue;
    const kind = kindOf(document, file);
    if (kind === 'rules') drafts.push(...readRules(document, vocabulary));
    else if (kind === 'overrides') overrides.push(readOverridesFile(document));
    else profileDrafts.push(...[readProfile(document)].filter(draft => draft !== null));
  }
  const lists = readLists(
    files.filter(file => file.path.endsWith('.txt')),
    problems,
  );
  return { drafts, profileDrafts, overrides, lists };
}

/** `drafts` with those of the same name from `changes` in their place, and the others of `changes` behind. */
function replaced(drafts: readonly ProfileDraft[], changes: readonly ProfileDraft[]): readonly ProfileDraft[] {
  const names = new Set(changes.map(({ name }) => name));
  return [...drafts.filter(({ name }) => !names.has(name)), ...changes];
}

function namedOnce(drafts: readonly RuleDraft[]): ReadonlyMap<string, RuleDraft> {
  const symbols = new Map<string, RuleDraft>();
  for (const draft of drafts) {
    const other = symbols.get(draft.symbol);
    if (other === undefined) symbols.set(draft.symbol, draft);
    else draft.body.problem(`symbol ${draft.symbol} stands at ${other.body.at} already`);
  }
  return symbols;
}

function compiled(draft: RuleDraft, conditions: ConditionCompiler, vocabulary: Vocabulary): Rule {
  const { when, because, body, ...rest } = draft;
  const condition: Condition | null = when === null ? null : conditions.compile(when);
  const template: Template | null = because === null ? null : parseTemplate(because, vocabulary);
  return { ...rest, condition, because: template, at: body.at };
}

function checkStatedHits(drafts: ReadonlyMap<string, RuleDraft>, symbols: ReadonlyMap<string, unknown>): void {
  for (const draft of drafts.values()) {
    for (const stated of [...draft.tests.hit, ...draft.tests.miss].flatMap(test => [...test.hits])) {
      if (!symbols.has(stated))
        draft.body.problem(`a test states the unknown symbol ${stated}${didYouMean(stated, symbols.keys())}`);
    }
  }
}

/** What is on trial acts on nothing: a rule that counts may not ask for it, not even through a component. */
function checkTrials(judged: readonly Rule[], drafts: ReadonlyMap<string, RuleDraft>): void {
  /** By rule or component, the symbol on trial that it stands on. */
  const onTrial = new Map<string, string>();
  for (const rule of judged) {
    const asked = rule.condition?.symbols.map(symbol => onTrial.get(symbol)).find(symbol => symbol !== undefined);
    const trial = rule.role === 'shadow' ? rule.symbol : asked;
    if (trial === undefined) continue;
    if (rule.role !== 'scored') onTrial.set(rule.symbol, trial);
    else
      drafts
        .get(rule.symbol)
        ?.when?.problem(`${trial} is on trial (shadow: true): a rule that counts cannot ask for it`);
  }
}

/** Enabled rules, each after those that its condition asks for; a circle is a problem. */
function inOrderOfUse(rules: readonly Rule[], drafts: ReadonlyMap<string, RuleDraft>): readonly Rule[] {
  const bySymbol = new Map(rules.map(rule => [rule.symbol, rule]));
  const ordered = new Set<Rule>();
  const visit = (rule: Rule, path: readonly string[]): void => {
    if (ordered.has(rule)) return;
    if (path.includes(rule.symbol)) {
      const circle = [...path.slice(path.indexOf(rule.symbol)), rule.symbol].join(', ');
      drafts.get(rule.symbol)?.body.problem(`symbols ask for each other in a circle: ${circle}`);
      return;
    }
    for (const symbol of rule.condition?.symbols ?? []) {
      const asked = bySymbol.get(symbol);
      if (asked !== undefined) visit(asked, [...path, rule.symbol]);
    }
    ordered.add(rule);
  };
  for (const rule of rules) visit(rule, []);
  return [...ordered].filter(rule => rule.isEnabled);
}
