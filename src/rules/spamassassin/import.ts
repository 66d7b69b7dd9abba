// SpamAssassin's rules as ours: each that can be is loaded, and of each it is said how true it is.

import type { Points } from '../../model/verdict.ts';
import type { PatternSpec } from '../patterns/patterns.ts';
import type { Role } from '../rule.ts';
import type { Place, SourceFile } from '../source.ts';
import { type Definition, type Definitions, readDefinitions, type Unclaimed } from './definitions.ts';
import type { SupportedEvals } from './evals.ts';
import { withNames } from './expression.ts';
import { type Meta, readMeta } from './meta.ts';
import { type Inclusion, type Misread, readStatements } from './statements.ts';
import { exact, type Standing, type Translated, translated } from './translate.ts';

export interface ImportOptions {
  /** Symbols of other rules: one of these names becomes `SA_NAME`. */
  readonly taken: ReadonlySet<string>;
  readonly evals: SupportedEvals;
  readonly include: Inclusion;
}

/** A rule that is complete but for its condition, which the set that it joins makes of `counting`. */
export interface ImportedRule {
  readonly symbol: string;
  readonly summary: string;
  readonly score: Points;
  readonly setBy: Place;
  readonly at: Place;
  readonly role: Role;
  readonly patterns: readonly PatternSpec[];
  readonly counting: Meta | null;
}

export interface Imported {
  readonly symbol: string;
  /** The keyword that defines it; `eval` for all that call a function. */
  readonly type: string;
  readonly at: Place;
  readonly standing: Standing;
}

export interface SpamAssassinImport {
  readonly rules: readonly ImportedRule[];
  /** Every rule that the files define, whether it was loaded or not. */
  readonly report: readonly Imported[];
  readonly misread: readonly Misread[];
  readonly unclaimed: readonly Unclaimed[];
  /** Lines by keyword that are no rules: lists and settings of SpamAssassin's own. */
  readonly settings: ReadonlyMap<string, number>;
}

/** The rules in `files`, read in that order; their text is bytes, a character a byte. */
export function importSpamAssassin(files: readonly SourceFile[], options: ImportOptions): SpamAssassinImport {
  const misread: Misread[] = [];
  const definitions = readDefinitions(readStatements(files, options.include, misread), misread);
  const set = new Translation(definitions, options);
  const report = [...definitions.rules.values()].map(({ symbol, type, text, at }) => ({
    symbol,
    type: /^(?:rbl)?eval:/.test(text) ? 'eval' : type,
    at,
    standing: set.standingOf(symbol),
  }));
  const settings = new Map([...definitions.settings].map(([keyword, lines]) => [keyword, lines.length]));
  return { rules: set.rules(), report, misread, unclaimed: definitions.unclaimed, settings };
}

const unknownScore: Points = 1000;
const probationScore: Points = 10;

/** The rules of one set, which ask for each other. */
class Translation {
  readonly #definitions: Definitions;
  readonly #options: ImportOptions;
  readonly #sought = new Map<string, Translated>();
  readonly #metas = new Map<string, Meta>();
  readonly #standings = new Map<string, Standing>();

