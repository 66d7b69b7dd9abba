// Expressions as SpamAssassin's `meta` and `if` lines have them: names and numbers with Perl's operators.

export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'name'; readonly name: string }
  /** `plugin(Mail::SpamAssassin::Plugin::DKIM)`. */
  | { readonly kind: 'call'; readonly name: string; readonly argument: string }
  | { readonly kind: 'not' | 'minus'; readonly operand: Expression }
  | { readonly kind: 'binary'; readonly operator: string; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'choose'; readonly asked: Expression; readonly yes: Expression; readonly no: Expression };

/** From the loosest to the tightest; in one row they go from left to right. */
const precedence: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['^'],
  ['==', '!='],
  ['<', '>', '<=', '>='],
  ['+', '-'],
  ['*', '/'],
];

const token = /\s*(?:(\d+(?:\.\d+)?|\.\d+)|([A-Za-z_][\w:]*)|(\|\||&&|[<>=!]=|[-+*/^!<>()?:]))/y;

/** What is walked by recursion later has a depth that the stack of a thread holds. */
const maxNesting = 100;
const maxOperators = 3000;

/** Null where `text` is none, or nested or long beyond what anybody writes. */
export function parseExpression(text: string): Expression | null {
  const reader = new Reader(text.trim());
  const expression = reader.chosen();
  return reader.isAtEnd ? expression : null;
}

class Reader {
  readonly #text: string;
  #at = 0;
  #nesting = 0;
  #operatorsTaken = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#text.length;
  }

  /** The next token, where `wanted` says that it is one; otherwise it stays. */
  #take(wanted: (taken: RegExpExecArray) => boolean): string | null {
    token.lastIndex = this.#at;
    const found = token.exec(this.#text);
    if (found === null || !wanted(found)) return null;
    this.#at = token.lastIndex;
    return found[1] ?? found[2] ?? found[3] ?? null;
  }

  #sign(...signs: readonly string[]): string | null {
    return this.#take(found => signs.includes(found[3] ?? ''));
  }

  /** What `read` reads, within what is read. */
  #nested(read: () => Expression | null): Expression | null {
    if (this.#nesting === maxNesting) return null;
    this.#nesting += 1;
    const expression = read();
    this.#nesting -= 1;
    return expression;
  }

  chosen(): Expression | null {
    const asked = this.#operators(0);
    if (asked === null || this.#sign('?') === null) return asked;
    const yes = this.#nested(() => this.chosen());
    const no = this.#sign(':') === null ? null : this.#nested(() => this.chosen());
    return yes === null || no === null ? null : { kind: 'choose', asked, yes, no };
  }

  #operators(row: number): Expression | null {
    const operators = precedence[row];
    if (operators === undefined) return this.#unary();
    let left = this.#operators(row + 1);
    while (left !== null) {
      const operator = this.#sign(...operators);
      if (operator === null) return left;
      this.#operatorsTaken += 1;
      if (this.#operatorsTaken > maxOperators) return null;
      const right = this.#operators(row + 1);
      left = right === null ? null : { kind: 'binary', operator, left, right };
    }
    return left;
  }

  #unary(): Expression | null {
    const sign = this.#sign('!', '-', '+');
    if (sign === null) return this.#atom();
    const operand = this.#nested(() => this.#unary());
    if (operand === null || sign === '+') return operand;
    return { kind: sign === '!' ? 'not' : 'minus', operand };
  }

  #atom(): Expression | null {
    const number = this.#take(found => found[1] !== undefined);
    if (number !== null) return { kind: 'number', value: Number(number) };
    const name = this.#take(found => found[2] !== undefined);
    if (name !== null) return this.#sign('(') === null ? { kind: 'name', name } : this.#call(name);
    if (this.#sign('(') === null) return null;
    // `()` declares a rule that never fires by itself.
    if (this.#sign(')') !== null) return { kind: 'number', value: 0 };
    const inner = this.#nested(() => this.chosen());
    return this.#sign(')') === null ? null : inner;
  }

  #call(name: string): Expression | null {
    const argument = this.#take(found => found[2] !== undefined) ?? '';
    return this.#sign(')') === null ? null : { kind: 'call', name, argument };
  }
}

