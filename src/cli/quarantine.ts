// `postern quarantine list|show|release|delete`: a client of the REST API, for people and for scripts (`--json`).

import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import type { CopyView, EntryView } from '../api/schemas.ts';
import { BadInput, PermanentFailure, TemporaryFailure } from '../model/failure.ts';
import { printable } from '../observe/printable.ts';

export interface QuarantineCommandOptions {
  /** The API, where `--url` does not say it: `http://127.0.0.1:8025`. */
  readonly url: string;
  /** Null when the environment has none. */
  readonly token: string | null;
  readonly print: (text: string) => void;
}

interface Common {
  readonly url: string;
  readonly token?: string;
  readonly json?: true;
}

/** Adds the commands to `program`. Their failures are of model/failure.ts: main turns them into exit codes. */
export function addQuarantineCommands(program: Command, options: QuarantineCommandOptions): void {
  const quarantine = program.command('quarantine').description('what is kept, and what becomes of it');
  const command = (usage: string, about: string): Command =>
    quarantine
      .command(usage)
      .description(about)
      .option('--url <url>', 'the API', options.url)
      .option('--token <token>', 'a token; the environment’s POSTERN_TOKEN is safer, because others see arguments')
      .option('--json', 'print what the API answers');
  /** Asks the API, and prints what it answered as JSON or as text for people. */
  const answer = async <T>(common: Common, ask: (api: ApiClient) => Promise<T>, shown: (answered: T) => string) => {
    const answered = await ask(new ApiClient(common.url, common.token ?? options.token));
    options.print(common.json ? `${JSON.stringify(answered, null, 2)}\n` : shown(answered));
  };

  command('list', 'entries, newest first')
    .option('--state <state>', 'held, releasing or released')
    .option('--recipient <address>', 'a recipient')
    .option('--domain <domain>', 'the domain of a recipient')
    .option('--sender <address>', 'the reverse-path')
    .option('--symbol <symbol>', 'a symbol among the hits')
    .option('--text <text>', 'part of the subject or the header From')
    .option('--limit <n>', 'at most so many entries', '50')
    .action((chosen: ListOptions) =>
      answer(
        chosen,
        async api => ({ items: await listed(api, chosen) }),
        ({ items }) => items.map(entryLine).join(''),
      ),
    );
  command('show <id>', 'one entry, with what it was kept for').action((id: string, chosen: Common) =>
    answer(chosen, async api => (await api.ask('GET', entryPath(id))) as EntryView, entryText),
  );
  command('release <id>', 'send an entry to the next hop')
    .option('--recipient <address...>', 'only to these of its recipients')
    .option('--idempotency-key <key>', 'to ask again without releasing twice')
    .action((id: string, chosen: ReleaseOptions) =>
      answer(
        chosen,
        api => released(api, id, chosen),
        ({ copies }) => copies.map(copyLine).join(''),
      ),
    );
  command('delete <id>', 'delete an entry with its mail').action((id: string, chosen: Common) =>
    answer(
      chosen,
      async api => {
        await api.ask('DELETE', entryPath(id));
        return { deleted: id };
      },
      ({ deleted }) => `${deleted} deleted\n`,
    ),
  );
}

interface ListOptions extends Common {
  readonly state?: string;
  readonly recipient?: string;
  readonly domain?: string;
  readonly sender?: string;
  readonly symbol?: string;
  readonly text?: string;
  readonly limit: string;
}

interface ReleaseOptions extends Common {
  readonly recipient?: readonly string[];
  readonly idempotencyKey?: string;
}

const pageSize = 200;

/** Follows the pages until there are as many entries as were asked for. */
async function listed(api: ApiClient, chosen: ListOptions): Promise<EntryView[]> {
  const wanted = Number(chosen.limit);
  if (!Number.isInteger(wanted) || wanted < 1) throw new BadInput('--limit takes a number from 1 up');
  const { state, recipient, symbol, text } = chosen;
  const filters = { state, recipient, symbol, text, recipient_domain: chosen.domain, reverse_path: chosen.sender };
  const entries: EntryView[] = [];
  let cursor: string | null = null;
  do {
    const limit = String(Math.min(pageSize, wanted - entries.length));
    const query = queryOf({ ...filters, limit, cursor });
    const page = (await api.ask('GET', `/v1/quarantine?${query}`)) as { items: EntryView[]; cursor: string | null };
    entries.push(...page.items);
    cursor = page.cursor;
  } while (cursor !== null && entries.length < wanted);
  return entries;
}

function queryOf(values: Readonly<Record<string, string | null | undefined>>): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (typeof value === 'string') query.set(name, value);
  return query;
}

/** A key of its own for each command: the answer may be lost on its way, and the copies must not go twice. */
async function released(api: ApiClient, id: string, { recipient, idempotencyKey }: ReleaseOptions) {
  const body = recipient === undefined ? {} : { recipients: recipient };
  const headers = { 'idempotency-key': idempotencyKey ?? randomUUID() };
  return (await api.ask('POST', `${entryPath(id)}/release`, body, headers)) as { id: string; copies: CopyView[] };
}

const entryPath = (id: string): string => `/v1/quarantine/${encodeURIComponent(id)}`;

class ApiClient {
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
    if (response.ok) return text === '' ? null : parsed(text);
    throw failureOf(response.status, text);
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
  const faults = (problem.errors ?? []).map(({ at, detail }) => printable(`${at}: ${detail}`));
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

/** Every text of these lines may be a sender's: none of it reaches the terminal as it is. */
function entryLine(entry: EntryView): string {
  const { id, received_at, state, score, recipients } = entry;
  const to = recipients.length === 1 ? recipients[0]?.path : `${recipients.length} recipients`;
  const fields = [id, received_at, state.padEnd(9), score.toFixed(3).padStart(8), `<${entry.reverse_path}>`, to];
  return `${printable(`${fields.join('  ')}  ${entry.subject}`)}\n`;
}

function entryText(entry: EntryView): string {
  const lines = [
    `id           ${entry.id} (message ${entry.transaction})`,
    `received     ${entry.received_at} from ${entry.client_address}, ${entry.size_bytes} bytes`,
    `state        ${entry.state}, kept for ${entry.reason}`,
    `reverse-path <${entry.reverse_path}>`,
    `From         ${entry.header_from}`,
    `Subject      ${entry.subject}`,
    `score        ${entry.score} by profile ${entry.profile}`,
    ...entry.hits.map(hit => `  ${hit.points.toFixed(3).padStart(8)}  ${hit.symbol}: ${hit.because} [${hit.set_by}]`),
  ];
  return lines.map(line => `${printable(line)}\n`).join('') + entry.recipients.map(copyLine).join('');
}

function copyLine({ path, state, reply }: CopyView): string {
  const said = reply === null ? '' : `: ${reply.code} ${reply.enhanced ?? ''} ${reply.text.join(' / ')}`;
  return `${printable(`${path}  ${state}${said}`)}\n`;
}