  constructor(definitions: Definitions, options: ImportOptions) {
    this.#definitions = definitions;
    this.#options = options;
    for (const rule of definitions.rules.values()) {
      if (this.#scoreOf(rule.symbol) === 0) this.#standings.set(rule.symbol, { kind: 'off', why: 'its score is 0' });
      else if (rule.type === 'meta') this.#readMeta(rule);
      else this.#translate(rule);
    }
    for (const symbol of this.#metas.keys()) this.#judgeMeta(symbol);
  }

  standingOf(symbol: string): Standing {
    return this.#standings.get(symbol) ?? { kind: 'off', why: 'nothing defines it' };
  }

  rules(): readonly ImportedRule[] {
    const asked = new Set([...this.#metas.values()].flatMap(meta => meta.symbols));
    return [...this.#definitions.rules.values()].flatMap(rule => {
      const { kind } = this.standingOf(rule.symbol);
      if (kind === 'unsupported' && asked.has(rule.symbol)) return [this.#never(rule)];
      return kind === 'exact' || kind === 'approximated' ? this.#loaded(rule) : [];
    });
  }

  #translate(rule: Definition): void {
    const { flags, tags, replaced, settings } = this.#definitions;
    const sought = translated(rule, {
      settings,
      flags: flags.get(rule.symbol) ?? [],
      tags: replaced.has(rule.symbol) ? tags : null,
      evals: this.#options.evals,
    });
    this.#sought.set(rule.symbol, sought);
    this.#standings.set(rule.symbol, sought.standing);
  }

  #readMeta(rule: Definition): void {
    const meta = readMeta(rule, this.#definitions.rules.keys());
    if (meta !== null) this.#metas.set(rule.symbol, meta);
    else this.#standings.set(rule.symbol, { kind: 'unsupported', why: 'it cannot be read: SpamAssassin refuses it' });
  }

  /** As true as the least true of what it asks for; what is off counts 0 there as it does here. */
  #judgeMeta(symbol: string): Standing {
    const known = this.#standings.get(symbol);
    if (known !== undefined) return known;
    // Until it is known better: whoever comes back to it from here has gone in a circle.
    this.#standings.set(symbol, inCircle);
    const parts = (this.#metas.get(symbol)?.symbols ?? []).map(asked => standingBy(asked, this.#judgeMeta(asked)));
    const standing = parts.find(part => part === inCircle) ?? parts.find(part => part.kind !== 'exact') ?? exact;
    this.#standings.set(symbol, standing);
    return standing;
  }

  #loaded(rule: Definition): readonly ImportedRule[] {
    const sought = this.#sought.get(rule.symbol);
    const parts = (sought?.parts ?? []).map(part => ({
      ...this.#common(rule),
      symbol: this.#nameOf(part.symbol),
      role: 'component' as const,
      score: 0,
      patterns: [this.#renamed(part.pattern)],
      counting: null,
    }));
    const counting = this.#metas.get(rule.symbol) ?? sought?.counting ?? null;
    const patterns = (sought?.patterns ?? []).map(pattern => this.#renamed(pattern));
    return [...parts, { ...this.#common(rule), patterns, counting: counting && this.#resolved(counting) }];
  }

  /** What we have nothing for is never judged, and so is what it would decide. */
  #never(rule: Definition): ImportedRule {
    const counting: Meta = { source: 'unsupported', symbols: [], expression: { kind: 'number', value: Number.NaN } };
    return { ...this.#common(rule), role: 'component', score: 0, patterns: [], counting };
  }

  #common({ symbol, at }: Definition): Omit<ImportedRule, 'patterns' | 'counting'> {
    const isComponent = symbol.startsWith('__');
    const described = this.#definitions.descriptions.get(symbol);
    return {
      symbol: this.#nameOf(symbol),
      summary: described === undefined ? symbol : readable(described),
      score: isComponent ? 0 : this.#scoreOf(symbol),
      setBy: this.#definitions.scores.get(symbol)?.at ?? at,
      at,
      role: isComponent ? 'component' : 'scored',
    };
  }

  /** Symbols as they are named here, and what is not loaded counting 0. */
  #resolved({ source, symbols, expression }: Meta): Meta {
    const names = new Map(symbols.map(symbol => [symbol, this.#nameOf(symbol)]));
    const named = withNames(expression, name =>
      name === 'local_tests_only' ? { kind: 'number', value: 1 } : { kind: 'name', name: names.get(name) ?? name },
    );
    return { source, symbols: [...names.values()], expression: named };
  }

  #renamed(pattern: PatternSpec): PatternSpec {
    return { ...pattern, symbol: this.#nameOf(pattern.symbol) };
  }

  #nameOf(symbol: string): string {
    const [base = symbol] = symbol.split(':');
    return this.#options.taken.has(base) ? `SA_${symbol}` : symbol;
  }

  #scoreOf(symbol: string): Points {
    const stated = this.#definitions.scores.get(symbol)?.value;
    if (stated !== undefined) return Math.round(stated * 1000);
    const unstated = symbol.startsWith('T_') ? probationScore : unknownScore;
    return this.#definitions.flags.get(symbol)?.includes('nice') === true ? -unstated : unstated;
  }
}

/** SpamAssassin leaves out such rules, and those that ask for them. */
const inCircle: Standing = { kind: 'off', why: 'rules ask for each other in a circle' };

function standingBy(asked: string, standing: Standing): Standing {
  if (standing === inCircle) return inCircle;
  switch (standing.kind) {
    case 'exact':
    case 'off':
      return exact;
    case 'approximated':
      return { kind: 'approximated', why: `it asks for ${asked}, which is approximated` };
    case 'unsupported':
      return { kind: 'approximated', why: `it is not judged where ${asked}, which is unsupported, decides` };
  }
}

/** Descriptions are for people: UTF-8. */
const readable = (bytes: string): string => Buffer.from(bytes, 'latin1').toString('utf8');
