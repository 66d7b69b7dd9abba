// What a log line may hold: plain JSON of bounded size, secrets and local parts of addresses masked, failures with their causes.

export interface LoggableOptions {
  /** `masked` shows `j***@example.com`; `full` is the operator's explicit choice. */
  readonly addresses: 'masked' | 'full';
}

const limits = { depth: 6, items: 100, characters: 2000, values: 2000 };

/** Values under these names are never shown, whoever logs them. `tokenId` is not a secret, `token` is. */
const secretName = /(?:authorization|cookie|password|passphrase|secret|token)$/i;

/** `fields` as plain JSON. */
export function loggable(fields: object, options: LoggableOptions): Record<string, unknown> {
  return new Loggable(options).fields(fields, 0);
}

/** One line in the making: what it may still hold is counted over all its values. */
class Loggable {
  readonly #options: LoggableOptions;
  #valuesLeft = limits.values;

  constructor(options: LoggableOptions) {
    this.#options = options;
  }

  fields(fields: object, depth: number): Record<string, unknown> {
    const entries = Object.entries(fields).slice(0, limits.items);
    return Object.fromEntries(
      entries.map(([name, value]) => [
        this.#text(name),
        secretName.test(name) ? '[masked]' : this.#value(value, depth + 1),
      ]),
    );
  }

  #value(value: unknown, depth: number): unknown {
    this.#valuesLeft -= 1;
    if (typeof value === 'string') return this.#text(value);
    if (typeof value === 'bigint') return String(value);
    if (typeof value !== 'object' || value === null) return value;
    if (depth > limits.depth || this.#valuesLeft < 0) return '[more]';
    if (value instanceof Error) return this.#failure(value, depth);
    if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
    if (Array.isArray(value)) return this.#items(value, depth);
    return this.fields(value instanceof Map ? Object.fromEntries(value) : value, depth);
  }

  #items(values: readonly unknown[], depth: number): unknown[] {
    const shown = values.slice(0, limits.items).map(value => this.#value(value, depth + 1));
    return values.length > limits.items ? [...shown, `[${values.length - limits.items} more]`] : shown;
  }

  /** A failure of ours says what happened by its fields; anything else is a bug, and its stack says where. */
  #failure(error: Error, depth: number): Record<string, unknown> {
    const own = 'fields' in error && typeof error.fields === 'object' ? error.fields : null;
    const code = 'code' in error ? { code: error.code } : {};
    const stack = own === null ? { stack: error.stack } : {};
    const cause = error.cause === undefined ? {} : { cause: error.cause };
    return this.fields({ ...own, type: error.name, message: error.message, ...code, ...stack, ...cause }, depth);
  }

  #text(text: string): string {
    const excess = text.length - limits.characters;
    const bounded = excess <= 0 ? text : `${text.slice(0, limits.characters)}[${excess} more]`;
    return this.#options.addresses === 'full' ? bounded : maskAddresses(bounded);
  }
}

/**
 * `text` with all but the first character of each local part hidden. The repetition is bounded, so that time stays linear.
 * What ends in a slash is no local part but the folder of a scoped package in a stack.
 */
function maskAddresses(text: string): string {
  if (!text.includes('@')) return text;
  return text.replace(/(?:"((?:[^"\\]|\\.){0,256})"|([^\s<>"@,;]{0,256}[^\s<>"@,;/]))@/gs, (_, quoted, plain) => {
    return `${(quoted ?? plain ?? '').slice(0, 1)}***@`;
  });
}
