// Conditions as functions, made once at load: the part of CEL that rules are written in. The library that parses and checks a
// condition decides what this does not know, and finds the words for what cannot be decided.

import type { ASTNode } from '@marcbachmann/cel-js';
import type { Facts } from '../model/evidence.ts';
import type { Shape } from '../model/shape.ts';
import {
  connected,
  constant,
  count,
  type Decision,
  type Expression,
  elementField,
  elementText,
  factField,
  type Kind,
  number,
  type Of,
  quantified,
  text,
  truth,
  type Values,
} from './condition-expressions.ts';
import { pathOf } from './condition-walk.ts';
import type { Vocabulary } from './evidence-types.ts';

/** Decides on the facts of one message. */
export type Program = (facts: Facts) => Decision;

/** The functions of our own that conditions call. */
export interface Asking {
  hit(symbol: string): Decision;
  proven(symbol: string): Decision;
  inList(list: string, value: string): boolean;
  domainOf(address: string): string;
  organisation(host: string): string;
  sameOrganisation(a: string, b: string): boolean;
}

/** What stands for the elements of a list inside `exists` and `all`. */
interface Element {
  readonly name: string;
  /** Null where they are texts. */
  readonly shape: Shape | null;
}

/** The program of a condition that has its types right; null where it uses more of CEL than is known here. */
export function programOf(node: ASTNode, vocabulary: Vocabulary, asking: Asking): Program | null {
  const decide = new Programmer(vocabulary, asking, null).truth(node);
  return decide && (facts => decide({ facts, element: undefined }));
}

class Programmer {
  readonly #vocabulary: Vocabulary;
  readonly #asking: Asking;
  readonly #element: Element | null;

  constructor(vocabulary: Vocabulary, asking: Asking, element: Element | null) {
    this.#vocabulary = vocabulary;
    this.#asking = asking;
    this.#element = element;
  }

  truth(node: ASTNode): Of<boolean> | null {
    return this.#of('truth', node);
  }

