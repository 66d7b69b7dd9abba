// How commands reach a running gateway's API: from the environment, because that is where others cannot see a token.

export interface ApiAccess {
  readonly url: string;
  readonly token: string | null;
}

/** `POSTERN_URL` and `POSTERN_TOKEN`; the embedded default's address where the first is not set. */
export function apiAccess(environment: Readonly<Record<string, string | undefined>> = process.env): ApiAccess {
  return { url: environment.POSTERN_URL ?? 'http://127.0.0.1:8025', token: environment.POSTERN_TOKEN ?? null };
}
