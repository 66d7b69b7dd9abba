// How a check declares its evidence: one description gives the TypeScript type, the names that conditions may use,
// the check of what a worker sends, and the reference page.

interface Described {
  readonly about: string;
}
export type Field =
  | (Described & { readonly kind: 'text' })
  | (Described & { readonly kind: 'choice'; readonly of: readonly string[] })
  | (Described & { readonly kind: 'count' })
  | (Described & { readonly kind: 'number' })
  | (Described & { readonly kind: 'flag' })
  | (Described & { readonly kind: 'texts' })
  | (Described & { readonly kind: 'records'; readonly of: Shape });

/** Field names (snake_case, as conditions write them) to what they hold. */
export type Shape = Readonly<Record<string, Field>>;

const declared = new WeakMap<Shape, readonly (readonly [string, Field])[]>();

/** The fields of `shape` with their names; made once of each, as they are walked for every message. */
export function fieldsOf(shape: Shape): readonly (readonly [string, Field])[] {
  const known = declared.get(shape) ?? Object.entries(shape);
  declared.set(shape, known);
  return known;
}

type ValueOfField<F extends Field> = F extends { kind: 'text' }
  ? string
  : F extends { kind: 'choice'; of: readonly (infer C)[] }
    ? C
    : F extends { kind: 'count' | 'number' }
      ? number
      : F extends { kind: 'flag' }
        ? boolean
        : F extends { kind: 'texts' }
          ? readonly string[]
          : F extends { kind: 'records'; of: infer S extends Shape }
            ? readonly ValueOf<S>[]
            : never;

/** The value that a shape describes: plain JSON, stored as it is. */
export type ValueOf<S extends Shape> = { readonly [K in keyof S]: ValueOfField<S[K]> };

/** A string; bounded by the check that gives it. */
export const text = (about: string) => ({ kind: 'text', about }) as const;
/** One of a closed set of words. */
export const choice = <const C extends readonly string[]>(of: C, about: string) =>
  ({ kind: 'choice', of, about }) as const;
/** An integer from 0 up. */
export const count = (about: string) => ({ kind: 'count', about }) as const;
/** Any finite number. */
export const number = (about: string) => ({ kind: 'number', about }) as const;
export const flag = (about: string) => ({ kind: 'flag', about }) as const;
export const texts = (about: string) => ({ kind: 'texts', about }) as const;
/** A list of records, each of shape `of`. */
export const records = <const S extends Shape>(of: S, about: string) => ({ kind: 'records', of, about }) as const;
