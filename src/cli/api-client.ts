// The REST API as commands ask it: a token, one request at a time, and what went wrong as the failure that it is.

import type { Command } from 'commander';
import type { CopyView } from '../api/schemas.ts';
import { BadInput, PermanentFailure, TemporaryFailure } from '../model/failure.ts';
import { printable, printableJson } from '../observe/printable.ts';

export interface ApiCommandOptions {
  /** The API, where `--url` does not say it: `http://127.0.0.1:8025`. */
  readonly url: string;
  /** Null when the environment has none. */
  readonly token: string | null;
  readonly print: (text: string) => void;
}

/** What every command takes. */
export interface Common {
  readonly url: string;
  readonly token?: string;
  readonly json?: true;
}

/** Gives `command` the options that every client of the API has. */
export const apiCommand = (command: Command, { url }: ApiCommandOptions): Command =>
  command
    .option('--url <url>', 'the API', url)
    .option('--token <token>', 'a token; the environment’s POSTERN_TOKEN is safer, because others see arguments')
    .option('--json', 'print what the API answers');

/** Asks the API, and prints what it answered as JSON or as text for people. */
export async function printAnswer<T>(
  options: ApiCommandOptions,
  common: Common,
  ask: (api: ApiClient) => Promise<T>,
  shown: (answered: T) => string,
): Promise<void> {
  const answered = await ask(new ApiClient(common.url, common.token ?? options.token));
  options.print(common.json ? `${printableJson(JSON.stringify(answered, null, 2))}\n` : shown(answered));
}

/** Items that are asked for at once. */
const pageSize = 200;

/** What `--limit` says. @throws BadInput where it is no number from 1 up. */
function limitOf(text: string): number {
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1) throw new BadInput('--limit takes a number from 1 up');
  return limit;
}

function queryOf(values: Readonly<Record<string, string | null | undefined>>): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (typeof value === 'string') query.set(name, value);
  return query;
}

export class ApiClient {
  readonly #url: string;
  readonly #token: string;

  constructor(url: string, token: string | null) {
    if (token === null) throw new BadInput('a token is needed: set POSTERN_TOKEN, or give --token');
    if (!URL.canParse(url)) throw new BadInput('--url is not a URL');
    this.#url = url;
    this.#token = token;
  }

  /** The JSON of a success; null where there is none. @throws what the exit code is to say. */
  async ask(method: string, path: string, body?: object, headers: Record<string, string> = {}): Promise<unknown> {
    return (await this.#answer(method, path, body, headers)).value;
  }

  /** Changes what is at `path`, as it is now: what another changes meanwhile is not undone. */
  async change<T>(method: 'PUT' | 'DELETE', path: string, bodyOf: (now: T) => object | undefined): Promise<T> {
    const { value, etag } = await this.#answer('GET', path, undefined, {});
    return (await this.ask(method, path, bodyOf(value as T), { 'if-match': etag })) as T;
  }

  async #answer(method: string, path: string, body: object | undefined, headers: Record<string, string>) {
    const content = body === undefined ? {} : { 'content-type': 'application/json' };
    const response = await fetch(new URL(path, this.#url), {
      method,
      headers: { authorization: `Bearer ${this.#token}`, ...content, ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // A token goes to the API that was named, and nowhere else.
      redirect: 'error',
    }).catch(cause => {
      throw new TemporaryFailure(`the API at ${this.#url} does not answer`, { cause });
    });
    const text = await response.text();
    if (response.ok) return { value: text === '' ? null : parsed(text), etag: response.headers.get('etag') ?? '' };
    throw failureOf(response.status, text);
  }

  /** Follows the pages at `path` until there are as many items as `limit` says. */
  async listed<T>(path: string, filters: Readonly<Record<string, string | undefined>>, limit: string): Promise<T[]> {
    const wanted = limitOf(limit);
    const items: T[] = [];
    let cursor: string | null = null;
    do {
      const query = queryOf({ ...filters, limit: String(Math.min(pageSize, wanted - items.length)), cursor });
      const page = (await this.ask('GET', `${path}?${query}`)) as { items: T[]; cursor: string | null };
      items.push(...page.items);
      cursor = page.cursor;
    } while (cursor !== null && items.length < wanted);
    return items;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new PermanentFailure('what answers there is not the API: its answer is not JSON', { cause });
  }
}

/** A problem as the failure that it is: of the request, of a part that may come back, or of neither. */
function failureOf(status: number, text: string): Error {
  const problem = problemIn(text);
  // What is wrong with a whole change says itself where: file and line.
  const faults = (problem.errors ?? []).map(({ at, detail }) => printable(at === 'body' ? detail : `${at}: ${detail}`));
  const copies = (problem.copies ?? []).map(copy => copyLine(copy).trimEnd());
  const message = [`${printable(problem.detail ?? 'the API refused')} (${status})`, ...faults, ...copies].join('\n');
  if (status === 429 || status === 503) return new TemporaryFailure(message);
  return status >= 500 ? new PermanentFailure(message) : new BadInput(message);
}

interface Problem {
  readonly detail?: string;
  readonly errors?: readonly { readonly at: string; readonly detail: string }[];
  readonly copies?: readonly CopyView[];
}

function problemIn(text: string): Problem {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

export function copyLine({ path, state, reply }: CopyView): string {
  const said = reply === null ? '' : `: ${reply.code} ${reply.enhanced ?? ''} ${reply.text.join(' / ')}`;
  return `${printable(`${path}  ${state}${said}`)}\n`;
}
