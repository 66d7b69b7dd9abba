// ESMTP parameters of MAIL and RCPT (RFC 5321 §4.1.2, RFC 6531 §3.3): words after the path, `KEYWORD` or `KEYWORD=value`.

export interface Parameter {
  /** Null where no `=` was given. */
  readonly value: string | null;
  readonly written: string;
}

/** By keyword in upper case. */
export type Parameters = ReadonlyMap<string, Parameter>;

/** Null when one is malformed or given twice. */
export function parseParameters(text: string): Parameters | null {
  const parameters = new Map<string, Parameter>();
  const [before, ...words] = text.split(/[ \t]+/);
  // White space has to stand between the path and the first of them.
  if (before !== '') return null;
  for (const written of words.filter(word => word !== '')) {
    const found = /^([A-Za-z0-9][A-Za-z0-9-]*)(?:=([^\x00-\x20=\x7f]+))?$/.exec(written);
    const name = found?.[1]?.toUpperCase();
    if (name === undefined || parameters.has(name)) return null;
    parameters.set(name, { value: found?.[2] ?? null, written });
  }
  return parameters;
}