  #of<K extends Kind>(kind: K, node: ASTNode | undefined): Of<Values[K]> | null {
    const expression = node === undefined ? null : this.#expression(node);
    return expression?.kind === kind ? (expression.of as Of<unknown> as Of<Values[K]>) : null;
  }

  #expression(node: ASTNode): Expression | null {
    switch (node.op) {
      case 'value':
        return constant(node.args);
      case 'id':
        return this.#isElement(node) && this.#element?.shape === null ? elementText : null;
      case '.':
        return this.#field(node, node.args);
      case '&&':
        return connected(false, this.truth(node.args[0]), this.truth(node.args[1]));
      case '||':
        return connected(true, this.truth(node.args[0]), this.truth(node.args[1]));
      case '!_':
        return truth(a => !a, this.truth(node.args));
      case '==':
      case '!=':
      case '<':
      case '<=':
      case '>':
      case '>=':
        return this.#compared(node.op, node.args);
      case 'in':
        return truth((word, list) => list.includes(word), this.#of('text', node.args[0]), this.#texts(node.args[1]));
      case '+':
        return count(exactSum, this.#of('count', node.args[0]), this.#of('count', node.args[1]));
      case '-_':
        return number(a => -a, this.#of('number', node.args));
      case '?:':
        return this.#either(node.args);
      case 'call':
        return this.#called(node.args[0], node.args[1]);
      case 'rcall':
        return this.#method(node.args[0], node.args[1], node.args[2]);
      default:
        return null;
    }
  }

  #isElement(node: ASTNode): boolean {
    return node.op === 'id' && node.args === this.#element?.name;
  }

  /** Of the element that is walked, or of evidence. */
  #field(node: ASTNode, [owner, name]: readonly [ASTNode, string]): Expression | null {
    if (this.#isElement(owner)) {
      const field = this.#element?.shape?.[name];
      return field === undefined ? null : elementField(name, field);
    }
    const path = pathOf(node);
    const named = path === null ? null : this.#vocabulary.field(path);
    return named && factField(named);
  }

  /** Both sides are of one kind: others CEL does not compare, or by rules of its own. */
  #compared(operator: keyof typeof comparisons, [leftNode, rightNode]: readonly ASTNode[]): Expression | null {
    for (const kind of operator === '==' || operator === '!=' ? scalars : numbers) {
      const left = this.#of(kind, leftNode) as Of<Scalar> | null;
      if (left !== null) return truth(comparisons[operator], left, this.#of(kind, rightNode) as Of<Scalar> | null);
    }
    return null;
  }

  #texts(node: ASTNode): Of<readonly string[]> | null {
    if (node.op !== 'list') return this.#of('texts', node);
    const words = node.args.flatMap(item => (item.op === 'value' && typeof item.args === 'string' ? [item.args] : []));
    return words.length === node.args.length ? () => words : null;
  }

  #either([conditionNode, thenNode, elseNode]: readonly [ASTNode, ASTNode, ASTNode]): Expression | null {
    const condition = this.truth(conditionNode);
    const [yes, no] = [this.#of('count', thenNode), this.#of('count', elseNode)];
    if (condition === null || yes === null || no === null) return null;
    const of: Of<number> = at => {
      const decided = condition(at);
      return decided === undefined ? undefined : (decided ? yes : no)(at);
    };
    return { kind: 'count', of };
  }

  #called(name: string, args: readonly ASTNode[]): Expression | null {
    const asking = this.#asking;
    const [first, second] = [this.#of('text', args[0]), this.#of('text', args[1])];
    switch (name) {
      case 'hit':
        return truth(symbol => asking.hit(symbol), first);
      case 'proven':
        return truth(symbol => asking.proven(symbol), first);
      case 'inList':
        return truth((list, value) => asking.inList(list, value), first, second);
      case 'sameOrganisation':
        return truth((a, b) => asking.sameOrganisation(a, b), first, second);
      case 'domainOf':
        return text(address => asking.domainOf(address), first);
      case 'organisation':
        return text(host => asking.organisation(host), first);
      case 'size':
        return this.#size(args[0]);
      default:
        return null;
    }
  }

  #method(name: string, receiver: ASTNode, args: readonly ASTNode[]): Expression | null {
    const [on, argument] = [this.#of('text', receiver), this.#of('text', args[0])];
    switch (name) {
      case 'exists':
        return this.#quantified(true, receiver, args);
      case 'all':
        return this.#quantified(false, receiver, args);
      case 'matches':
        return this.#matching(on, args[0]);
      case 'contains':
        return truth((a, b) => a.includes(b), on, argument);
      case 'startsWith':
        return truth((a, b) => a.startsWith(b), on, argument);
      case 'endsWith':
        return truth((a, b) => a.endsWith(b), on, argument);
      // All letters, as the library does.
      case 'lowerAscii':
        return text(a => a.toLowerCase(), on);
      case 'upperAscii':
        return text(a => a.toUpperCase(), on);
      case 'size':
        return this.#size(receiver);
      default:
        return null;
    }
  }

  /** Of a list. */
  #size(node: ASTNode | undefined): Expression | null {
    return count(list => list.length, this.#of('texts', node) ?? this.#of('records', node));
  }

  /** @throws nothing: the pattern was looked at when the condition was walked. */
  #matching(on: Of<string> | null, pattern: ASTNode | undefined): Expression | null {
    if (pattern?.op !== 'value' || typeof pattern.args !== 'string') return null;
    const expression = new RegExp(pattern.args);
    return truth(value => expression.test(value), on);
  }

  /** Not within one another. */
  #quantified(decides: boolean, receiver: ASTNode, [variable, predicate]: readonly ASTNode[]): Expression | null {
    const list = this.#expression(receiver);
    if (this.#element !== null || variable?.op !== 'id' || predicate === undefined) return null;
    if (list?.kind !== 'texts' && list?.kind !== 'records') return null;
    const element = { name: variable.args, shape: list.kind === 'records' ? list.shape : null };
    const holds = new Programmer(this.#vocabulary, this.#asking, element).truth(predicate);
    return holds && quantified(decides, list.of, holds);
  }
}

type Scalar = string | number | boolean;
const numbers = ['count', 'number'] as const;
const scalars = ['truth', 'text', ...numbers] as const;

const comparisons = {
  '==': (a: Scalar, b: Scalar) => a === b,
  '!=': (a: Scalar, b: Scalar) => a !== b,
  '<': (a: Scalar, b: Scalar) => a < b,
  '<=': (a: Scalar, b: Scalar) => a <= b,
  '>': (a: Scalar, b: Scalar) => a > b,
  '>=': (a: Scalar, b: Scalar) => a >= b,
};

/** Where it is not exact, CEL's own of 64 bits is asked. */
function exactSum(a: number, b: number): number | undefined {
  return Number.isSafeInteger(a + b) ? a + b : undefined;
}