/** What stands for a name or a call. `NaN`: not known. */
export type Reading = (name: string, argument: string | null) => number;

/** `expression` with what `of` gives in the place of each name. */
export function withNames(expression: Expression, of: (name: string) => Expression): Expression {
  const inner = (part: Expression): Expression => withNames(part, of);
  switch (expression.kind) {
    case 'name':
      return of(expression.name);
    case 'not':
    case 'minus':
      return { ...expression, operand: inner(expression.operand) };
    case 'binary':
      return { ...expression, left: inner(expression.left), right: inner(expression.right) };
    case 'choose':
      return { ...expression, asked: inner(expression.asked), yes: inner(expression.yes), no: inner(expression.no) };
    case 'number':
    case 'call':
      return expression;
  }
}

/** An expression ready to be asked: `NaN` where what is not known decides. Truths are 1 and 0, as in Perl. */
export type Compiled = (read: Reading) => number;

export function compileExpression(expression: Expression): Compiled {
  switch (expression.kind) {
    case 'number':
      return () => expression.value;
    case 'name':
      return read => read(expression.name, null);
    case 'call':
      return read => read(expression.name, expression.argument);
    case 'not': {
      const operand = compileExpression(expression.operand);
      return read => negation(operand(read));
    }
    case 'minus': {
      const operand = compileExpression(expression.operand);
      return read => -operand(read);
    }
    case 'choose':
      return choice(
        compileExpression(expression.asked),
        compileExpression(expression.yes),
        compileExpression(expression.no),
      );
    case 'binary':
      return binary(expression.operator, compileExpression(expression.left), compileExpression(expression.right));
  }
}

const negation = (value: number): number => (Number.isNaN(value) ? Number.NaN : Number(value === 0));

function choice(asked: Compiled, yes: Compiled, no: Compiled): Compiled {
  return read => {
    const answer = asked(read);
    if (Number.isNaN(answer)) return Number.NaN;
    return answer === 0 ? no(read) : yes(read);
  };
}

function binary(operator: string, left: Compiled, right: Compiled): Compiled {
  if (operator === '&&') return conjunction(left, right);
  if (operator === '||') return disjunction(left, right);
  const combined = arithmetic[operator];
  if (combined === undefined) throw new Error(`no operator ${operator}`);
  return read => combined(left(read), right(read));
}

/** The last value that decided, as Perl gives it; one side that is 0 decides whatever the other is. */
function conjunction(left: Compiled, right: Compiled): Compiled {
  return read => {
    const first = left(read);
    if (first === 0) return 0;
    const second = right(read);
    return Number.isNaN(first) && second !== 0 ? Number.NaN : second;
  };
}

function disjunction(left: Compiled, right: Compiled): Compiled {
  return read => {
    const first = left(read);
    if (first !== 0 && !Number.isNaN(first)) return first;
    const second = right(read);
    return Number.isNaN(first) && second === 0 ? Number.NaN : second;
  };
}

const compared =
  (holds: (a: number, b: number) => boolean) =>
  (a: number, b: number): number =>
    Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : Number(holds(a, b));

const arithmetic: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  // Perl ends the evaluation there, which is no hit.
  '/': (a, b) => (b === 0 ? 0 : a / b),
  '^': (a, b) => (Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : Math.trunc(a) ^ Math.trunc(b)),
  '<': compared((a, b) => a < b),
  '>': compared((a, b) => a > b),
  '<=': compared((a, b) => a <= b),
  '>=': compared((a, b) => a >= b),
  '==': compared((a, b) => a === b),
  '!=': compared((a, b) => a !== b),
};

/** The names in `expression`, calls apart. */
export function namesIn(expression: Expression): readonly string[] {
  switch (expression.kind) {
    case 'name':
      return [expression.name];
    case 'not':
    case 'minus':
      return namesIn(expression.operand);
    case 'binary':
      return [...namesIn(expression.left), ...namesIn(expression.right)];
    case 'choose':
      return [...namesIn(expression.asked), ...namesIn(expression.yes), ...namesIn(expression.no)];
    case 'number':
    case 'call':
      return [];
  }
}
