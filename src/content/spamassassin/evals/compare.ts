// Numbers against bounds, as rules write them in the arguments of eval functions.

/** `comparison` is an operator of Perl's and a number; what is not there compares to nothing. */
export function compares(value: number | undefined, comparison: string): boolean {
  const [, operator, number] = /^\s*([<>=!]=|[<>])\s*(-?\d+)\s*$/.exec(comparison) ?? [];
  const difference = (value ?? Number.NaN) - Number(number);
  switch (operator) {
    case '<':
      return difference < 0;
    case '>':
      return difference > 0;
    case '<=':
      return difference <= 0;
    case '>=':
      return difference >= 0;
    case '==':
      return difference === 0;
    case '!=':
      return difference !== 0 && !Number.isNaN(difference);
    default:
      return false;
  }
}

/** More than `least`, and no more than `most`, which may be `inf`. */
export function isAbove(value: number | undefined, least = '', most = 'inf'): boolean {
  if (value === undefined) return false;
  return value > Number(least) && (most === 'inf' || value <= Number(most));
}
