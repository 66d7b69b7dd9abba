// Conditions in CEL, checked at load against the declared evidence. Evaluation is three-valued: what cannot be read is an
// error, which `&&` and `||` absorb where the other side decides.

import { Environment, EvaluationError } from '@marcbachmann/cel-js';
import { didYouMean, nearestName } from '../model/nearest.ts';
import { registerVariables } from './cel-types.ts';
import type { Decision } from './condition-expressions.ts';
import { functions, holds, organisation } from './condition-functions.ts';
import { type Asking, type Program, programOf } from './condition-program.ts';
import { ConditionWalk, type Surroundings } from './condition-walk.ts';
import type { CelValues, EvidenceType, Vocabulary } from './evidence-types.ts';
import { compileExpression, type Expression } from './spamassassin/expression.ts';
import type { YamlValue } from './yaml-value.ts';

/** `isOpen`: only because nobody looked; had somebody, it might be yes. */
export type Truth = 'yes' | 'no' | { readonly undecided: string; readonly isOpen?: true };

export const isOpen = (truth: Truth): boolean => typeof truth === 'object' && truth.isOpen === true;

/** What the functions of a condition see beside its values. */
export interface Symbols {
  /** Whether a rule fired that comes earlier in the order of judging. */
  truthOf(symbol: string): Truth;
  /** How many hits it counts for, where it fired. */
  countOf(symbol: string): number;
}

export interface Condition {
  readonly source: string;
  /** Symbols that it asks for with `hit`. */
  readonly symbols: readonly string[];
  /** The evidence that it reads. */
  readonly reads: readonly EvidenceType[];
  /** The same as `holds` in a tenth of the time, undecided where that throws; null where there is no such program. */
  readonly decide: Program | null;
  /** @throws EvaluationError when it cannot be decided. */
  holds(values: CelValues): boolean;
  /** How many hits it counts for, where it holds; left out: 1. */
  count?(): number;
  /** What `count` counts by. */
  readonly counting?: Counting;
}

/** Arithmetic over how often other rules hit. */
export interface Counting {
  readonly source: string;
  readonly symbols: readonly string[];
  readonly expression: Expression;
}

const builtIn =
  'matches contains startsWith endsWith lowerAscii upperAscii size exists all filter map has trim split join';

/** Inside an evaluation; CEL treats it as it treats its own errors. */
function throwUndecided(reason: string): never {
  throw new EvaluationError(reason);
}

/**
 * Compiles conditions for one rule set. CEL's functions see no context, so the symbols of the message at hand are lent to
 * them for the length of one verdict, which never pauses.
 */
