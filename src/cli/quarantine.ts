// `postern quarantine list|show|release|delete`: a client of the REST API, for people and for scripts (`--json`).

import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import type { CopyView, EntryView } from '../api/schemas.ts';
import { printable } from '../observe/printable.ts';
import {
  type ApiClient,
  type ApiCommandOptions,
  apiCommand,
  type Common,
  copyLine,
  printAnswer,
} from './api-client.ts';

/** Adds the commands to `program`. Their failures are of model/failure.ts: main turns them into exit codes. */
export function addQuarantineCommands(program: Command, options: ApiCommandOptions): void {
  const quarantine = program.command('quarantine').description('what is kept, and what becomes of it');
  const command = (usage: string, about: string): Command =>
    apiCommand(quarantine.command(usage).description(about), options);
  const answer = <T>(common: Common, ask: (api: ApiClient) => Promise<T>, shown: (answered: T) => string) =>
    printAnswer(options, common, ask, shown);

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
  command('delete <id>', 'delete an entry with its mail')
    .option('--as-spam', 'and label the message so: it was kept for good reason')
    .action((id: string, chosen: DeleteOptions) =>
      answer(
        chosen,
        async api => {
          await api.ask('DELETE', `${entryPath(id)}${chosen.asSpam === true ? '?label=spam' : ''}`);
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

type DeleteOptions = Common & { readonly asSpam?: true };

interface ReleaseOptions extends Common {
  readonly recipient?: readonly string[];
  readonly idempotencyKey?: string;
}

function listed(api: ApiClient, chosen: ListOptions): Promise<EntryView[]> {
  const { state, recipient, symbol, text } = chosen;
  const filters = { state, recipient, symbol, text, recipient_domain: chosen.domain, reverse_path: chosen.sender };
  return api.listed('/v1/quarantine', filters, chosen.limit);
}

/** A key of its own for each command: the answer may be lost on its way, and the copies must not go twice. */
async function released(api: ApiClient, id: string, { recipient, idempotencyKey }: ReleaseOptions) {
  const body = recipient === undefined ? {} : { recipients: recipient };
  const headers = { 'idempotency-key': idempotencyKey ?? randomUUID() };
  return (await api.ask('POST', `${entryPath(id)}/release`, body, headers)) as { id: string; copies: CopyView[] };
}

const entryPath = (id: string): string => `/v1/quarantine/${encodeURIComponent(id)}`;

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
