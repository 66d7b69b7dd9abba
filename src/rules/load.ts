// Loads rules, lists and profiles from their files: everything is checked, all that is wrong is said at once.

import { didYouMean } from '../model/nearest.ts';
import { parseTemplate, type Template } from './because.ts';
import { type Condition, ConditionCompiler } from './conditions.ts';
import { type EvidenceType, Vocabulary } from './evidence-types.ts';
import { readLists } from './lists.ts';
import { patternDigest } from './patterns/patterns.ts';
import { type ProfileDraft, readProfile, resolveProfiles } from './profile.ts';
import type { Rule, RuleSet } from './rule.ts';
import { type RuleDraft, readRules } from './rule-file.ts';
import { Problems, type SourceFile } from './source.ts';
import { parseYaml } from './yaml-value.ts';

export interface LoadOptions {
  /** The evidence that conditions may read: the list of checks. */
  readonly evidence: readonly EvidenceType[];
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
  const { drafts, profileDrafts, lists } = readFiles(files, vocabulary, problems);
  const symbols = namedOnce(drafts);
  const conditions = new ConditionCompiler({ vocabulary, symbols: new Set(symbols.keys()), lists });
  const rules = [...symbols.values()].map(draft => compiled(draft, conditions, vocabulary));
  checkStatedHits(drafts, symbols);
  const judged = inOrderOfUse(rules, symbols);
  const profiles = resolveProfiles(profileDrafts, {
    groups: new Set(rules.map(rule => rule.group)),
    symbols: new Set(symbols.keys()),
    checks: new Set([workerCheck, ...options.evidence.map(type => type.name)]),
  });
  problems.throwIfAny();
  const patterns = rules.filter(rule => rule.isEnabled).flatMap(rule => rule.patterns);
  return { rules, judged, profiles, patterns, patternDigest: patternDigest(patterns), vocabulary, conditions };
}

function readFiles(files: readonly SourceFile[], vocabulary: Vocabulary, problems: Problems) {
  const drafts: RuleDraft[] = [];
  const profileDrafts: ProfileDraft[] = [];
  for (const file of files.filter(f => /\.ya?ml$/.test(f.path))) {
    const document = parseYaml(file, problems);
    if (document === null) continue;
    if (!/(?:^|\/)profiles\/[^/]*$/.test(file.path)) drafts.push(...readRules(document, vocabulary));
    else profileDrafts.push(...[readProfile(document)].filter(draft => draft !== null));
  }
  const lists = readLists(
    files.filter(file => file.path.endsWith('.txt')),
    problems,
  );
  return { drafts, profileDrafts, lists };
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

function checkStatedHits(drafts: readonly RuleDraft[], symbols: ReadonlyMap<string, RuleDraft>): void {
  for (const draft of drafts) {
    for (const stated of [...draft.tests.hit, ...draft.tests.miss].flatMap(test => [...test.hits])) {
      if (!symbols.has(stated))
        draft.body.problem(`a test states the unknown symbol ${stated}${didYouMean(stated, symbols.keys())}`);
    }
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