export class ConditionCompiler {
  readonly #surroundings: Surroundings;
  readonly #environment: Environment;
  readonly #asking: Asking;
  #symbols: Symbols | null = null;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
    this.#environment = new Environment({ unlistedVariablesAreDyn: false });
    registerVariables(this.#environment, surroundings.vocabulary);
    this.#asking = {
      hit: symbol => this.#hit(symbol),
      proven: symbol => this.#proven(symbol),
      inList: (list, value) => holds(surroundings.lists.get(list), value),
      domainOf: address => address.slice(address.lastIndexOf('@') + 1).toLowerCase(),
      organisation,
      sameOrganisation: (a, b) => organisation(a) !== '' && organisation(a) === organisation(b),
    };
    const handlers: Readonly<Record<keyof Asking, (...args: string[]) => unknown>> = {
      ...this.#asking,
      hit: symbol => this.#hit(symbol) ?? throwUndecided(`${symbol} was not judged`),
      proven: symbol => this.#proven(symbol) ?? throwUndecided(`${symbol} was not sought`),
    };
    for (const { signature } of functions) {
      const name = signature.slice(0, signature.indexOf('(')) as keyof typeof handlers;
      this.#environment.registerFunction(signature, handlers[name]);
    }
  }

  /** Evaluates conditions inside `body` with `symbols` as what `hit` sees. */
  lending<T>(symbols: Symbols, body: () => T): T {
    this.#symbols = symbols;
    // What is undecided is thrown, a dozen times a message, and nobody reads where: a stack costs more than the evaluation.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    try {
      return body();
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
      this.#symbols = null;
    }
  }

  /** The condition in `value`; null when something is wrong with it, which is recorded there. */
  compile(value: YamlValue): Condition | null {
    const source = value.text();
    if (source === null) return null;
    const checked = this.#environment.check(source);
    if (!checked.valid) return value.problem(this.#explained(source, checked.error));
    if (checked.type !== 'bool')
      return value.problem(`a condition is true or false, this one is of type ${checked.type}`);
    const walk = new ConditionWalk(this.#surroundings);
    walk.visit(this.#environment.parse(source).ast);
    for (const defect of walk.defects) value.problem(defect);
    return walk.defects.length > 0 ? null : this.sound(source, [...walk.symbols], [...walk.reads]);
  }

  /** Of a source that `compile` found nothing wrong with, among the same names. */
  sound(source: string, symbols: readonly string[], reads: readonly EvidenceType[]): Condition {
    const program = this.#environment.parse(source);
    return {
      source,
      symbols,
      reads,
      decide: programOf(program.ast, this.#surroundings.vocabulary, this.#asking),
      holds: values => program(values) === true,
    };
  }

  /** Holds where what is counted is not 0; `NaN` says that one which is not known decides. */
  counting(counting: Counting): Condition {
    const { source, symbols } = counting;
    const value = compileExpression(counting.expression);
    const count = () => value(symbol => this.#count(symbol));
    const decide = () => {
      const counted = count();
      return Number.isNaN(counted) ? undefined : counted !== 0;
    };
    const holds = () => decide() ?? throwUndecided('what it counts was not judged');
    return { source, symbols, reads: [], decide, holds, count, counting };
  }

  #count(symbol: string): number {
    const truth = this.#symbols?.truthOf(symbol) ?? 'no';
    if (typeof truth === 'object') return Number.NaN;
    return truth === 'yes' ? (this.#symbols?.countOf(symbol) ?? 1) : 0;
  }

  #hit(symbol: string): Decision {
    const truth = this.#symbols?.truthOf(symbol) ?? 'no';
    return typeof truth === 'object' ? undefined : truth === 'yes';
  }

  #proven(symbol: string): Decision {
    const truth = this.#symbols?.truthOf(symbol) ?? 'no';
    return isOpen(truth) ? undefined : truth === 'yes';
  }

  /** CEL's message, with the nearest name where a name is wrong. */
  #explained(
    source: string,
    error: { code: string; message: string; range?: { start: number; end: number } } | undefined,
  ) {
    const summary = error?.message.split('\n')[0] ?? 'not a condition';
    const wrong = error?.range === undefined ? '' : source.slice(error.range.start, error.range.end);
    const { vocabulary } = this.#surroundings;
    switch (error?.code) {
      case 'unknown_variable':
        return `unknown name ${wrong}${didYouMean(
          wrong,
          vocabulary.paths.map(path => path.split('.')[0] ?? ''),
        )}`;
      case 'no_such_key':
        return `unknown field ${pathAround(source, error.range)}${suggestion(pathAround(source, error.range), wrong, vocabulary)}`;
      case 'no_matching_overload':
        return `${summary}${didYouMeanFunction(wrong)}`;
      default:
        return summary;
    }
  }
}

/** The dotted path that ends where `range` does: `auth.dmarc.reslt`. */
function pathAround(source: string, range: { end: number } | undefined): string {
  return /[\w.]+$/.exec(source.slice(0, range?.end ?? 0))?.[0] ?? '';
}

/** The nearest path of the same beginning, or part of one; else the nearest field of any evidence. */
function suggestion(path: string, wrong: string, vocabulary: Vocabulary): string {
  const start = `${path.split('.')[0]}.`;
  const paths = vocabulary.paths.filter(known => known.startsWith(start));
  const beginnings = paths.map(known => known.slice(0, known.lastIndexOf('.')));
  const near = nearestName(path, [...paths, ...beginnings.filter(known => known.includes('.'))]);
  return near === null ? didYouMean(wrong, fieldNames(vocabulary)) : ` (did you mean ${near}?)`;
}

function fieldNames(vocabulary: Vocabulary): readonly string[] {
  return vocabulary.types.flatMap(type =>
    Object.entries(type.evidence).flatMap(([name, field]) =>
      field.kind === 'records' ? Object.keys(field.of) : [name],
    ),
  );
}

function didYouMeanFunction(call: string): string {
  const name = /([A-Za-z_]\w*)\s*\(/.exec(call)?.[1] ?? '';
  const known = [...functions.map(f => f.signature.slice(0, f.signature.indexOf('('))), ...builtIn.split(' ')];
  return known.includes(name) ? '' : didYouMean(name, known);
}
